"""A tool loop: the model asks for calls, this program makes them, and the model answers from the results.

OPENAI_API_KEY=… make run          # in another terminal: the small local model cannot call tools
python examples/tool_loop.py
"""

import json
import os
from collections.abc import Callable
from typing import Any

import httpx

URL = os.environ.get("AGENTOS_URL", "http://localhost:8080")
Json = dict[str, Any]

DEGREES = {"Paris": 21, "Tokyo": 27}


def get_weather(arguments: Json) -> Json:
    """The tool. Its arguments come from a model, so it checks them like any other input."""
    city = arguments.get("city")
    return {"degrees": DEGREES[city]} if city in DEGREES else {"error": f"no such city: {city}"}


FUNCTIONS: dict[str, Callable[[Json], Json]] = {"get_weather": get_weather}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The temperature in a city now, in degrees Celsius.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def main() -> None:
    with httpx.Client(base_url=URL, timeout=60) as http:
        model = os.environ.get("AGENTOS_MODEL", "openai:gpt-4o-mini")
        agent = post(http, "/agents", {"name": "weather", "model": model, "tools": TOOLS})
        sessions = f"/agents/{agent['agentId']}/sessions"
        messages = f"{sessions}/{post(http, sessions, {})['sessionId']}/messages"

        reply = post(http, messages, {"content": "Is it warmer in Paris or in Tokyo?"})
        while reply["state"] == "requires_action":
            reply = post(http, messages, {"messages": [result(call) for call in reply["toolCalls"]]})
        print(reply["content"])


def result(call: Json) -> Json:
    """The message that answers a call."""
    if "invalidArguments" in call:  # the model wrote no JSON object: say so, and it tries again
        outcome: Json = {"error": f"the arguments are not a JSON object: {call['invalidArguments']}"}
    elif call["name"] not in FUNCTIONS:
        outcome = {"error": f"no such tool: {call['name']}"}
    else:
        outcome = FUNCTIONS[call["name"]](call["arguments"])
    print(f"{call['name']}({json.dumps(call['arguments'])}) -> {json.dumps(outcome)}")
    return {"role": "tool", "toolCallId": call["id"], "content": json.dumps(outcome)}


def post(http: httpx.Client, path: str, body: Json) -> Json:
    """The answer's JSON. Exits with the error's code and message."""
    answer = http.post(path, json=body)
    document: Json = answer.json()
    if answer.is_error:
        raise SystemExit(f"{answer.status_code} {document['code']}: {document['message']}")
    return document


if __name__ == "__main__":
    main()
