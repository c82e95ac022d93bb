"""Makes, lists and revokes callers' keys of a running stack: `make keys ARGS="create --tenant acme --scopes chat"`.

AGENTOS_URL is the stack's URL (default: http://localhost:8080), and AGENTOS_KEY a key with the scope admin.
"""

import argparse
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from tools.callers_key import KeyTextError, callers_key, headers_of

DEFAULT_URL = "http://localhost:8080"
SECONDS = 30.0
MAX_PAGE = 100


class KeysError(Exception):
    """The stack refused. The text says why, and it holds no key."""


def expiry(text: str, now: datetime) -> str:
    """A time of the API from a number of days such as `90d`, or from a time. Raises ArgumentTypeError."""
    days = re.fullmatch(r"([0-9]{1,4})d", text)
    try:
        moment = now + timedelta(days=int(days[1])) if days else datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days such as 90d, and no time") from None


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Those of the command line, if no others are given."""
    parser = argparse.ArgumentParser(prog="make keys ARGS=...", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make a key and print it once")
    create.add_argument("--tenant", required=True, help="whose agents and sessions it reaches")
    create.add_argument("--scopes", required=True, help="chat, agents:read, agents:write, usage, admin; with commas")
    create.add_argument("--name", default="", help="tells keys apart (default: the tenant's name)")
    create.add_argument("--models", help='patterns of models with commas, such as "openai:*" (default: all)')
    create.add_argument("--requests-per-minute", type=int, help="(default: any number)")
    create.add_argument("--expires", help="a number of days such as 90d, or a time (default: never)")
    commands.add_parser("list", help="list keys, newest first")
    commands.add_parser("revoke", help="revoke a key").add_argument("key_id", help="as list shows it")
    return parser.parse_args(given)


def create(client: httpx.Client, given: argparse.Namespace) -> list[str]:
    """Lines with the new key. Raises KeysError."""
    body: dict[str, Any] = {
        "tenant": given.tenant,
        "name": given.name or given.tenant,
        "scopes": given.scopes.split(","),
        "models": given.models.split(",") if given.models else None,
        "expiresAt": expiry(given.expires, datetime.now(UTC)) if given.expires else None,
        "requestsPerMinute": given.requests_per_minute,
    }
    made = answered(client.post("keys", json={name: value for name, value in body.items() if value is not None}))
    return [made["key"], f"This key of {made['tenant']} is shown this once. Its id is {made['keyId']}."]


def listed(client: httpx.Client) -> list[str]:
    """A line for each key. Raises KeysError."""
    lines, after = [], None
    while True:
        page = answered(client.get("keys", params={"limit": MAX_PAGE} | ({"after": after} if after else {})))
        lines += [line_of(key) for key in page["data"]]
        after = page["nextCursor"]
        if after is None:
            return lines


def line_of(key: dict[str, Any]) -> str:
    """Id, tenant, scopes, what bounds it, and its name."""
    bounds = [
        *([f"revoked {key['revokedAt']}"] if key["revokedAt"] else []),
        *([f"expires {key['expiresAt']}"] if key["expiresAt"] else []),
        *([f"{key['requestsPerMinute']} a minute"] if key["requestsPerMinute"] is not None else []),
        *([f"models {','.join(key['models'])}"] if key["models"] is not None else []),
    ]
    return "  ".join([key["keyId"], key["tenant"], ",".join(key["scopes"]), *bounds, key["name"]])


def answered(response: httpx.Response) -> Any:
    """The answer's JSON; None without any. Raises KeysError."""
    if response.is_success:
        try:
            return response.json() if response.content else None
        except ValueError:
            raise KeysError(f"{response.request.url} answers, but not as the API does; AGENTOS_URL names it") from None
    try:
        error = response.json()
        text = f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        text = response.text[:200]
    raise KeysError(f"{response.request.method} {response.request.url}: {response.status_code} {text}")


def run(client: httpx.Client, given: argparse.Namespace) -> list[str]:
    """What to print. Raises KeysError, ArgumentTypeError and httpx.TransportError."""
    if given.command == "create":
        return create(client, given)
    if given.command == "list":
        return listed(client)
    answered(client.delete(f"keys/{quote(given.key_id, safe='')}"))
    return [f"{given.key_id} is revoked. It may work for 60 more seconds."]


def main() -> int:
    """The exit code."""
    given = arguments()
    url = os.environ.get("AGENTOS_URL") or DEFAULT_URL
    try:
        headers = headers_of(callers_key())
        with httpx.Client(base_url=f"{url.rstrip('/')}/", headers=headers, timeout=SECONDS) as client:
            print("\n".join(run(client, given)))
    except (httpx.TransportError, httpx.InvalidURL) as error:
        why = str(error).rstrip(".")
        return _failed(f"{url}: {why}. AGENTOS_URL names the API; `make run AUTH=keys` starts one on this machine.")
    except (KeyTextError, KeysError, argparse.ArgumentTypeError) as error:
        return _failed(str(error))
    return 0


def _failed(why: str) -> int:
    print(f"agentos: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
