"""The dashboard and the alarms name metrics and resources that exist, and the runbook has a line on each alarm."""

import json
import re
from typing import Any

import pytest

from tests.stack.translated import of_type, translate
from tests.support.gateway import ROOT
from tests.support.template import template

METRICS = {
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError"},
    "AWS/DynamoDB": {
        *("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"),
    },
    "AWS/Lambda": {"ConcurrentExecutions", "Invocations", "Throttles"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    "AgentOS": set(re.findall(r"^\| `([A-Z]\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.M)),
}
"""AWS's by their services' documentation, and our own."""

ALARMS: dict[str, dict[str, Any]] = {
    name: given["Properties"]
    for name, given in template()["Resources"].items()
    if given["Type"] == "AWS::CloudWatch::Alarm"
}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_a_metric_that_exists(name: str) -> None:
    given = ALARMS[name]
    assert given["MetricName"] in METRICS[given["Namespace"]]
    assert given["TreatMissingData"] == "notBreaching", "a quiet stack is no alarm"
    assert given["ComparisonOperator"] == "GreaterThanThreshold"
    if given["Namespace"] == "AgentOS":
        assert given["Dimensions"] == [{"Name": "service", "Value": "agentos"}]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_its_line_in_the_runbook(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "runbook.md").read_text()
    assert ALARMS[name]["AlarmDescription"].endswith("See docs/runbook.md.")


def test_what_is_watched() -> None:
    watched = {name: (given["Namespace"], given["MetricName"]) for name, given in ALARMS.items()}
    assert watched == {
        "ErrorRateAlarm": ("AWS/ApiGateway", "5XXError"),
        "FallbackRateAlarm": ("AgentOS", "Fallbacks"),
        "LatencyAlarm": ("AgentOS", "Latency"),
        "ThrottlesAlarm": ("AWS/Lambda", "Throttles"),
        "DeadLettersAlarm": ("AWS/Lambda", "Invocations"),
        "SpendAlarm": ("AgentOS", "CostUsd"),
    }


def test_the_dashboard(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    resources = translate()
    (dashboard,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    text = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([A-Za-z.]+)\}", text)}
    assert named <= resources.keys()
    widgets = json.loads(text)["widgets"]
    charts = [widget["properties"] for widget in widgets if widget["type"] == "metric"]
    assert len({chart["title"] for chart in charts}) == len(charts)
    for chart in charts:
        for namespace, metric, *_ in chart["metrics"]:
            assert metric in METRICS[namespace]
    (alarms,) = (widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm")
    assert alarms == [f"${{{name}.Arn}}" for name in ALARMS]
    places = [
        (x, y) for w in widgets for x in range(w["x"], w["x"] + w["width"]) for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(places) == len(set(places)), "no widget covers another"
    assert max(x for x, _ in places) < 24
