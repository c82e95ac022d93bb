"""Cannot be imported, because it raises an error."""

import json

settings = json.loads("not JSON")
