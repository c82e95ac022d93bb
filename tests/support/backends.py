"""Which DynamoDBs the tests run on.

The store's tests run on moto and on DynamoDB Local: they make every request that the store can make, and hold both
against it. All other tests run on one of them, AWS's own where it can run. With QUICK set, all run on moto alone.
"""

import os

from local import dynamodb_local

# CI does not leave it out: a test that needs it fails there and names what is missing.
MISSING = "" if os.environ.get("CI") else dynamodb_local.missing()
DYNAMODBS = ["moto"] if MISSING or os.environ.get("QUICK") else ["moto", "dynamodb_local"]
ONE = DYNAMODBS[-1:]
"""For tests of what stands above the store."""
