"""The Responses wire format of OpenAI and of the providers that adopted it.

https://developers.openai.com/api/reference/resources/responses/methods/create
"""
