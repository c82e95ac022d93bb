"""The services that the client speaks to, as AWS's JSON protocol names them."""

from typing import NamedTuple


class Service(NamedTuple):
    """`name` is in endpoints and signatures, `target` in front of an operation. `version` is the protocol's.

    They are those of botocore's models (`data/<name>/*/service-2.json`).
    """

    name: str
    target: str
    version: str = "1.0"


DYNAMODB = Service("dynamodb", "DynamoDB_20120810")
SQS = Service("sqs", "AmazonSQS")
SSM = Service("ssm", "AmazonSSM", "1.1")
