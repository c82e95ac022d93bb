"""The shipped configuration is valid, complete, and names no model that its provider has retired."""

import ast
from functools import cache

import pytest

from agentos.domain.routing_rules import unreachable
from agentos.settings.loading import Settings, load_settings
from agentos.store.transport.connect import SWITCH
from tests.support.gateway import ROOT
from tests.support.template import template as read_template

RETIRED = {
    "gemini-1.5-flash",
    "gemini-1.5-pro",
    "gemini-2.0-flash",
    "llama3-70b-8192",
    "llama-3.3-70b-versatile",
    "deepseek-chat",
    "deepseek-reasoner",
    "gpt-3.5-turbo",
}

EXPECTED_PROVIDERS = {
    "anthropic",
    "bedrock",
    "openai",
    "gemini",
    "groq",
    "openrouter",
    "ollama",
    "glm4",
    "siliconflow",
    "cerebras",
    "modelscope",
    "mistral",
    "deepseek",
    "xai",
    "together",
    "fireworks",
    "nvidia",
    "azure-openai",
    "local",
    "echo",
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings({})


def test_it_is_valid_and_holds_every_promised_provider(settings: Settings) -> None:
    assert set(settings.providers) >= EXPECTED_PROVIDERS


@pytest.mark.parametrize(
    ("model", "upstream"),
    [
        ("openai:gpt-4o-mini", "gpt-4o-mini"),
        ("gemini:flash-1.5", "gemini-3.5-flash-lite"),
        ("groq:llama3-70b", "openai/gpt-oss-120b"),
    ],
)
def test_shipped_aliases_resolve_and_are_priced(settings: Settings, model: str, upstream: str) -> None:
    target = settings.target(model, "test")
    assert (target.provider, target.upstream_model) == (model.partition(":")[0], upstream)
    assert target.facts.context_window
    assert target.facts.price


def test_no_model_leads_to_a_retired_name(settings: Settings) -> None:
    upstream = {settings.target(name, "").upstream_model.rpartition("/")[2] for name in settings.models}
    assert not upstream & RETIRED


def test_nothing_is_available_without_a_key_or_an_endpoint(settings: Settings) -> None:
    """Otherwise a newcomer's first message would go to a server that does not run."""
    assert [name for name, provider in settings.providers.items() if provider.availability[0] == "available"] == []


def test_every_hosted_provider_needs_only_its_key() -> None:
    unset = load_settings({}).providers
    keys = {provider.key_variable: "key-0123456789" for provider in unset.values()}
    for provider in load_settings(keys).providers.values():
        needs_endpoint = provider.name in ("ollama", "local", "azure-openai")
        off = provider.name in ("echo", "bedrock")
        expected = "not-configured" if needs_endpoint else "disabled" if off else "available"
        assert provider.availability[0] == expected, provider.name


@cache
def names_read() -> set[str]:
    """What the code itself reads: every literal name that it looks up in `os.environ` or in a passed `environment`.

    The table's client reads what botocore reads, such as AWS_ACCESS_KEY_ID. The template declares none of that.
    """
    found = set()
    transport = ROOT / "shared/agentos/store/transport"
    for path in [*(ROOT / "shared/agentos").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        if path.is_relative_to(transport):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            source, name = None, None
            if isinstance(node, ast.Subscript):
                source, name = node.value, node.slice
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                source, name = node.func.value, node.args[0]
            if isinstance(name, ast.Constant) and source and ast.unparse(source) in ("os.environ", "environment"):
                found.add(name.value)
    return found


def test_every_environment_name_is_declared_in_the_template(settings: Settings) -> None:
    """`sam local` passes only declared names and drops the others silently."""
    template = read_template()
    own = [resource["Properties"].get("Environment", {"Variables": {}}) for resource in template["Resources"].values()]
    declared = {name for given in [template["Globals"]["Function"]["Environment"], *own] for name in given["Variables"]}
    of_providers = {name for provider in settings.providers.values() for name in provider.variables}
    of_libraries = {
        "POWERTOOLS_LOG_LEVEL",
        "POWERTOOLS_LOGGER_SAMPLE_RATE",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "PYDANTIC_DISABLE_PLUGINS",
    }

    assert {"AGENTOS_CONFIG", "TABLE_NAME", "AWS_ENDPOINT_URL_DYNAMODB"} <= names_read()
    # Lambda sets them and lets nobody else set them. One declared name is read by Lambda itself.
    of_lambda = {"AWS_REGION", "AWS_SAM_LOCAL", "_HANDLER", "_X_AMZN_TRACE_ID"} | {
        name for name in names_read() if name.startswith("AWS_LAMBDA_")
    }
    of_openssl = {"SSL_CERT_FILE", "SSL_CERT_DIR"}  # for a machine whose proxy signs certificates of its own
    named = of_providers | names_read() | of_libraries | {SWITCH}
    assert declared == named - of_lambda - of_openssl | {"AWS_LAMBDA_EXEC_WRAPPER"}


def test_keys_travel_in_headers_and_endpoints_are_https(settings: Settings) -> None:
    for provider in settings.providers.values():
        assert provider.endpoint == "" or provider.endpoint.startswith("https://"), provider.name
        assert "key" not in provider.endpoint + (provider.settings.path or ""), provider.name
    assert settings.providers["gemini"].settings.auth == "x-goog-api-key"
    assert settings.providers["azure-openai"].settings.auth == "api-key"


def test_failures_on_request_are_off_unless_somebody_turns_them_on(settings: Settings) -> None:
    assert settings.routing.simulation is False


def test_the_rules_name_models_that_are_listed_and_none_is_hidden(settings: Settings) -> None:
    rules = settings.routing.rules
    assert {rule.name for rule in rules} >= {"cost-sensitive", "latency-sensitive", "code", "summarisation"}
    assert [model for rule in rules for _, model in rule.models() if model not in settings.models] == []
    assert unreachable(rules) is None


def test_the_server_ends_in_the_model_that_needs_no_key(settings: Settings) -> None:
    assert settings.routing.fallbacks[-1] == "local:smollm2"
    assert settings.providers["local"].settings.auth == "none"


@pytest.mark.parametrize(
    ("model", "forcible"),
    [
        ("openai:gpt-4o-mini", True),
        ("gemini:flash-1.5", True),
        ("bedrock:claude-haiku-4-5", True),
        ("mistral:mistral-small-latest", True),
        ("groq:not-listed", True),
        ("anthropic:claude-sonnet-5-5", False),
        ("bedrock:claude-sonnet-5-5", False),
        ("deepseek:deepseek-flash", False),
        ("glm4:not-listed", False),
        ("siliconflow:zai-org/GLM-5.3", False),
        ("ollama:qwen3:8b", False),
        ("echo:anything", False),
    ],
)
def test_a_model_that_cannot_be_forced_to_call_a_tool_is_known(settings: Settings, model: str, forcible: bool) -> None:
    assert ("toolChoice" not in settings.target(model, "").facts.unsupported) is forcible


@pytest.mark.parametrize(("name", "rule"), [
    ("anthropic.claude-opus-4-1-20250805-v1:0", "exclusive"),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "exclusive"),
    ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6", "exclusive"),
    ("global.anthropic.claude-opus-4-8", "unsupported"),
    ("anthropic.claude-sonnet-5", "unsupported"),
    ("anthropic.claude-sonnet-4-20250514-v1:0", None),
    ("anthropic.claude-3-5-sonnet-20240620-v1:0", None),
    ("meta.llama4-scout-17b-instruct-v1:0", None),
])  # fmt: skip
def test_claude_models_at_bedrock_that_are_not_listed_are_known_by_their_names(
    settings: Settings, name: str, rule: str | None
) -> None:
    facts = settings.target(f"bedrock:{name}", "").facts
    assert bool(facts.limits.exclusive) is (rule == "exclusive")
    assert ("temperature" in facts.unsupported) is (rule == "unsupported")
    assert facts.price == ()
