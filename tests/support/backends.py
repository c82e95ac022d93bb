"""Which DynamoDBs the tests run on: moto always, the real DynamoDB Local where it can run, unless QUICK is set."""

import os

from local import dynamodb_local

# In CI it is not left out: there a test that needs it fails with what is missing.
MISSING = "" if os.environ.get("CI") else dynamodb_local.missing()
DYNAMODBS = ["moto"] if MISSING or os.environ.get("QUICK") else ["moto", "dynamodb_local"]
