"""How `<PROVIDER>_API_KEY` and `<PROVIDER>_ENDPOINT` change a provider."""

import pytest

from agentos.kernel.logs import redact
from agentos.settings.provider import Provider
from tests.support.settings import settings_of

KEY = "key-0123456789"
PROVIDERS = {
    "hosted": {"format": "openai", "endpoint": "https://api.example.com/v1"},
    "two-words": {"format": "openai", "auth": "api-key"},
    "keyless": {"format": "openai", "auth": "none"},
    "off": {"format": "openai", "endpoint": "https://api.example.com", "enabled": False},
    "role": {"format": "bedrock", "endpoint": "https://bedrock.{region}.example.com", "auth": "iam"},
    "echo": {"format": "echo"},
}


def provider(name: str, **environment: str) -> Provider:
    return settings_of(PROVIDERS, environment=environment).providers[name]


@pytest.mark.parametrize("key", ["", " ", "\t\n", "\u00a0"])
def test_an_empty_key_is_no_key(key: str) -> None:
    assert provider("hosted", HOSTED_API_KEY=key).availability == ("not-configured", "HOSTED_API_KEY is not set")


def test_space_around_a_key_is_removed() -> None:
    found = provider("hosted", HOSTED_API_KEY=f" {KEY}\n")
    assert found.availability == ("available", None)
    assert found.key.get_secret_value() == KEY


@pytest.mark.parametrize("key", ["two\nlines", "two words", "schlüssel", "key\x00", "key\u200b", "“key”"])
def test_a_key_that_no_header_can_carry_is_not_used_and_not_shown(key: str) -> None:
    status, reason = provider("hosted", HOSTED_API_KEY=key).availability
    assert status == "not-configured"
    assert reason == "HOSTED_API_KEY holds characters that no HTTP header can carry"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        (" https://proxy.example.com// ", "https://proxy.example.com"),
        ("", "https://api.example.com/v1"),
        ("  ", "https://api.example.com/v1"),
    ],
)
def test_an_endpoint_overrides_the_configured_one(given: str, used: str) -> None:
    found = provider("hosted", HOSTED_API_KEY=KEY, HOSTED_ENDPOINT=given)
    assert found.availability == ("available", None)
    assert found.endpoint == used


@pytest.mark.parametrize(
    "endpoint",
    ["api.example.com", "ftp://x", "http://", "http:///v1", "https://x/v1?key=1", "https://x#a", "http://a b"],
)
def test_an_endpoint_that_is_no_url_is_not_used(endpoint: str) -> None:
    found = provider("hosted", HOSTED_API_KEY=KEY, HOSTED_ENDPOINT=endpoint)
    assert found.availability == ("not-configured", "HOSTED_ENDPOINT is not an http(s) URL")


def test_a_dash_in_a_name_is_an_underscore_in_the_environment() -> None:
    found = provider("two-words", TWO_WORDS_API_KEY=KEY, TWO_WORDS_ENDPOINT="https://x.example.com")
    assert found.availability == ("available", None)
    assert found.variables == ("TWO_WORDS_API_KEY", "TWO_WORDS_ENDPOINT")


def test_a_provider_without_an_endpoint_waits_for_one() -> None:
    assert provider("two-words", TWO_WORDS_API_KEY=KEY).availability[1] == "TWO_WORDS_ENDPOINT is not set"
    assert provider("keyless").availability[1] == "KEYLESS_ENDPOINT is not set"
    assert provider("keyless", KEYLESS_ENDPOINT="http://127.0.0.1:1").availability == ("available", None)
    assert provider("keyless").variables == ("KEYLESS_ENDPOINT",)


def test_a_provider_that_the_role_signs_for_needs_a_region_and_no_key() -> None:
    assert provider("role").availability == ("not-configured", "AWS_REGION is not set")
    assert provider("role").variables == ("ROLE_ENDPOINT",)
    found = provider("role", AWS_REGION="eu-west-1")
    assert found.availability == ("available", None)
    assert found.endpoint == "https://bedrock.eu-west-1.example.com"


def test_disabled_wins_over_everything() -> None:
    assert provider("off", OFF_API_KEY=KEY).availability == ("disabled", "configuration says enabled: false")


def test_echo_needs_nothing() -> None:
    assert provider("echo").availability == ("available", None)
    assert provider("echo").variables == ()


def test_a_printed_provider_does_not_show_its_key() -> None:
    found = provider("hosted", HOSTED_API_KEY=KEY)
    assert KEY not in repr(found) + str(vars(found))


def test_every_key_is_cut_out_of_the_log() -> None:
    settings_of(PROVIDERS, environment={"HOSTED_API_KEY": KEY, "OFF_API_KEY": "other-key-123", "X": "no-key-456"})
    assert redact(f"{KEY} other-key-123 no-key-456") == "*** *** no-key-456"


def test_a_provider_is_enabled_by_the_environment_alone() -> None:
    environment = {"OFF_API_KEY": KEY, "ENABLED_PROVIDERS": "another,off"}
    assert settings_of(PROVIDERS, environment=environment).providers["off"].availability == ("available", None)
