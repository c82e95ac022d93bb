"""An agent's version as HTTP's entity tag: `ETag` going out, `If-Match` coming in (RFC 9110, 8.8.3 and 13.1.1)."""

import re

from agentos.domain import Agent
from agentos.endpoint import Answer
from agentos.errors import InvalidRequest

_TAG = r'(?:W/)?"([!#-~\x80-\xff]*)"'
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def tagged(agent: Agent) -> Answer:
    """The agent with its version as `ETag`."""
    return Answer(agent, {"etag": f'"{agent.version}"'})


def versions(if_match: str | None) -> frozenset[str] | None:
    """The versions that an `If-Match` allows; None where it is absent or `*`, which any will do for.

    A weak tag counts like a strong one, since proxies that compress an answer weaken its tag. A tag that no
    version has is as good as any other that does not match. Raises InvalidRequest.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if not _LIST.fullmatch(if_match):
        raise InvalidRequest.of("If-Match", 'must be *, or entity tags such as "3"')
    return frozenset(re.findall(_TAG, if_match))
