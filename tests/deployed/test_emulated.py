"""What only a deployment can show: an upgrade, a roll-back, and that policies are enforced."""

import json
from pathlib import Path

import pytest

from local.emulator import containers
from local.sam import cli
from tests.deployed.conftest import STACK
from tests.deployed.emulated import Emulator, previous_commit
from tests.deployed.living import Living, client
from tests.support.upstream import Upstream
from tools.stack import deployed

HOSTS = ("emulator",)
UPGRADED = "agentos-upgraded"


def test_a_policy_that_is_taken_away_is_a_failure(place: str, stack: Living, emulators: Emulator) -> None:
    """The control of all the others: the emulator refuses what no policy allows."""
    agent = stack.agent()
    assert stack.client.get(f"agents/{agent}").status_code == 200
    iam = emulators.aws("iam")
    (role,) = (
        one for one in deployed.resources_of(emulators.aws("cloudformation"), STACK, "AWS::IAM::Role")
        if "-GetAgentFunctionRole-" in one
    )  # fmt: skip
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        refused = stack.client.get(f"agents/{agent}")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    assert stack.client.get(f"agents/{agent}").status_code == 200


def test_an_upgrade_and_a_roll_back_keep_the_data(
    place: str, emulators: Emulator, build: Path, upstream: Upstream, tmp_path: Path
) -> None:
    previous = cli.build(previous_commit(tmp_path)).parent
    emulators.set_keys(UPGRADED, {"LOCAL_ENDPOINT": upstream.url})
    url, key = emulators.deploy(UPGRADED, previous)
    with client(url, key) as http:
        stack = Living(http)
        session = stack.session(stack.agent())
        assert stack.say(session).status_code == 200
        before = http.get(f"{session}/messages").json()["data"]
        for count, version in ((4, build), (6, previous)):
            same, new_key = emulators.deploy(UPGRADED, version)
            assert same == url
            if new_key:  # the first version that asks for keys
                http.headers["x-api-key"] = new_key
            assert http.get(f"{session}/messages").json()["data"][:2] == before
            said = stack.say(session)
            assert (said.status_code, said.json()["content"]) == (200, "I am upstream.")
            assert http.get(session).json()["messageCount"] == count


def test_containers_belong_to_this_emulator(place: str, stack: Living, emulators: Emulator) -> None:
    assert stack.client.get("health").status_code == 200
    assert containers.of(emulators.port)


def test_keys_are_in_no_log(place: str, stack: Living, emulators: Emulator) -> None:
    key = "xai-never-logged-0123456789"
    assert stack.control
    stack.control.set_key(key)
    assert stack.say(stack.session(stack.agent(model="xai:grok"))).status_code == 200
    logs = emulators.aws("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    lines = [event["message"] for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]
    stack.control.set_key(None)
    assert lines
    assert key not in "".join(lines)


@pytest.mark.parametrize("path", ["nothing", "agents/x/nothing"])
def test_an_unknown_route_is_no_function(place: str, stack: Living, path: str) -> None:
    assert stack.client.get(path).status_code in (403, 404)
