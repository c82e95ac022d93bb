"""A small client of DynamoDB, SQS and SSM: JSON over kept connections, with the rules of botocore's standard mode.

`client.py` is what the stores and the settings use. `connect.py` builds it, or botocore's own client where a setting
asks for that.
"""
