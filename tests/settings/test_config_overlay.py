"""The user's own YAML is merged deeply over the default. An error names the file, the key and the reason."""

import os
from pathlib import Path

import pytest

from agentos.kernel.errors import ConfigError
from agentos.settings.loading import DEFAULT_FILE, Settings, load_settings

OWN = """
providers:
  my-gateway: {format: openai, endpoint: https://llm.example.com/v1, auth: bearer}
"""


class Overlay:
    """Writes overlays and loads the settings that they make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, text: str | bytes, name: str = "own.yaml") -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def load(self, *files: str, **environment: str) -> Settings:
        return load_settings({"AGENTOS_CONFIG": os.pathsep.join(files), **environment})


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    return Overlay(tmp_path)


def test_a_file_changes_what_it_names_and_nothing_else(overlay: Overlay) -> None:
    default = load_settings({})
    changed = overlay.load(overlay.file("limits: {historyTokens: 123}\nmodels: {'groq:new': {contextWindow: 99}}"))

    assert changed.limits.history_tokens == 123
    assert changed.limits.turn_seconds == default.limits.turn_seconds
    assert changed.models["groq:new"].context_window == 99
    assert set(changed.models) == set(default.models) | {"groq:new"}
    assert set(changed.providers) == set(default.providers)


def test_an_own_openai_compatible_provider_takes_three_lines(overlay: Overlay) -> None:
    settings = overlay.load(overlay.file(OWN), MY_GATEWAY_API_KEY="key-0123456789")

    assert settings.providers["my-gateway"].availability == ("available", None)
    assert settings.target("my-gateway:any/model:v1", "").upstream_model == "any/model:v1"
    assert overlay.load(overlay.file(OWN)).providers["my-gateway"].availability[1] == "MY_GATEWAY_API_KEY is not set"


def test_several_files_apply_one_after_the_other(overlay: Overlay) -> None:
    first = overlay.file("limits: {historyTokens: 1, attempts: 2}", "a.yaml")
    second = overlay.file("limits: {historyTokens: 3}", "b.yaml")

    limits = overlay.load(first, second).limits
    assert (limits.history_tokens, limits.attempts) == (3, 2)
    limits = overlay.load(second, first).limits
    assert (limits.history_tokens, limits.attempts) == (1, 2)


def test_null_removes(overlay: Overlay) -> None:
    settings = overlay.load(overlay.file("models: {'groq:llama3-70b': null}\nproviders: {openai: {endpoint: null}}"))

    assert "groq:llama3-70b" not in settings.models
    assert settings.target("groq:llama3-70b", "").upstream_model == "llama3-70b"
    assert settings.providers["openai"].availability == ("not-configured", "OPENAI_ENDPOINT is not set")


def test_a_provider_can_be_switched_off_and_on(overlay: Overlay) -> None:
    text = "providers: {openai: {enabled: false}, echo: {enabled: true}}"
    settings = overlay.load(overlay.file(text), OPENAI_API_KEY="key-0123456789")

    assert settings.providers["openai"].availability == ("disabled", "configuration says enabled: false")
    assert settings.providers["echo"].availability == ("available", None)


@pytest.mark.parametrize("text", ["", "# nothing here\n", "---\n", "{}"])
def test_an_empty_file_changes_nothing(overlay: Overlay, text: str) -> None:
    assert overlay.load(overlay.file(text)).models == load_settings({}).models


@pytest.mark.parametrize("value", ["", os.pathsep, os.pathsep * 3])
def test_no_file_is_no_overlay(value: str) -> None:
    assert load_settings({"AGENTOS_CONFIG": value}).models == load_settings({}).models


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("provider: {}", "provider", "not permitted"),
        ("providers: {openai: {endpiont: x}}", "providers.openai.endpiont", "not permitted"),
        ("limits: {turn_seconds: 3}", "limits.turn_seconds", "not permitted"),  # the contract's names alone
        ("limits: {attempts: many}", "limits.attempts", "valid integer"),
        ("limits: {attempts: 0}", "limits.attempts", "greater than or equal to 1"),
        ("limits: {attempts: null}", "limits.attempts", "required"),
        ("limits: [1]", "limits", "valid dictionary"),
        ("providers: {Open_AI: {format: openai}}", "providers.Open_AI", "pattern"),
        ("providers: {mine: {endpoint: 'https://x'}}", "providers.mine.format", "required"),
        ("providers: {mine: {format: soap}}", "providers.mine.format", "'openai', 'openai-responses', 'gemini'"),
        ("providers: {mine: {format: openai, auth: 'a: b'}}", "providers.mine.auth", "pattern"),
        ("providers: {mine: {format: openai, timeoutSeconds: 0}}", "providers.mine.timeoutSeconds", "greater than 0"),
        ("providers: {mine: {format: openai, parameters: {size: s}}}", "providers.mine.parameters.size", "maxTokens"),
        ("providers: {mine: {format: openai, limits: {ids: 9}}}", "providers.mine.limits.ids", "not permitted"),
        ("providers: {mine: {format: openai, limits: {stops: -1}}}", "providers.mine.limits.stops", "greater than"),
        (
            "providers: {mine: {format: openai, limits: {toolNames: '['}}}",
            "providers.mine.limits.toolNames",
            "not a regular",
        ),
        (
            "models: {'openai:a': {limits: {ranges: {topX: [0, 1]}}}}",
            "models.openai:a.limits.ranges.topX",
            "'temperature'",
        ),
        ("models: {gpt: {}}", "models.gpt", "provider:model"),
        ("models: {'openai:a': {contextWindow: big}}", "models.openai:a.contextWindow", "valid integer"),
        ("models: {'openai:a': {capabilities: [flying]}}", "models.openai:a.capabilities", "'tools'"),
        ("models: {'openai:a': {price: {input: 1}}}", "models.openai:a.price.output", "required"),
        ("models: {'openai:a': {price: {input: -1, output: 1}}}", "models.openai:a.price.input", "greater than"),
        ("models: {'openai:a': {price: {input: .nan, output: 1}}}", "models.openai:a.price.input", "number"),
        ("models: {'opnai:a': {}}", "models: opnai:a", "not configured"),
        ("routing: {fallbacks: ['opnai:a']}", "routing.fallbacks[0]: opnai:a", "not configured"),
        ("routing: {fallbacks: [gpt]}", "routing.fallbacks.0", "provider:model"),
        ("routing: {fallbacks: 'openai:a'}", "routing.fallbacks", "valid tuple"),
        ("routing: {rules: [{use: 'opnai:a'}]}", "routing.rules[0].use: opnai:a", "not configured"),
        ("routing: {rules: [{use: ['openai:a', 'opnai:a']}]}", "routing.rules[0].use[1]: opnai:a", "not configured"),
        (
            "routing: {rules: [{when: {taskTyp: x}, use: 'openai:a'}]}",
            "routing.rules.0.when",
            "'taskTyp' is not a fact",
        ),
        ("routing: {rules: [{use: 'openai:a'}, {use: 'openai:b'}]}", "routing.rules[1]", "rules[0] always does before"),
        ("routing: {rules: [{use: {strategy: best, among: ['openai:a']}}]}", "routing.rules.0.use", "must be a model"),
        ("routing: {taskTypes: [{name: x, pattern: '('}]}", "routing.taskTypes.0.pattern", "not a regular expression"),
        ("health: {failures: 0}", "health.failures", "greater than or equal to 1"),
        ("limits: {contentBytes: 0}", "limits.contentBytes", "greater than 0"),
    ],
)
def test_a_mistake_names_file_key_and_reason(overlay: Overlay, text: str, key: str, reason: str) -> None:
    path = overlay.file(text)
    with pytest.raises(ConfigError) as caught:
        overlay.load(path)
    assert str(caught.value).startswith(f"{path}: {key}")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: b: c", "is not YAML"),
        ("a: [1", "is not YAML"),
        ("limits: {attempts: " + "1" * 5000 + "}", "is not YAML"),
        ("!!python/object/apply:os.system ['true']", "is not YAML"),
        ("a: 1\n---\nb: 2", "is not YAML"),
        (b"\xff\xfe\xfa", "is not YAML"),
        ("- a", "must be a mapping, not list"),
        ("text", "must be a mapping, not str"),
    ],
)
def test_yaml_that_is_no_mapping_is_refused(overlay: Overlay, text: str | bytes, reason: str) -> None:
    path = overlay.file(text)
    with pytest.raises(ConfigError) as caught:
        overlay.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)


def test_a_missing_file_or_a_folder_is_refused(overlay: Overlay, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    with pytest.raises(ConfigError, match="cannot be read: No such file") as caught:
        overlay.load(missing)
    assert missing in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        overlay.load(str(tmp_path))


def test_of_several_files_the_one_with_the_mistake_is_named(overlay: Overlay) -> None:
    good = overlay.file("limits: {attempts: 2}", "good.yaml")
    bad = overlay.file("limits: {attempts: none}", "bad.yaml")
    for files in ((good, bad), (bad, good)):
        with pytest.raises(ConfigError) as caught:
            overlay.load(*files)
        assert str(caught.value).startswith(bad)


def test_the_default_is_found_beside_the_package() -> None:
    assert DEFAULT_FILE.parts[-2:] == ("config", "default.yaml")
