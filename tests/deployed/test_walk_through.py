"""The three calls, word for word, wherever the stack runs."""

from tests.deployed.living import Living
from tests.functions.test_walk_through import AGENT, MESSAGE, SESSION

HOSTS = ("make-run", "sam-local", "emulator", "given")


def test_the_three_calls(stack: Living) -> None:
    agent = stack.client.post("agents", json=AGENT)
    assert agent.status_code == 201, agent.text
    assert AGENT.items() <= agent.json().items()
    path = f"agents/{agent.json()['agentId']}"
    session = stack.client.post(f"{path}/sessions", json=SESSION)
    assert session.status_code == 201, session.text
    assert SESSION.items() <= session.json().items()
    messages = f"{path}/sessions/{session.json()['sessionId']}/messages"

    reply = stack.client.post(messages, json=MESSAGE)

    assert reply.status_code == 200, reply.text
    assert reply.json()["content"].strip()
    assert reply.json()["route"]["requested"] == "openai:gpt-4o-mini"
    listed = stack.client.get(messages).json()["data"]
    assert [one["role"] for one in listed] == ["user", "assistant"]
    assert listed[1] == reply.json()
    after = stack.client.get(messages.rpartition("/")[0]).json()
    assert (after["state"], after["messageCount"]) == ("idle", 2)
    assert stack.client.get(path).json() == agent.json()
    assert stack.client.delete(path).status_code == 204
    assert stack.client.get(path).status_code == 404


def test_health_and_a_refusal_have_their_shapes(stack: Living) -> None:
    health = stack.client.get("health")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    refused = stack.client.post("agents", json={"name": "no model", "modell": "x"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    assert refused.headers["content-type"] == "application/json"
