"""JSON in and out: what is accepted can be stored and sent again exactly. The rest is refused with its place."""

import json
from typing import Any

import pytest
from hypothesis import given

from agentos.kernel.json_text import MAX_DEPTH, JsonError, dump, load, parse, parse_lenient
from tests.support.json_values import VALUES


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@given(VALUES)
def test_any_value_survives_a_round_trip_exactly(value: Any) -> None:
    text = dump(value)

    again = parse(text)

    assert dump(again) == text  # == alone treats 1, 1.0 and True as equal
    assert again == value
    assert dump(parse(text.encode())) == text


@given(VALUES)
def test_what_is_dumped_is_json_to_others_and_encodes_as_utf8(value: Any) -> None:
    assert json.loads(dump(value).encode("utf-8")) == value


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', '{"a":[1,NaN]}'])
def test_nan_and_infinity_are_refused(text: str) -> None:
    with pytest.raises(JsonError, match="which is not JSON"):
        parse(text)


@pytest.mark.parametrize("text", ["1e999", "-1e999", '{"a":[1e309]}', "1" + "0" * 400 + ".0"])
def test_a_number_beyond_a_double_is_refused_rather_than_made_infinite(text: str) -> None:
    with pytest.raises(JsonError, match="beyond a double's range"):
        parse(text)


def test_integers_are_exact_up_to_4300_digits_and_refused_beyond() -> None:
    longest = "9" * 4300
    assert dump(parse(longest)) == longest

    with pytest.raises(JsonError, match="more than 4300 digits"):
        parse("9" * 5000)
    with pytest.raises(JsonError, match="more than 4300 digits"):
        parse('{"a": -' + "9" * 4301 + "}")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r'{"metadata":{"tags":["a","b","\ud800"]}}', "metadata.tags[2]"),
        (r'{"metadata":{"\udfff":1}}', "metadata"),
        (r'["ok","\ude00\ud83d"]', "[1]"),
        (r'{"a":"half \ud83d"}', "a"),
        (r'"\ud800"', ""),
    ],
)
def test_a_lone_surrogate_is_refused_where_it_stands(text: str, path: str) -> None:
    with pytest.raises(JsonError, match="lone surrogate") as caught:
        parse(text)
    assert caught.value.path == path


def test_an_escaped_surrogate_pair_is_an_ordinary_character() -> None:
    assert parse(r'"\ud83d\ude00"') == "😀"


def test_nesting_is_bounded() -> None:
    assert parse(nested(MAX_DEPTH)) is not None

    with pytest.raises(JsonError, match="nested deeper"):
        parse(nested(MAX_DEPTH + 2))
    with pytest.raises(JsonError, match="nested deeper"):
        parse(nested(200_000))
    with pytest.raises(JsonError, match="nested deeper") as caught:
        parse('{"a":' * 100 + "1" + "}" * 100)
    assert caught.value.path.startswith("a.a.a")


@pytest.mark.parametrize(
    "raw",
    [
        b'"\xff"',
        b'{"a":"\xc3"}',  # cut in the middle of a character
        b'"\xed\xa0\x80"',  # a surrogate encoded as if it were UTF-8
        b'"\xc0\xaf"',  # overlong
        '{"a":"ä"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
    ],
)
def test_bytes_that_are_not_utf8_are_refused(raw: bytes) -> None:
    with pytest.raises(JsonError, match="is not UTF-8"):
        parse(raw)


@pytest.mark.parametrize(
    "text", ["", " ", "{", "{'a':1}", '{"a":1,}', "[1 2]", '"a\nb"', "nul", "01", "+1", ".5", "1.", '{"a":1} x', "\x00"]
)
def test_broken_json_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(JsonError, match=r"is not JSON: .* \(line \d+, column \d+\)"):
        parse(text)


def test_a_byte_order_mark_is_refused() -> None:
    with pytest.raises(JsonError, match="BOM"):
        parse(b'\xef\xbb\xbf{"a":1}')


def test_of_duplicate_keys_the_last_counts() -> None:
    assert parse('{"a":1,"b":2,"a":3}') == {"a": 3, "b": 2}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_a_value_that_is_no_json_is_not_dumped(value: Any) -> None:
    with pytest.raises(ValueError):
        dump(value)


def test_unicode_goes_out_readable_and_compact() -> None:
    assert dump({"a": ["ü", "日本"], "b": None}) == '{"a":["ü","日本"],"b":null}'


def test_json_of_others_may_hold_anything_but_deep_nesting() -> None:
    assert parse_lenient(b'{"text":"\\ud800"}') == {"text": "\ud800"}
    for broken in (b"<html>", b"", nested(200_000).encode(), b"\xff\xfe\xfd"):
        with pytest.raises(ValueError):
            parse_lenient(broken)


@pytest.mark.parametrize("ascii_only", [True, False])
@given(VALUES)
def test_a_text_is_loaded_as_the_standard_library_loads_it(ascii_only: bool, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    for form in (text, text.encode()):
        assert repr(load(form)) == repr(json.loads(form))


@pytest.mark.parametrize(
    "text",
    [
        '"\\ud800"',
        '{"a":1,"a":2}',
        "-0",
        "-0.0",
        "1e999",
        "NaN",
        "-Infinity",
        "9" * 4300,
        nested(199),
        nested(400),
        " 1 ",
    ],
)
def test_an_unusual_text_is_loaded_as_the_standard_library_loads_it(text: str) -> None:
    assert repr(load(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["", "{", "1 2", '"\x01"', "9" * 4301, "[1,]", b"\xff", b'"\xff"'])
def test_what_is_no_json_is_not_loaded(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        load(text)
