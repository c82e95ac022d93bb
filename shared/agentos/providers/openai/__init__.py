"""The Chat Completions wire format of OpenAI and of every provider that adopted it.

https://platform.openai.com/docs/api-reference/chat/create
"""
