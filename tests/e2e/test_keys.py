"""`make run AUTH=keys` and `make keys`."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from tests.e2e.hosting import Host
from tests.support.seed import KEY
from tools import keys

StartHost = Callable[..., Host]


def call(client: httpx.Client, *command: str) -> list[str]:
    return keys.run(client, keys.arguments(list(command)))


def test_a_key_is_made_used_listed_and_revoked(start_host: StartHost) -> None:
    host = start_host({"AUTH": "keys", "AGENTOS_ADMIN_KEY": KEY})
    assert host.client.get("/agents").status_code == 401
    host.client.headers["x-api-key"] = KEY
    asked = ["--tenant", "acme", "--scopes", "chat,agents:read", "--models", "openai:*", "--expires", "90d"]

    key, said = call(host.client, "create", *asked)

    own = {"authorization": f"Bearer {key}", "x-api-key": ""}
    key_id = key.split("_")[1]
    assert key_id in said
    assert host.client.get("/agents", headers=own).status_code == 200
    assert host.client.get("/keys", headers=own).status_code == 403
    (line,) = [line for line in call(host.client, "list") if line.startswith(key_id)]
    assert re.fullmatch(rf"{key_id}  acme  chat,agents:read  expires \S+  models openai:\*  acme", line)
    assert key_id in call(host.client, "revoke", key_id)[0]
    (line,) = [line for line in call(host.client, "list") if line.startswith(key_id)]
    assert "revoked 2" in line
    assert key not in host.output
    with pytest.raises(keys.KeysError, match="no such key"):
        call(host.client, "revoke", "0" * 16)


def test_without_a_key_of_your_own_one_is_made_and_printed(start_host: StartHost) -> None:
    host = start_host({"AUTH": "keys"})
    (key,) = re.findall(r"export AGENTOS_KEY=(agos_\w+)", host.output)
    assert host.client.get("/agents", headers={"x-api-key": key}).status_code == 200


def test_a_first_key_that_is_none_stops_the_start_without_being_shown(start_host: StartHost) -> None:
    with pytest.raises(AssertionError, match="AGENTOS_ADMIN_KEY: it has not the form of a key") as caught:
        start_host({"AUTH": "keys", "AGENTOS_ADMIN_KEY": KEY[:-1]})
    assert KEY[:-1] not in str(caught.value)


def test_a_host_without_keys_asks_for_none(start_host: StartHost) -> None:
    assert start_host().client.get("/agents").status_code == 200


@pytest.mark.parametrize(
    ("url", "key", "line"),
    [
        (
            "http://127.0.0.1:9",
            "",
            r"http://127.0.0.1:9: .*refused\. AGENTOS_URL names the API; `make run AUTH=keys` .*",
        ),
        ("nonsense", "", r"nonsense: .*protocol\. AGENTOS_URL names the API; .*"),
        ("http://a:b", "", r"http://a:b: Invalid port: 'b'\. AGENTOS_URL names the API; .*"),
        ("", "ключ", "AGENTOS_KEY is no key: it has a blank, a line break or a character beyond ASCII"),
        ("", f"{KEY} ", "AGENTOS_KEY is no key: it has a blank, a line break or a character beyond ASCII"),
        ("", f"{KEY}\r\n", "AGENTOS_KEY is no key: it has a blank, a line break or a character beyond ASCII"),
    ],
)
def test_why_no_key_can_be_listed_is_one_line(
    url: str, key: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["keys", "list"])
    monkeypatch.setenv("AGENTOS_URL", url)
    monkeypatch.setenv("AGENTOS_KEY", key)
    monkeypatch.setenv("NO_PROXY", "*")
    assert keys.main() == 1
    said = capsys.readouterr().err
    assert re.fullmatch(f"agentos: {line}\n", said), said


def test_a_page_that_is_not_the_api_is_told(start_host: StartHost) -> None:
    with pytest.raises(keys.KeysError, match="/console answers, but not as the API does; AGENTOS_URL names it"):
        keys.answered(start_host().client.get("/console"))


def test_what_expires_when() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    assert keys.expiry("90d", now) == "2027-02-25T00:00:00+00:00"
    assert keys.expiry("2027-01-31", now) == "2027-01-31T00:00:00+00:00"
    for odd in ("", "soon", "-1d", "9999999d", "90"):
        with pytest.raises(keys.argparse.ArgumentTypeError):
            keys.expiry(odd, now)
