"""The plan: agent's model, its fallbacks, the server's fallbacks, each either a target or skipped with the reason."""

from typing import Any

import pytest

from agentos.domain import AgentConfig, CoolDown, Plan
from agentos.domain.names import Priority
from agentos.routing.plan import NO_STATS, Facts, TargetStats, make_plan
from agentos.settings.loading import Settings, load_settings
from agentos.settings.schema import WITHOUT
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


def test_an_image_by_its_address_leaves_out_providers_that_take_data_alone() -> None:
    using = settings(AWS_REGION="eu-west-1")
    for kind in ("image/png", "https"):
        facts = Facts(has_images=True, image_kinds=frozenset({kind}))
        made = plan("aws:m", using=using, facts=facts, fallbackModel="alpha:m")
        assert targets(made) == (["alpha:m"] if kind == "https" else ["aws:m", "alpha:m"])
        assert skipped(made) == ({"aws:m": "unsupported: images by address (https)"} if kind == "https" else {})


SVG, GIF, DATA, ADDRESS = "image/svg+xml", "image/gif", "image/png", "https"
IMAGES = [
    # model, kinds of images, the reason why it is left out
    ("openai:gpt-4o-mini", {DATA, ADDRESS, GIF}, None),
    ("openai:gpt-4o-mini", {SVG}, "images of type image/svg+xml"),
    ("anthropic:claude-haiku-5-5", {SVG, DATA}, "images of type image/svg+xml"),
    ("anthropic:claude-haiku-5-5", {ADDRESS, GIF}, None),
    ("anthropic:claude-haiku-5-5", {"http"}, "images by address (http)"),
    ("gemini:flash-1.5", {GIF, SVG}, "images of type image/gif, images of type image/svg+xml"),
    ("openrouter:google/gemini-3.8-flash", {GIF}, "images of type image/gif"),
    ("bedrock:claude-haiku-4-5", {ADDRESS}, "images by address (https)"),
    ("ollama:qwen3-vl:8b", {ADDRESS}, "images by address (https)"),
    ("ollama:qwen3-vl:8b", {GIF}, "images of type image/gif"),
    ("ollama:qwen3-vl:8b", {DATA}, None),
    ("glm4:glm-5.3-flash", {SVG}, "images of type image/svg+xml"),
    ("xai:grok-4.3", {GIF}, "images of type image/gif"),
    ("mistral:mistral-small-latest", {GIF, ADDRESS}, None),
]


@pytest.mark.parametrize(("model", "kinds", "reason"), IMAGES)
def test_images_that_a_provider_does_not_take_leave_it_out(model: str, kinds: set[str], reason: str | None) -> None:
    facts = Facts(has_images=True, image_kinds=frozenset(kinds))
    made = plan(model, using=load_settings({}), facts=facts)
    found = skipped(made).get(model, "")
    assert (found.removeprefix("unsupported: ") if found.startswith("unsupported") else None) == reason


PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FILES = [
    # model, kinds of files, formats of audio, the reason why it is left out
    ("openai:gpt-4o-mini", {PDF}, set(), None),
    ("openai:gpt-4o-mini", {PDF, ADDRESS}, set(), "files by address (https)"),
    ("openai:gpt-4o-mini", {DOCX}, set(), f"files of type {DOCX}"),
    ("openai:gpt-4o-mini", set(), {"wav"}, "audio"),
    ("openai:gpt-audio-1.5", set(), {"wav", "mp3"}, None),
    ("openai:gpt-audio-1.5", set(), {"flac"}, "audio of type flac"),
    ("openai:gpt-6-luna", {PDF, DOCX, ADDRESS}, set(), None),
    ("openai:gpt-6-luna", {PDF}, {"wav"}, "audio"),
    ("azure-openai:mine", {PDF}, {"mp3"}, None),
    ("anthropic:claude-haiku-4-5", {PDF, ADDRESS}, set(), None),
    ("anthropic:claude-haiku-4-5", {"http"}, set(), "files by address (http)"),
    ("anthropic:claude-haiku-4-5", {DOCX}, {"mp3"}, "audio"),
    ("gemini:flash-1.5", {PDF, ADDRESS}, {"wav", "flac"}, None),
    ("gemini:flash-1.5", {PDF}, {"webm"}, "audio of type webm"),
    ("bedrock:claude-haiku-4-5", {PDF, DOCX}, set(), None),
    ("bedrock:claude-haiku-4-5", {ADDRESS}, set(), "files by address (https)"),
    ("openrouter:openai/gpt-oss-120b", {PDF, ADDRESS}, set(), None),
    ("groq:openai/gpt-oss-20b", {PDF}, {"wav"}, "files, audio"),
    ("groq:any", {PDF}, {"wav"}, "files of type application/pdf, audio of type wav"),
    ("mistral:mistral-small-latest", {PDF}, set(), "files"),
]


@pytest.mark.parametrize(("model", "files", "audio", "reason"), FILES)
def test_files_and_audio_that_are_not_taken_leave_a_target_out(
    model: str, files: set[str], audio: set[str], reason: str | None
) -> None:
    facts = Facts(file_kinds=frozenset(files), audio_formats=frozenset(audio))
    found = skipped(plan(model, using=load_settings({}), facts=facts)).get(model, "")
    assert (found.removeprefix("unsupported: ") if found.startswith("unsupported") else None) == reason


NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}


@pytest.mark.parametrize(("schema", "circular"), [
    ({**NODE, "$defs": {"node": NODE}}, True),
    ({**NODE, "$defs": {"node": {"type": "null"}}}, False),
    ({"type": "object", "properties": {"next": {"$ref": "#"}}}, True),
    ({"type": "object", "properties": {"next": {"$ref": "https://example.test/schema"}}}, True),
    ({"type": "object", "properties": {"next": {"$ref": "#/nowhere"}}}, False),
    ({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}},
      "$defs": {"a": {"type": "string"}}}, False),
])  # fmt: skip
def test_a_recursive_schema_leaves_out_models_that_refuse_it(schema: dict[str, Any], circular: bool) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    facts = Facts(structured_output=True, response_format=wanted)
    for model in ("anthropic:claude-haiku-5-5", "openai:gpt-4o-mini"):
        found = skipped(plan(model, using=load_settings({}), facts=facts)).get(model, "")
        left_out = circular and model.startswith("anthropic")
        assert found.startswith("unsupported: structuredOutput with a schema that refers to itself") is left_out


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


def test_both_spellings_of_fallbacks_are_read() -> None:
    assert targets(plan("alpha:m", fallbackModel="beta:f")) == ["alpha:m", "beta:f"]
    assert targets(plan("alpha:m", fallbackModels=["beta:f"])) == ["alpha:m", "beta:f"]


def test_a_target_has_the_providers_own_name() -> None:
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
def test_models_that_cannot_be_asked_are_skipped_with_the_reason(model: str, reason: str) -> None:
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
def test_models_that_cannot_do_the_work_are_skipped_and_unlisted_ones_are_trusted(facts: Facts, reason: str) -> None:
    made = plan("alpha:text", facts=facts, fallbackModels=["alpha:big", "alpha:unlisted", "alpha:nickname"])
    assert targets(made) == ["alpha:big", "alpha:unlisted"]
    assert skipped(made) == {"alpha:text": reason}


def test_an_empty_plan_has_the_reasons() -> None:
    made = plan("beta:m", using=settings("off:m", BETA_API_KEY=""))
    assert made.targets == ()
    assert set(skipped(made)) == {"beta:m", "off:m"}


def test_facts_that_the_message_states_are_in_the_plan() -> None:
    made = plan("alpha:m", facts=Facts(task_type="code", priority="cost"))
    assert (made.task_type, made.priority) == ("code", "cost")
    assert (plan("alpha:m").task_type, plan("alpha:m").priority) == ("general", None)


# --- rules, experiments, windows and health -----------------------------------------------------


def with_rules(*rules: dict[str, Any]) -> Settings:
    return settings_of(PROVIDERS, MODELS, environment=KEY, routing={"fallbacks": ["alpha:s"], "rules": rules})


CODE = {"taskType": "code"}


def test_a_rules_targets_come_before_the_agents_model() -> None:
    made = plan(
        "alpha:m",
        using=with_rules({"name": "code", "when": CODE, "use": ["beta:x", "alpha:m", "alpha:y"]}),
        facts=Facts(task_type="code"),
        fallbackModel="alpha:f",
    )
    assert [(target.model, target.reason) for target in made.targets] == [
        ("beta:x", "rule code"),
        ("alpha:m", "rule code"),
        ("alpha:y", "rule code"),
        ("alpha:f", "agent's fallback"),
        ("alpha:s", "server's fallback"),
    ]
    assert (made.rule, made.requested) == ("code", "alpha:m")


def test_no_rule_matches() -> None:
    made = plan("alpha:m", using=with_rules({"when": CODE, "use": "beta:x"}))
    assert targets(made) == ["alpha:m", "alpha:s"]
    assert made.rule is None


def test_the_agents_rules_come_before_the_servers_and_a_nameless_one_is_called_by_its_place() -> None:
    server = with_rules({"when": {"priority": "cost"}, "use": "alpha:c"}, {"use": "beta:server"})
    routing = {"rules": [{"when": CODE, "use": "beta:agent"}]}

    made = plan("alpha:m", using=server, facts=Facts(task_type="code"), routing=routing)
    assert (targets(made)[0], made.rule) == ("beta:agent", "agent.rules[0]")
    made = plan("alpha:m", using=server, facts=Facts(task_type="general"), routing=routing)
    assert (targets(made)[0], made.rule) == ("beta:server", "server.rules[1]")


@pytest.mark.parametrize(
    ("when", "facts"),
    [
        ({"model": "alpha:m*"}, Facts()),
        ({"taskType": ["code", "sql"]}, Facts(task_type="sql")),
        ({"priority": "latency"}, Facts(priority="latency")),
        ({"userId": "u-*"}, Facts(user_id="u-7")),
        ({"hasTools": True}, Facts(has_tools=True)),
        ({"hasImages": True}, Facts(has_images=True)),
        ({"promptTokens": {"gte": 10, "lt": 20}}, Facts(prompt_tokens=10)),
        ({"metadata.tier": "gold"}, Facts(metadata={"tier": "gold"})),
        ({"metadata.a.b": 1}, Facts(metadata={"a.b": 1})),
    ],
)
def test_a_rule_receives_every_fact_that_it_may_name(when: dict[str, Any], facts: Facts) -> None:
    using = with_rules({"when": when, "use": "alpha:unlisted"})
    assert plan("alpha:model", using=using, facts=facts).rule == "server.rules[0]"
    assert plan("beta:other", using=using).rule is None


def test_strategies_order_a_rules_targets() -> None:
    models = {"alpha:dear": {"price": {"input": 9, "output": 9}}, "beta:cheap": {"price": {"input": 1, "output": 1}}}
    among = ["alpha:dear", "beta:cheap"]
    rules = [
        {"when": {"priority": "cost"}, "use": {"strategy": "cheapest", "among": among}},
        {"when": {"priority": "latency"}, "use": {"strategy": "fastest", "among": among}},
    ]
    using = settings_of(PROVIDERS, models, environment=KEY, routing={"rules": rules})
    quick = TargetStats(latency={"alpha:dear": 100.0, "beta:cheap": 900.0}.get)

    def first(priority: Priority, stats: TargetStats = NO_STATS) -> str:
        made = make_plan("alpha:m", AgentConfig(), Facts(priority=priority), using, stats)
        return made.targets[0].model

    assert first("cost") == "beta:cheap"
    assert first("latency") == "alpha:dear", "without observations the order given holds"
    assert first("latency", quick) == "alpha:dear"
    slow = TargetStats(latency={"alpha:dear": 900.0, "beta:cheap": 100.0}.get)
    assert first("latency", slow) == "beta:cheap"


EXPERIMENT = {"experiment": {"name": "half", "variants": [
    {"model": "alpha:a", "weight": 1}, {"model": "beta:b", "weight": 1},
]}}  # fmt: skip


def test_an_experiments_variant_comes_first_and_the_agents_model_follows() -> None:
    seen = set()
    for number in range(20):
        made = plan("alpha:m", facts=Facts(session_id=f"sess_{number}"), routing=EXPERIMENT)
        assert made.experiment
        assert targets(made) == [made.experiment.variant, "alpha:m"]
        assert made.targets[0].reason == "experiment half"
        seen.add(made.experiment.variant)
    assert seen == {"alpha:a", "beta:b"}


def test_a_session_stays_assigned_where_its_variant_cannot_be_asked() -> None:
    sessions = [f"sess_{number}" for number in range(20)]
    for session in sessions:
        usual = plan("alpha:m", facts=Facts(session_id=session), routing=EXPERIMENT)
        without = plan("alpha:m", using=settings(BETA_API_KEY=""), facts=Facts(session_id=session), routing=EXPERIMENT)
        assert without.experiment == usual.experiment
        assert targets(without) == [model for model in targets(usual) if model != "beta:b"]


def test_without_a_session_there_is_no_variant() -> None:
    made = plan("alpha:m", routing=EXPERIMENT)
    assert (made.experiment, targets(made)) == (None, ["alpha:m"])


def test_a_model_with_too_small_a_window_is_skipped_at_any_place() -> None:
    models = {"alpha:m": {"contextWindow": 100}, "beta:f": {"contextWindow": 50}, "alpha:s": {"contextWindow": 200}}
    using = settings_of(PROVIDERS, models, ["alpha:s"], KEY)
    made = plan("alpha:m", using=using, facts=Facts(prompt_tokens=101), fallbackModels=["beta:f", "alpha:unlisted"])
    assert targets(made) == ["alpha:unlisted", "alpha:s"]
    assert skipped(made) == {
        "alpha:m": "context_length: about 101 tokens do not fit its window of 100",
        "beta:f": "context_length: about 101 tokens do not fit its window of 50",
    }
    assert targets(plan("alpha:m", using=using, facts=Facts(prompt_tokens=100))) == ["alpha:m", "alpha:s"]


def stats(**seconds: float) -> TargetStats:
    return resting({name.replace("_", ":"): CoolDown(left) for name, left in seconds.items()})


def resting(rests: dict[str, CoolDown]) -> TargetStats:
    return TargetStats(cooling=rests.get)


def test_cooling_targets_come_last_with_the_time_left() -> None:
    made = make_plan("alpha:m", AgentConfig(fallback_model="beta:f"), Facts(), settings(), stats(alpha_m=12.4))
    assert targets(made) == ["beta:f", "alpha:m"]
    assert made.targets[1].to_json()["reason"] == "cooling_down: failing lately; tried again in 12 s"
    assert skipped(made) == {}


def test_the_shortest_pause_comes_first_and_a_pause_that_a_provider_named_last() -> None:
    names = ("alpha:a", "alpha:b", "alpha:c", "alpha:d", "alpha:e")
    rests = {
        "alpha:a": CoolDown(2, named=True), "alpha:b": CoolDown(30), "alpha:c": CoolDown(1, named=True),
        "alpha:d": CoolDown(4),
    }  # fmt: skip
    config = AgentConfig(fallback_models=names[1:])
    made = make_plan(names[0], config, Facts(), settings(), resting(rests))
    assert targets(made) == ["alpha:e", "alpha:d", "alpha:b", "alpha:c", "alpha:a"]
    assert made.targets[-1].reason == "cooling_down: its provider asked for a pause; tried again in 2 s"
    assert made.preferred == "alpha:a"


def test_if_only_cooling_targets_are_left_they_are_tried_anyway() -> None:
    config = AgentConfig(fallback_models=("alpha:f", "beta:f"))
    cooling = stats(alpha_f=5, beta_f=9, beta_m=5)
    made = make_plan("beta:m", config, Facts(), settings(BETA_API_KEY=""), cooling)
    assert [(target.model, target.cooling) for target in made.targets] == [("alpha:f", CoolDown(5))]
    assert {model: reason.partition(":")[0] for model, reason in skipped(made).items()} == {
        "beta:m": "not_configured",
        "beta:f": "not_configured",
    }


# --- which answer counts as a fallback's ---------------------------------------------------------------


def test_the_preferred_target_is_the_first_that_may_be_asked() -> None:
    rules = {"when": CODE, "use": ["beta:x", "alpha:y"]}
    code = Facts(task_type="code")
    assert plan("alpha:m", using=with_rules(rules), facts=code).preferred == "beta:x"
    assert plan("alpha:m", using=with_rules({**rules, "use": "off:x"}), facts=code).preferred == "alpha:m"
    assert plan("off:m", fallbackModel="alpha:f").preferred == "alpha:f"
    assert make_plan("alpha:m", AgentConfig(), Facts(), settings(), stats(alpha_m=1)).preferred == "alpha:m"
    assert plan("off:m").preferred is None


@pytest.mark.parametrize("forced", [False, True])
def test_a_model_that_cannot_be_forced_to_call_tools_is_left_out_where_they_must_be_called(forced: bool) -> None:
    """A fact of one model, or of all models of a provider, also those that are not listed."""
    words = {"unsupported": ["toolChoice", "temperature"]}
    using = settings_of({**PROVIDERS, "beta": {**PROVIDERS["beta"], **words}}, {"alpha:free": words}, (), KEY)
    chain = ["alpha:free", "beta:unlisted", "alpha:m"]
    made = plan(chain[0], using=using, facts=Facts(has_tools=True, tool_choice=forced), fallbackModels=chain[1:])
    assert targets(made) == (["alpha:m"] if forced else chain)
    assert skipped(made) == (dict.fromkeys(chain[:2], "unsupported: toolChoice") if forced else {})


def test_a_model_lacks_what_its_provider_or_wire_format_lacks() -> None:
    providers = {
        "google": {"format": "gemini", "endpoint": "http://g", "unsupported": ["stop"]},
        "alpha": PROVIDERS["alpha"],
    }
    using = settings_of(providers, {"google:listed": {"unsupported": ["temperature"]}}, (), {})
    of_format = WITHOUT["gemini"]
    assert "parallelToolCalls" in of_format
    assert using.target("google:listed", "").facts.unsupported == of_format | {"stop", "temperature"}
    assert using.target("google:other", "").facts.unsupported == of_format | {"stop"}
    assert using.target("alpha:other", "").facts.unsupported == {"user"}  # it has no name there
