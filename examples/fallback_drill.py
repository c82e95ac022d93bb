"""A fallback drill: the first provider fails in every way that there is, and the second must answer each time.

    make run                           # in another terminal; two providers need a key or an endpoint
    python examples/fallback_drill.py

The header `x-agentos-simulate` makes a provider fail without calling it. `make run` allows the header, a deployed
stack ignores it. The drill exits with 1 when another than the expected model answered.
"""

import os
import sys
from typing import Any

import httpx

URL = os.environ.get("AGENTOS_URL", "http://localhost:8080")
FAILURES = ("auth", "quota", "rate_limited", "timeout", "connect", "server", "bad_response", "model_not_found")
Json = dict[str, Any]

TOO_FEW = """\
The drill needs two providers, and here only {names} can be used. Without a key, a second model server will do:

    .venv/bin/python -m local.model 8081
    printf 'OPENAI_API_KEY=any\\nOPENAI_ENDPOINT=http://127.0.0.1:8081/v1\\n' > .env
"""


def main() -> int:
    with httpx.Client(base_url=URL, timeout=60) as http:
        first, second = two_models(http)
        fields = {"name": "drill", "model": first, "config": {"fallbackModel": second, "maxTokens": 16}}
        agent = f"/agents/{http.post('/agents', json=fields).json()['agentId']}"
        session = f"{agent}/sessions/{http.post(f'{agent}/sessions').json()['sessionId']}"
        provider = first.partition(":")[0]

        print(f"{provider + ' fails with':<24}{'status':<8}{'answered by':<28}attempts")
        passed = drill(http, session, None, first)
        for failure in FAILURES:
            passed &= drill(http, session, (provider, failure), second)
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


def two_models(http: httpx.Client) -> tuple[str, str]:
    """The first listed model of the first two providers that can be used."""
    providers = http.get("/providers").raise_for_status().json()["data"]
    ready = [one["models"][0]["model"] for one in providers if one["status"] == "available" and one["models"]]
    if len(ready) < 2:
        raise SystemExit(TOO_FEW.format(names=", ".join(ready) or "none"))
    return ready[0], ready[1]


def drill(http: httpx.Client, session: str, failure: tuple[str, str] | None, expected: str) -> bool:
    """Send one message, print what became of it, and tell whether the expected model answered."""
    headers = {"x-agentos-simulate": "=".join(failure)} if failure else {}
    answer = http.post(f"{session}/messages", json={"content": "Who answers?"}, headers=headers)
    body: Json = answer.json()
    attempts = body["route"]["attempts"] if answer.is_success else body["details"].get("attempts", [])
    outcomes = ", ".join(attempt["outcome"] for attempt in attempts)
    served = body["model"] if answer.is_success else body["code"]
    print(f"{failure[1] if failure else '(it does not fail)':<24}{answer.status_code:<8}{served:<28}{outcomes}")
    return answer.is_success and served == expected


if __name__ == "__main__":
    sys.exit(main())
