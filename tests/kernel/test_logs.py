"""The log consists of JSON lines. No line holds a key, and no traceback does."""

import string

from hypothesis import given
from hypothesis import strategies as st

from agentos.kernel.logs import hide_secrets, logger, redact
from tests.support.logs import captured

KEYS = st.text(string.ascii_letters + string.digits + "-_\"\\/+=.:'<&", min_size=12, max_size=40)


def escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


@given(KEYS)
def test_a_protected_key_is_in_no_line_however_it_was_logged(key: str) -> None:
    hide_secrets(key)
    with captured() as log:
        logger.warning("the key is " + key)
        logger.info("by argument: %s", key)
        logger.error("in a field", extra={"reason": f"Bearer {key}", "deep": {"list": [key]}})
        try:
            raise ValueError(f"refused {key}")
        except ValueError:
            logger.exception("with a traceback")

    text = log.getvalue()
    assert key not in text
    assert escaped(key) not in text
    assert len(log.lines) == 4
    assert "ValueError" in text
    assert text.count("***") >= 5


def test_a_key_that_begins_like_another_is_cut_out_whole() -> None:
    for index in range(50):
        short = f"sk-prefix-{index:04}"
        hide_secrets(short, short + "-and-the-rest")
        assert redact(f"<{short}-and-the-rest> <{short}>") == "<***> <***>"


def test_nothing_is_cut_where_there_is_no_key() -> None:
    hide_secrets("")
    assert redact("a plain line") == "a plain line"


def test_lines_are_json_with_time_level_and_message() -> None:
    with captured() as log:
        logger.info("hello", extra={"model": "openai:gpt-4o-mini"})
    (line,) = log.lines
    assert (line["level"], line["message"], line["model"]) == ("INFO", "hello", "openai:gpt-4o-mini")
    assert line["service"] == "agentos"
    assert line["timestamp"]
