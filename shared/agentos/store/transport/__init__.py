"""A small DynamoDB client: JSON 1.0 over kept connections, with the rules that botocore's standard mode has.

`client.py` is what the stores use. `connect.py` builds it, or botocore's own client where a setting asks for that.
"""
