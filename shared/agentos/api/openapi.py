"""The OpenAPI document, which `make docs` writes to `openapi.json` beside this file."""

import hashlib
import json
from pathlib import Path
from typing import Any

from agentos.api.entity_tags import has_tag
from agentos.api.response import Response
from agentos.kernel.values import Value

_TEXT = Path(__file__).with_name("openapi.json").read_bytes()
_DOCUMENT: dict[str, Any] = json.loads(_TEXT)
_TAG = hashlib.sha256(_TEXT).hexdigest()[:32]


class Document(Value):
    """`GET /openapi.json`"""

    def to_json(self) -> dict[str, Any]:
        return _DOCUMENT


def document(if_none_match: str | None) -> Response:
    """The document, or a 304 for a client that has it. It may be kept for five minutes without asking again."""
    headers = {"etag": f'"{_TAG}"', "cache-control": "public, max-age=300"}
    return Response(None, headers, 304) if has_tag(if_none_match, _TAG) else Response(Document(), headers)
