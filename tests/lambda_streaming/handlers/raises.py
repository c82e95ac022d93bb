"""Cannot be imported, for a reason of its own."""

import json

settings = json.loads("not JSON")
