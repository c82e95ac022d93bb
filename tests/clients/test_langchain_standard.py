"""LangChain's own standard tests pass through each door as they do straight at a provider."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.clients.conftest import HERE, PYTHON, SECONDS, Behind
from tests.conversations.fakes.provider import MODEL, FakeProvider

MODELS = {
    "chat": ("openai", MODEL, f"openai:{MODEL}"),
    "responses": ("responses", "gpt-4o-mini", f"openai:{MODEL}"),
    "messages": ("anthropic", "claude-haiku-4-5", "anthropic:claude-haiku-4-5"),
}
"""By the kind of API: the fake, its model, and the model that the door is asked for. None of them thinks unless it is
asked to. Anthropic's that do take no forced tool."""

OPTIONS = ("asyncio_mode=auto", "asyncio_default_test_loop_scope=session")
"""ChatAnthropic keeps its connections from one test to the next, which must run in the same loop."""

LEAST = 35
"""So many of the standard tests pass through each door. The others are of what its upstream does not do, or skipped."""


def run_standard_tests(report: Path, environment: Mapping[str, str]) -> None:
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", f"--junitxml={report}"]
    command += ["-c", "/dev/null", "--rootdir", HERE / "python", *(f"-o{option}" for option in OPTIONS)]
    command += ["python/langchain_standard.py"]
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=HERE, env=environment, stdout=quiet, stderr=quiet, timeout=SECONDS, check=False)


def outcomes(report: Path, side: str) -> dict[str, str]:
    """passed, failed or skipped, by the test's name."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        if not case.attrib["classname"].endswith(f".Test_{side}"):
            continue
        kinds = {child.tag for child in case}
        bad = kinds & {"failure", "error"}
        found[case.attrib["name"]] = "failed" if bad else "skipped" if "skipped" in kinds else "passed"
    return found


@pytest.mark.parametrize("kind", MODELS)
def test_no_test_fails_through_the_door_that_passes_without_it(behind: Behind, tmp_path: Path, kind: str) -> None:
    name, model, at_door = MODELS[kind]
    fake: FakeProvider = getattr(behind, name)
    version = "" if kind == "messages" else "/v1"
    sides = {
        "straight": {
            "base_url": fake.url + fake.path.removesuffix("/v1") + version,
            "model": model,
            "api_key": fake.key,
        },
        "door": {"base_url": behind.url + version, "model": at_door, "api_key": "any"},
    }
    report = tmp_path / "report.xml"
    run_standard_tests(report, behind.environment(KIND=kind, SIDES=json.dumps(sides)))
    straight, door = (outcomes(report, side) for side in sides)
    assert straight.keys() == door.keys()
    assert sorted(name for name in straight if straight[name] == "passed" and door[name] != "passed") == []
    assert [*door.values()].count("passed") >= LEAST, door
