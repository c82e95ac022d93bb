"""The plan: agent's model, its fallbacks, the server's fallbacks, each either a target or skipped with the reason."""

from typing import Any

import pytest

from agentos.config import Settings
from agentos.domain import AgentConfig, Plan
from agentos.routing.plan import Facts, make_plan
from tests.support.settings import settings_of

PROVIDERS = {
    "alpha": {"format": "openai", "endpoint": "http://a", "auth": "none"},
    "beta": {"format": "openai", "endpoint": "http://b"},
    "aws": {"format": "bedrock", "endpoint": "http://d", "auth": "iam"},
    "off": {"format": "openai", "endpoint": "http://c", "enabled": False},
    "nowhere": {"format": "openai", "auth": "none"},
}
MODELS = {
    "alpha:big": {"upstream": "big-2026", "capabilities": ["images", "structuredOutput"]},
    "alpha:nickname": {"upstream": "big-2026"},
    "alpha:text": {"capabilities": []},
}
KEY = {"BETA_API_KEY": "key-0123456789"}


def settings(*fallbacks: str, **environment: str) -> Settings:
    return settings_of(PROVIDERS, MODELS, fallbacks, {**KEY, **environment})


def plan(model: str, *, using: Settings | None = None, facts: Facts | None = None, **config: Any) -> Plan:
    return make_plan(model, AgentConfig.model_validate(config), facts or Facts(), using or settings())


def targets(made: Plan) -> list[str]:
    return [target.model for target in made.targets]


def skipped(made: Plan) -> dict[str, str]:
    return {skip.model: skip.reason for skip in made.skipped}


def test_an_image_by_its_address_is_not_for_a_provider_that_takes_data_alone() -> None:
    using = settings(AWS_REGION="eu-west-1")
    for addresses in (False, True):
        made = plan(
            "aws:m", using=using, facts=Facts(has_images=True, has_image_addresses=addresses), fallbackModel="alpha:m"
        )
        assert targets(made) == (["alpha:m"] if addresses else ["aws:m", "alpha:m"])
        assert skipped(made) == ({"aws:m": "unsupported: images by address; it takes their data"} if addresses else {})


def test_the_agents_model_comes_first_then_its_fallbacks_then_the_servers() -> None:
    made = plan(
        "alpha:m",
        using=settings("alpha:s1", "alpha:s2"),
        fallbackModel="beta:f",
        fallbackModels=["alpha:f1", "beta:f2"],
    )

    assert [(target.model, target.reason) for target in made.targets] == [
        ("alpha:m", "agent's model"),
        ("beta:f", "agent's fallback"),
        ("alpha:f1", "agent's fallback"),
        ("beta:f2", "agent's fallback"),
        ("alpha:s1", "server's fallback"),
        ("alpha:s2", "server's fallback"),
    ]
    assert made.requested == "alpha:m"
    assert made.skipped == ()


def test_either_spelling_of_fallbacks_does() -> None:
    assert targets(plan("alpha:m", fallbackModel="beta:f")) == ["alpha:m", "beta:f"]
    assert targets(plan("alpha:m", fallbackModels=["beta:f"])) == ["alpha:m", "beta:f"]


def test_a_target_is_what_the_provider_calls_it() -> None:
    (target,) = plan("alpha:big").targets
    assert (target.provider, target.upstream_model) == ("alpha", "big-2026")
    (target,) = plan("alpha:ft:org/a:b").targets
    assert (target.provider, target.upstream_model) == ("alpha", "ft:org/a:b")


def test_two_names_of_one_upstream_model_are_one_target() -> None:
    made = plan("alpha:big", fallbackModels=["alpha:nickname", "alpha:big-2026", "beta:big-2026"])
    assert targets(made) == ["alpha:big", "beta:big-2026"]
    assert made.skipped == ()


def test_the_place_of_a_duplicate_is_its_first() -> None:
    made = plan("alpha:m", using=settings("alpha:m", "alpha:f", "alpha:s"), fallbackModels=["alpha:f", "alpha:m"])
    assert targets(made) == ["alpha:m", "alpha:f", "alpha:s"]


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("beta:m", "not_configured: BETA_API_KEY is not set"),
        ("off:m", "disabled: configuration says enabled: false"),
        ("nowhere:m", "not_configured: NOWHERE_ENDPOINT is not set"),
        ("gone:m", "not_configured: the configuration has no such provider any more"),
    ],
)
def test_what_cannot_be_asked_is_skipped_with_the_reason(model: str, reason: str) -> None:
    made = plan(model, using=settings(BETA_API_KEY=""), fallbackModel="alpha:m")
    assert targets(made) == ["alpha:m"]
    assert skipped(made) == {model: reason}
    assert made.requested == model


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(has_images=True), "unsupported: images"),
        (Facts(structured_output=True), "unsupported: structuredOutput"),
        (Facts(has_images=True, structured_output=True), "unsupported: images, structuredOutput"),
    ],
)
def test_what_cannot_do_the_work_is_skipped_and_the_unlisted_are_trusted(facts: Facts, reason: str) -> None:
    made = plan("alpha:text", facts=facts, fallbackModels=["alpha:big", "alpha:unlisted", "alpha:nickname"])
    assert targets(made) == ["alpha:big", "alpha:unlisted"]
    assert skipped(made) == {"alpha:text": reason}


def test_a_plan_may_be_empty_and_still_says_why() -> None:
    made = plan("beta:m", using=settings("off:m", BETA_API_KEY=""))
    assert made.targets == ()
    assert set(skipped(made)) == {"beta:m", "off:m"}


def test_what_the_message_says_of_itself_is_in_the_plan() -> None:
    made = plan("alpha:m", facts=Facts(task_type="code", priority="cost"))
    assert (made.task_type, made.priority) == ("code", "cost")
    assert (plan("alpha:m").task_type, plan("alpha:m").priority) == ("general", None)
