"""Which DynamoDBs the tests run on: always moto, and DynamoDB Local where it can run, unless QUICK is set."""

import os

from local import dynamodb_local

# CI does not leave it out: a test that needs it fails there and names what is missing.
MISSING = "" if os.environ.get("CI") else dynamodb_local.missing()
DYNAMODBS = ["moto"] if MISSING or os.environ.get("QUICK") else ["moto", "dynamodb_local"]
