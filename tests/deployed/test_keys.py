"""A provider's key goes and returns while a session goes on."""

from tests.deployed.living import Control, Living

HOSTS = ("make-run", "emulator")
FIRST, SECOND = "xai-first-0123456789", "xai-second-0123456789"


def test_the_fallback_answers_as_long_as_the_key_is_gone(stack: Living, control: Control) -> None:
    control.set_key(FIRST)
    session = stack.session(stack.agent(model="xai:grok", config={"fallbackModel": "local:smollm2"}))
    assert stack.say(session).json()["content"] == "I am primary."
    assert control.primary.headers[-1]["authorization"] == f"Bearer {FIRST}"

    control.set_key(None)
    fallback = stack.say(session)
    assert (fallback.status_code, fallback.json()["model"]) == (200, "local:smollm2")
    skipped = {one["model"]: one["reason"] for one in fallback.json()["route"]["skipped"]}
    assert skipped == {"xai:grok": "not_configured: XAI_API_KEY is not set"}
    assert status(stack, "xai") == "not-configured"

    control.set_key(SECOND)
    assert stack.say(session).json()["content"] == "I am primary."
    assert control.primary.headers[-1]["authorization"] == f"Bearer {SECOND}"
    health = stack.client.get("health")
    assert status(stack, "xai") == "available"
    assert SECOND not in health.text
    assert stack.client.get(session).json()["messageCount"] == 6
    control.set_key(None)


def status(stack: Living, provider: str) -> str:
    entries = stack.client.get("health").json()["providers"]
    return str(next(entry["status"] for entry in entries if entry["provider"] == provider))
