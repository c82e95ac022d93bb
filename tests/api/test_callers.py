"""Who sent a request, for each AuthMode, and what a route does about it."""

from typing import Any

import pytest

from agentos.api.access_control import AccessControl
from agentos.api.callers import Callers, Credentials, KeyCallers, OpenCallers, SignedCallers
from agentos.api.cors import Origins
from agentos.domain.api_keys import new_key
from agentos.domain.callers import UNKNOWN, Access, Caller, Scope
from agentos.kernel.errors import Forbidden, Throttled, Unauthorized, Unavailable
from agentos.services.api_keys import unauthorized

KEY, OTHER = new_key(), new_key()
NAMES = {KEY: "key", OTHER: "other", None: "none"}


class Known:
    """A checker that knows one key."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked: list[str | None] = []

    def caller(self, key: str | None) -> Caller:
        self.asked.append(key)
        if self.failure:
            raise self.failure
        if key != KEY:
            raise unauthorized()
        return Caller("acme", scopes=frozenset[Scope]({"agents:write"}))


class Unbounded:
    """Counts no requests."""

    def count(self, caller: Caller) -> None:
        pass


def admitted(callers: Any, asked: Credentials, access: Access) -> Caller:
    return AccessControl(callers, Origins()).admitted(asked, access)


def credentials(identity: Any = None, **headers: str) -> Credentials:
    return Credentials({name.replace("_", "-"): value for name, value in headers.items()}, {}, identity or {})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"authorization": f"Bearer {KEY}"}, KEY),
        ({"authorization": f"bearer  {KEY} "}, KEY),
        ({"authorization": KEY}, None),
        ({"authorization": f"Basic {KEY}"}, None),
        ({"authorization": "Bearer"}, None),
        ({"x_api_key": KEY}, KEY),
        ({"x_api_key": f" {KEY}"}, KEY),
        ({"x_api_key": "sk-ant-1"}, None),
        ({"authorization": "Bearer sk-1", "x_api_key": KEY}, KEY),
        ({"authorization": f"Bearer {KEY}", "x_api_key": OTHER}, KEY),
        ({"authorization": f"Bearer {OTHER}", "x_api_key": KEY}, OTHER),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=x", "x_api_key": KEY}, KEY),
    ],
    ids=lambda value: NAMES[value] if isinstance(value, str | None) else "",
)
def test_the_first_header_that_has_a_key_of_ours_counts(headers: dict[str, str], expected: str | None) -> None:
    checker = Known(Unauthorized("no"))
    with pytest.raises(Unauthorized):
        KeyCallers(checker, Unbounded()).identify(credentials(**headers))  # type: ignore[arg-type]
    assert checker.asked == [expected]


def test_a_signature_counts_only_where_api_gateway_has_checked_it() -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/backend/i-1"
    caller = SignedCallers("acme").identify(credentials({"userArn": arn}))
    assert (caller.tenant, caller.key_id) == ("acme", arn)
    for identity in ({}, {"userArn": None}, {"userArn": ""}, {"userArn": 7}, {"user": "me"}):
        with pytest.raises(Unauthorized) as caught:
            SignedCallers("acme").identify(credentials(identity))
        assert caught.value.headers == {"www-authenticate": "AWS4-HMAC-SHA256"}


@pytest.mark.parametrize("access", ["open", "optional", "any", "agents:read", "agents:write", "chat", "usage", "admin"])
def test_what_is_asked_of_a_caller(access: Access) -> None:
    callers: Callers = KeyCallers(Known(), Unbounded())  # type: ignore[arg-type]
    known, unknown = credentials(x_api_key=KEY), credentials(x_api_key=OTHER)

    if access in ("open", "optional"):
        assert admitted(lambda: callers, unknown, access) == UNKNOWN
    else:
        with pytest.raises(Unauthorized) as caught:
            admitted(lambda: callers, unknown, access)
        assert caught.value.headers == {"www-authenticate": 'Bearer realm="agentos"'}

    if access in ("chat", "usage", "admin"):
        with pytest.raises(Forbidden, match=access) as forbidden:
            admitted(lambda: callers, known, access)
        assert forbidden.value.details == {"scope": access}
    else:
        tenant = admitted(lambda: callers, known, access).tenant
        assert tenant == ("default" if access == "open" else "acme")


def test_an_open_route_needs_no_table() -> None:
    def broken() -> Callers:
        raise AssertionError

    assert admitted(broken, credentials(), "open") == UNKNOWN


@pytest.mark.parametrize("failure", [Throttled("x"), Unavailable("x")])
def test_a_table_that_does_not_answer_is_no_reason_against_health(failure: Exception) -> None:
    callers = KeyCallers(Known(failure), Unbounded())  # type: ignore[arg-type]
    assert admitted(lambda: callers, credentials(x_api_key=KEY), "optional") == UNKNOWN
    with pytest.raises(type(failure)):
        admitted(lambda: callers, credentials(x_api_key=KEY), "any")


def test_without_keys_everybody_may_do_everything() -> None:
    for access in ("any", "chat", "admin"):
        assert admitted(OpenCallers, credentials(), access) == Caller()  # type: ignore[arg-type]
