"""Versions of agents over HTTP: read by number, guarded by `If-Match`, and followed or pinned by sessions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.kernel.ids import new_id
from agentos.store.transport.messages import Request
from tests.support.conflicts import conflict
from tests.support.transport import before


def agent_with_versions(api: Any, count: int) -> str:
    """An agent whose version n has the instructions `version n`."""
    agent_id = str(api.agent(config={"instructions": "version 1"}))
    for number in range(2, count + 1):
        answer = api("update_agent", {"config": {"instructions": f"version {number}"}}, agentId=agent_id)
        assert answer.status == 200, answer.text
    return agent_id


def test_old_versions_are_read_by_their_number(api: Any) -> None:
    agent_id = agent_with_versions(api, 3)
    for version, query in ((1, {"version": "1"}), (2, {"version": "2"}), (3, {"version": "3"}), (3, None)):
        answer = api("get_agent", agentId=agent_id, query=query)
        assert (answer.status, answer.json["version"]) == (200, version)
        assert answer.json["config"]["instructions"] == f"version {version}"
        assert answer.headers["etag"] == f'"{version}"'


@pytest.mark.parametrize("version", ["", "0", "-1", "+1", "1.0", "01", "one", "1 ", "٣", "9" * 13, "9" * 5000])
def test_a_malformed_version_is_a_400_that_names_it(api: Any, version: str) -> None:
    answer = api("get_agent", agentId=api.agent(), query={"version": version})
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["details"]["errors"][0]["field"] == "version"


def test_missing_versions_and_those_of_deleted_agents_are_not_found(api: Any) -> None:
    agent_id = agent_with_versions(api, 2)
    for version in ("3", "9" * 12):
        assert api("get_agent", agentId=agent_id, query={"version": version}).status == 404
    assert api("get_agent", agentId=new_id("agent"), query={"version": "1"}).status == 404
    api("delete_agent", agentId=agent_id)
    for version in ("1", "2", "3"):
        assert api("get_agent", agentId=agent_id, query={"version": version}).status == 404


def test_every_answer_with_an_agent_has_its_etag(api: Any) -> None:
    made = api("create_agent", {"name": "n", "model": "local:any"})
    agent_id = made.json["agentId"]
    changed = api("update_agent", {"name": "m"}, agentId=agent_id)
    read = api("get_agent", agentId=agent_id)
    assert [answer.headers["etag"] for answer in (made, changed, read)] == ['"1"', '"2"', '"2"']


@pytest.mark.parametrize("allowed", ['"2"', 'W/"2"', "*", '"1", "2"', '"x,y" ,W/"2"', ' , "2" '])
def test_a_patch_of_the_latest_version_is_accepted(api: Any, allowed: str) -> None:
    agent_id = agent_with_versions(api, 2)
    answer = api("update_agent", {"name": "new"}, agentId=agent_id, headers={"If-Match": allowed})
    assert (answer.status, answer.json["version"]) == (200, 3)


@pytest.mark.parametrize("allowed", ['"1"', 'W/"3"', '"1", "3"', '"02"', '""', '"x"', '"*"', '"1,2"'])
def test_a_patch_of_another_version_is_refused_with_the_latest(api: Any, allowed: str) -> None:
    agent_id = agent_with_versions(api, 2)
    before = api("get_agent", agentId=agent_id).json

    answer = api("update_agent", {"name": "new"}, agentId=agent_id, headers={"if-match": allowed})

    assert (answer.status, answer.json["code"]) == (412, "precondition_failed")
    assert answer.json["details"] == {"version": 2}
    assert api("get_agent", agentId=agent_id).json == before


@pytest.mark.parametrize("allowed", ["", ",", "2", "W/2", '"2', 'w/"2"', '*, "2"', '"1" "2"', '"2";', '"a b"'])
def test_a_malformed_if_match_is_a_400(api: Any, allowed: str) -> None:
    agent_id = agent_with_versions(api, 2)
    answer = api("update_agent", {"name": "new"}, agentId=agent_id, headers={"If-Match": allowed})
    assert answer.status == 400
    assert answer.json["details"]["errors"][0]["field"] == "If-Match"
    assert api("get_agent", agentId=agent_id).json["version"] == 2


def test_if_match_creates_no_agent(api: Any) -> None:
    assert api("update_agent", {}, agentId=new_id("agent"), headers={"If-Match": "*"}).status == 404


def test_of_twenty_patches_of_the_same_version_one_is_accepted(api: Any) -> None:
    agent_id = api.agent()
    barrier = threading.Barrier(20)

    def patch(number: int) -> int:
        barrier.wait()
        answer = api("update_agent", {"name": f"name {number}"}, agentId=agent_id, headers={"If-Match": '"1"'})
        return int(answer.status)

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(patch, range(20)))

    assert sorted(statuses) == [200] + [412] * 19
    after = api("get_agent", agentId=agent_id).json
    assert (after["version"], after["name"]) == (2, f"name {statuses.index(200)}")
    assert api("get_agent", agentId=agent_id, query={"version": "1"}).json["name"] == "test"


def test_a_patch_among_other_transactions_succeeds(api: Any) -> None:
    agent_id = api.agent()
    conflict(wiring.dynamodb(), "TransactWriteItems", times=3)
    assert api("update_agent", {"name": "new"}, agentId=agent_id).json["version"] == 2


def instructions(upstream: Any) -> str:
    """The system prompt of the last request."""
    return str(upstream.requests[-1]["messages"][0]["content"])


def test_a_session_follows_the_latest_version(api: Any, upstream: Any) -> None:
    agent_id = agent_with_versions(api, 1)
    session_id = api.session(agent_id)
    api.say(agent_id, session_id)
    assert instructions(upstream) == "version 1"
    api("update_agent", {"config": {"instructions": "version 2"}}, agentId=agent_id)
    api.say(agent_id, session_id)
    assert instructions(upstream) == "version 2"
    assert api("get_session", agentId=agent_id, sessionId=session_id).json["agentVersion"] is None


def test_a_pinned_session_stays_with_its_version(api: Any, upstream: Any) -> None:
    agent_id = agent_with_versions(api, 3)
    pinned = {version: api.session(agent_id, agentVersion=version) for version in (1, 2, 3)}
    api("update_agent", {"config": {"instructions": "version 4"}, "model": "openai:gpt-4o-mini"}, agentId=agent_id)
    for version, session_id in pinned.items():
        assert api("get_session", agentId=agent_id, sessionId=session_id).json["agentVersion"] == version
        assert api.say(agent_id, session_id).status == 200
        assert instructions(upstream) == f"version {version}"
        plan = api("explain_route", {"content": "hi", "sessionId": session_id}, agentId=agent_id)
        assert plan.json["requested"] == "local:any"


def test_a_turn_of_a_pinned_session_reads_its_version_once_and_only_if_it_is_another(api: Any, upstream: Any) -> None:
    agent_id = agent_with_versions(api, 2)
    pinned = {version: api.session(agent_id, agentVersion=version) for version in (1, 2)}
    read: list[str] = []

    def note(request: Request) -> None:
        key = request.parameters["Key"]
        if "#AGENT" in key["pk"]["S"]:
            read.append(key["sk"]["S"])

    before(wiring.dynamodb(), note, "GetItem")
    assert api.say(agent_id, pinned[1]).status == api.say(agent_id, pinned[2]).status == 200

    assert read == [agent_id, "VERSION#000000000001", agent_id]


def test_a_pinned_session_has_the_time_limit_of_its_version(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    pinned, following = api.session(agent_id, agentVersion=1), api.session(agent_id)
    api("update_agent", {"config": {"timeoutSeconds": 0.01}}, agentId=agent_id)
    assert api.say(agent_id, pinned).status == 200
    assert api.say(agent_id, following).status != 200


def test_a_pinned_session_is_deleted_with_its_agent(api: Any, upstream: Any) -> None:
    agent_id = agent_with_versions(api, 2)
    session_id = api.session(agent_id, agentVersion=1)
    api("delete_agent", agentId=agent_id)
    assert api.say(agent_id, session_id).status == 404
    assert upstream.requests == []


@pytest.mark.parametrize("version", [0, -1, 3, 10**40, "1", 1.0, True, []])
def test_a_session_of_a_missing_version_is_refused(api: Any, version: Any) -> None:
    agent_id = agent_with_versions(api, 2)
    answer = api("create_session", {"agentVersion": version}, agentId=agent_id)
    assert answer.status == 400
    assert answer.json["details"]["errors"][0]["field"] == "agentVersion"
    assert api("list_sessions", agentId=agent_id).json["data"] == []
