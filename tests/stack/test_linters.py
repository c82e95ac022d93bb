"""Linters over template.yaml. What they find is listed here with the reason why it stays, and nothing else is found."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import ROOT

TEMPLATE = ROOT / "template.yaml"
CHECKOV = Path(sys.prefix) / "checkov" / "bin" / "checkov"

SERVERLESS = {
    "ES1001": "The deletion of a tombstone a week later is a further record, so a record that failed is not lost.",
    "ES2000": "AccessLog is a parameter, which the rule cannot see: it needs a role of the whole account.",
    "ES2003": "ThrottleRate and ThrottleBurst are parameters, which the rule cannot see.",
    "ES6000": "TurnDeadLetters is the dead-letter queue itself.",
    "WS1000": "Tracing is a parameter, which the rule cannot see.",
    "WS1004": "All functions share the group Logs, which has a retention; the rule looks for a group for each.",
}

SECURITY = {
    "CKV_AWS_27": "SQS encrypts the queues with its own key, and their messages are ids alone.",
    "CKV_AWS_73": "Tracing is a parameter: traces cost money.",
    "CKV_AWS_76": "AccessLog is a parameter: it needs a role of the whole account.",
    "CKV_AWS_115": "ReservedConcurrency is a parameter: a new account has too little to reserve any.",
    "CKV_AWS_116": "Such a queue is for asynchronous invocations, and there are none. TurnQueue has its own.",
    "CKV_AWS_117": "The functions call providers over the internet; in a VPC they would need a NAT gateway.",
    "CKV_AWS_119": "DynamoDB encrypts the table with AWS's key. A customer's key would need rights everywhere.",
    "CKV_AWS_120": "Every answer is one tenant's and current, so none is cached.",
    "CKV_AWS_158": "CloudWatch encrypts logs by itself. They hold neither keys nor texts of messages.",
    "CKV_AWS_173": "No variable is a secret: providers' keys are in the parameter store.",
}


@cache
def cfn_lint() -> frozenset[str]:
    """The rules, its own and those for serverless, by which cfn-lint finds anything."""
    command = [str(Path(sys.executable).parent / "cfn-lint"), str(TEMPLATE), "--format", "json"]
    command += ["--append-rules", "cfn_lint_serverless.rules"]
    found: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, text=True).stdout or "[]")
    return frozenset(one["Rule"]["Id"] for one in found)


def test_cfn_lints_own_rules_find_nothing() -> None:
    assert cfn_lint() - SERVERLESS.keys() == frozenset()


def test_rules_for_serverless() -> None:
    assert cfn_lint() == SERVERLESS.keys()


def test_rules_of_security(tmp_path: Path) -> None:
    """checkov keeps its files where it runs."""
    command = [
        *(CHECKOV, "--file", TEMPLATE, "--framework", "cloudformation", "--output", "json"),
        *("--compact", "--quiet", "--skip-download"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["resource_count"] > 40
    assert {one["check_id"] for one in report["results"]["failed_checks"]} == SECURITY.keys()


@pytest.mark.parametrize("exceptions", [SERVERLESS, SECURITY])
def test_every_exception_has_a_reason(exceptions: dict[str, str]) -> None:
    assert all(reason.endswith(".") for reason in exceptions.values())
