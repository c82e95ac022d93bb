"""Keys in SSM Parameter Store are read once, again after some time or a refusal, and are never shown."""

import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from agentos.kernel.logs import redact
from agentos.settings.loading import Settings
from agentos.settings.schema import ConfigFile
from agentos.settings.secrets import (
    FIRST_RETRY_SECONDS,
    MAX_AGE_SECONDS,
    RETRY_SECONDS,
    SPREAD_SECONDS,
    ParameterStore,
)
from agentos.store.transport.messages import Answer, Request
from tests.support.clock import FakeClock
from tests.support.parameter_store import reader
from tests.support.settings import HEALTH, LIMITS
from tests.support.transport import before

PATH = "/stack-of-{}/providers"
KEY, NEW_KEY = "sk-stored-0123456789", "sk-rotated-9876543210"
PROVIDERS = {
    "hosted": {"format": "openai", "endpoint": "https://hosted.example.com/v1"},
    "own": {"format": "openai", "auth": "none"},
}


class Stack:
    """A stack's parameters in a parameter store, and its settings. `ssm` is boto3's client, which the settings do not
    use."""

    def __init__(self, ssm: Any, endpoint: str, name: str) -> None:
        self.ssm, self.path = ssm, PATH.format(name)
        self.clock = FakeClock()
        self.requests = 0
        self.answers = True
        self._reader = reader(endpoint)
        before(self._reader, self._count)

    def _count(self, _: Request) -> Answer | None:
        self.requests += 1
        if not self.answers:
            raise EndpointConnectionError(endpoint_url="https://ssm.invalid")
        return None

    def put(self, name: str, value: str) -> None:
        self.ssm.put_parameter(Name=f"{self.path}/{name}", Value=value, Type="SecureString", Overwrite=True)

    def settings(self, *, decrypt: bool = True, **environment: str) -> Settings:
        document = {"providers": PROVIDERS, "health": HEALTH, "limits": LIMITS}
        store = ParameterStore(self._reader, self.path, self.clock, decrypt=decrypt)
        return Settings(ConfigFile.model_validate(document), environment, store)


@pytest.fixture
def stack(moto_endpoint: str, environment: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Stack:
    import boto3
    from botocore.config import Config

    once = Config(retries={"total_max_attempts": 1})  # otherwise it would pause for seconds before each further try
    ssm: Any = boto3.client("ssm", endpoint_url=moto_endpoint, config=once)
    return Stack(ssm, moto_endpoint, re.sub(r"\W", "-", request.node.name))


def test_a_stored_key_makes_a_provider_available(stack: Stack) -> None:
    settings = stack.settings()
    assert settings.providers["hosted"].availability == ("not-configured", "HOSTED_API_KEY is not set")
    stack.put("HOSTED_API_KEY", f" {KEY}\n")
    stack.put("OWN_ENDPOINT", "http://127.0.0.1:9/v1/")
    settings = stack.settings()
    assert settings.providers["hosted"].availability == ("available", None)
    assert settings.providers["hosted"].key.get_secret_value() == KEY
    assert settings.providers["own"].endpoint == "http://127.0.0.1:9/v1"
    assert redact(f"the key is {KEY}") == "the key is ***"
    assert KEY not in repr(settings.providers["hosted"]) + str(vars(settings)) + str(vars(settings.providers["hosted"]))


def test_the_environment_wins(stack: Stack) -> None:
    stack.put("HOSTED_API_KEY", KEY)
    assert stack.settings(HOSTED_API_KEY="from-here").providers["hosted"].key.get_secret_value() == "from-here"


def test_more_parameters_than_a_page_holds_are_read(stack: Stack) -> None:
    for number in range(12):  # a page holds ten
        stack.put(f"OTHER_{number}_API_KEY", "x")
    stack.put("HOSTED_API_KEY", KEY)
    assert stack.settings().providers["hosted"].availability[0] == "available"


def test_they_are_read_once_until_they_are_old(stack: Stack) -> None:
    stack.put("HOSTED_API_KEY", KEY)
    settings = stack.settings()
    for _ in range(5):
        assert settings.providers["hosted"].key.get_secret_value() == KEY
    assert stack.requests == 1
    stack.put("HOSTED_API_KEY", NEW_KEY)
    before = settings.providers["hosted"]
    stack.clock.advance(MAX_AGE_SECONDS)
    assert settings.providers["hosted"].key.get_secret_value() == NEW_KEY
    assert settings.providers["hosted"].fingerprint != before.fingerprint
    assert stack.requests == 2


class DrawingClock(FakeClock):
    """Its jitter is the share of `seconds` that it was given."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def jitter(self, seconds: float) -> float:
        return self.share * seconds


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_each_environment_reads_again_at_a_moment_of_its_own(stack: Stack, share: float) -> None:
    stack.clock = DrawingClock(share)
    settings = stack.settings()
    assert settings.providers["hosted"].availability[0] == "not-configured"
    stack.put("HOSTED_API_KEY", KEY)
    stack.clock.advance(MAX_AGE_SECONDS - share * SPREAD_SECONDS - 1)
    assert settings.providers["hosted"].availability[0] == "not-configured"
    stack.clock.advance(1)
    assert settings.providers["hosted"].availability[0] == "available"
    assert stack.requests == 2


def test_a_refused_key_is_read_again_but_not_at_every_refusal(stack: Stack) -> None:
    stack.put("HOSTED_API_KEY", KEY)
    settings = stack.settings()
    assert settings.providers["hosted"].key.get_secret_value() == KEY
    stack.put("HOSTED_API_KEY", NEW_KEY)
    stack.clock.advance(RETRY_SECONDS - 1)
    settings.refresh_keys()
    assert settings.providers["hosted"].key.get_secret_value() == KEY
    stack.clock.advance(1)
    assert settings.providers["hosted"].key.get_secret_value() == NEW_KEY
    assert stack.requests == 2


def test_a_removed_key_is_no_longer_used(stack: Stack) -> None:
    stack.put("HOSTED_API_KEY", KEY)
    settings = stack.settings()
    assert settings.providers["hosted"].availability[0] == "available"
    stack.ssm.delete_parameter(Name=f"{stack.path}/HOSTED_API_KEY")
    stack.clock.advance(MAX_AGE_SECONDS)
    assert settings.providers["hosted"].availability[0] == "not-configured"


def test_without_decryption_the_status_and_the_circuits_name_are_the_same(stack: Stack) -> None:
    stack.put("HOSTED_API_KEY", KEY)
    reads, knows = (stack.settings(decrypt=decrypt).providers["hosted"] for decrypt in (True, False))
    assert knows.availability == reads.availability == ("available", None)
    assert knows.fingerprint == reads.fingerprint
    assert knows.key.get_secret_value() != KEY


@pytest.mark.parametrize("known", [True, False])
def test_where_the_store_does_not_answer_the_known_keys_stay(stack: Stack, known: bool, capsys: Any) -> None:
    stack.put("HOSTED_API_KEY", KEY)
    settings = stack.settings()
    if known:
        assert settings.providers["hosted"].availability[0] == "available"
    stack.answers = False
    stack.clock.advance(MAX_AGE_SECONDS)
    assert (settings.providers["hosted"].availability[0] == "available") is known
    asked = stack.requests
    assert settings.providers["hosted"].availability[0] == ("available" if known else "not-configured")
    assert stack.requests == asked, "it is not asked again at once"
    stack.answers = True
    stack.clock.advance(RETRY_SECONDS if known else max(FIRST_RETRY_SECONDS))
    assert settings.providers["hosted"].availability[0] == "available"


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_an_environment_without_keys_asks_again_soon_at_a_moment_of_its_own(stack: Stack, share: float) -> None:
    stack.clock = DrawingClock(share)
    stack.put("HOSTED_API_KEY", KEY)
    settings = stack.settings()
    stack.answers = False
    assert settings.providers["hosted"].availability[0] == "not-configured"
    stack.answers = True
    shortest, longest = FIRST_RETRY_SECONDS
    pause = shortest + share * (longest - shortest)
    stack.clock.advance(pause - 0.1)
    assert settings.providers["hosted"].availability[0] == "not-configured"
    stack.clock.advance(0.1)
    assert settings.providers["hosted"].availability[0] == "available"
