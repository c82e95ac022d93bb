"""Answers as streams. `sam local` and the emulator hand a stream on when it has ended; its form is the same."""

import json

from tests.deployed.living import Living
from tests.support.sse import events, text_of

HOSTS = ("make-run", "sam-local", "emulator", "given")


def test_a_message_as_a_stream_of_events(stack: Living) -> None:
    agent = stack.agent()
    session = stack.session(agent)
    body = {"role": "user", "content": "Hello"}
    response = stack.client.post(f"{session}/messages", params={"stream": "true"}, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response.text)
    assert (found[0].kind, found[-1].kind) == ("message.start", "message.end")
    stored = stack.client.get(f"{session}/messages").json()["data"][1]
    assert text_of(found) == stored["content"] == found[-1].data["content"]
    stack.client.delete(f"agents/{agent}")


def test_a_chat_completion_as_a_stream(stack: Living) -> None:
    body = {"model": "local:smollm2", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    response = stack.client.post("v1/chat/completions", json=body)
    assert response.status_code == 200, response.text
    *chunks, last = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert last == "[DONE]"
    choices = [choice for chunk in chunks for choice in json.loads(chunk)["choices"]]
    assert "".join(choice["delta"].get("content") or "" for choice in choices).strip()
