"""Filter patterns: what Lambda would let pass, and an error for rules that are not imitated."""

from typing import Any

import pytest

from local.filters import UnknownRule, matcher

RECORD = {
    "eventName": "MODIFY",
    "dynamodb": {"Keys": {"sk": {"S": "SESSION"}}, "NewImage": {"deletedAt": {"S": "now"}, "n": {"N": "1"}, "b": True}},
}


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        ({}, True),
        ({"eventName": ["MODIFY"]}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["INSERT"]}, False),
        ({"eventName": []}, False),
        ({"eventName": [{"prefix": "MOD"}]}, True),
        ({"eventName": [{"prefix": "OD"}]}, False),
        ({"noSuch": ["MODIFY"]}, False),
        ({"dynamodb": {"Keys": {"sk": {"S": ["SESSION"]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": ["SESSION"]}}, "NewImage": {"n": {"N": ["2"]}}}}, False),
        ({"dynamodb": {"NewImage": {"deletedAt": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"deletedAt": {"S": [{"exists": False}]}}}}, False),
        ({"dynamodb": {"NewImage": {"other": {"S": [{"exists": True}]}}}}, False),
        ({"dynamodb": {"NewImage": {"other": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"x": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"x": {"S": [{"prefix": ""}]}}}}, False),
        ({"dynamodb": {"NewImage": {"b": [True]}}}, True),
        ({"dynamodb": {"NewImage": {"b": [1]}}}, False),
        ({"dynamodb": {"NewImage": {"absent": [None]}}}, False),
    ],
)
def test_patterns_match_as_lambda_says(pattern: dict[str, Any], passes: bool) -> None:
    assert matcher(pattern)(RECORD) is passes


@pytest.mark.parametrize(
    "rule",
    [{"anything-but": ["x"]}, {"numeric": [">", 1]}, {"suffix": "x"}, {"exists": "yes"}, {"prefix": 1}, {}, ["x"]],
)
def test_a_rule_that_is_not_imitated_is_reported_at_once(rule: Any) -> None:
    with pytest.raises(UnknownRule):
        matcher({"dynamodb": {"Keys": [rule]}})


def test_a_value_that_is_neither_rules_nor_an_object_is_reported_too() -> None:
    with pytest.raises(UnknownRule):
        matcher({"eventName": "MODIFY"})
