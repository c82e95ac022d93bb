"""Amazon Bedrock's Converse wire format.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""
