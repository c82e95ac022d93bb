"""`.env`, the environment and what the local host adds, and which of them wins."""

from pathlib import Path

from agentos.settings.loading import load_settings
from local.environment import Environment, parse
from tests.e2e.hosting import ROOT


def test_env_files_are_parsed() -> None:
    text = """
    # a comment
    PLAIN=value
    export EXPORTED = spaced
    EMPTY=
    ONLY_COMMENT= # nothing
    COMMENTED=value # not this
    HASH=a#b
    QUOTED="a # b"  # not this
    SINGLE='$HOME "x"'
    EQUALS=a=b==
    not a line
    1BAD=x
    """
    assert parse(text) == {
        "PLAIN": "value",
        "EXPORTED": "spaced",
        "EMPTY": "",
        "ONLY_COMMENT": "",
        "COMMENTED": "value",
        "HASH": "a#b",
        "QUOTED": "a # b",
        "SINGLE": '$HOME "x"',
        "EQUALS": "a=b==",
    }


def test_the_environment_wins_over_env_and_env_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GIVEN=file\nGIVEN_EMPTY=file\nFILE=file\nBOTH=file\nFILE_EMPTY=\n")
    variables = {"GIVEN": "given", "GIVEN_EMPTY": ""}
    environment = Environment(file, variables)
    environment.defaults = {"GIVEN": "default", "BOTH": "default", "FILE_EMPTY": "default", "DEFAULT": "default"}
    environment.refresh()
    assert variables == {
        "GIVEN": "given",
        "GIVEN_EMPTY": "",
        "FILE": "file",
        "BOTH": "file",
        "FILE_EMPTY": "default",
        "DEFAULT": "default",
    }


def test_an_edited_env_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\nB=1\n")
    variables = {"LATER": "set by a library"}
    environment = Environment(file, variables)
    environment.defaults["B"] = "default"
    file.write_text("A=2\n")
    environment.refresh()
    assert variables == {"LATER": "set by a library", "A": "2", "B": "default"}
    file.unlink()
    environment.refresh()
    assert variables == {"LATER": "set by a library", "B": "default"}


def test_the_users_overlays_win_over_the_hosts(tmp_path: Path) -> None:
    environment = Environment(tmp_path / ".env", {"AGENTOS_CONFIG": "mine.yaml"})
    environment.base_overlays = [Path("echo.yaml")]
    environment.refresh()
    environment.refresh()
    assert environment.overlays() == [Path("echo.yaml"), Path("mine.yaml")]


def test_the_example_names_every_variable_and_no_value() -> None:
    example = parse((ROOT / ".env.example").read_text())
    wanted = {name for provider in load_settings({}).providers.values() for name in provider.variables}
    assert wanted <= example.keys()
    assert set(example.values()) == {""}
