"""Entity tags: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2)."""

import re

from agentos.api.response import Response
from agentos.domain import Agent
from agentos.kernel.errors import InvalidRequest

_TAG = r'(?:W/)?"([!#-~\x80-\xff]*)"'
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def with_entity_tag(agent: Agent) -> Response:
    """The agent, with its version in the `ETag` header."""
    return Response(agent, {"etag": f'"{agent.version}"'})


def matching_versions(if_match: str | None) -> frozenset[str] | None:
    """The versions that an `If-Match` header allows. None allows every version: no header, or `*`.

    A weak tag counts like a strong one, because proxies that compress a response weaken its tag. A tag that no version
    has matches nothing. Raises InvalidRequest.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if not _LIST.fullmatch(if_match):
        raise InvalidRequest.of("If-Match", 'must be *, or entity tags such as "3"')
    return frozenset(re.findall(_TAG, if_match))


def has_tag(if_none_match: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` header has the entity tag, or `*`. Proxies may have made it a weak one."""
    given = if_none_match or ""
    return given.strip() == "*" or tag in re.findall(_TAG, given)
