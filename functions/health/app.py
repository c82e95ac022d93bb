"""GET /health"""

from agentos.catalog import Health
from agentos.endpoint import Call, endpoint
from agentos.wiring import catalog


@endpoint()
def handler(call: Call) -> Health:
    return catalog().health()
