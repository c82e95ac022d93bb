"""GET /providers"""

from agentos.catalog import Matrix
from agentos.endpoint import Call, endpoint
from agentos.wiring import catalog


@endpoint()
def handler(call: Call) -> Matrix:
    return catalog().matrix()
