"""Files and audio: what each wire format is sent, and what is changed on the way."""

import base64
from typing import Any

import pytest

from agentos.domain import AudioPart, FilePart, Message, Parameters, Part, Prompt, TextPart
from agentos.domain.content import DOCX
from agentos.domain.token_estimates import estimate
from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.recordings import Wire, an_answer

CHAT, RESPONSES, ANTHROPIC = "openai:gpt-4o-mini", "openai:gpt-6-luna", "anthropic:claude-haiku-4-5"
GEMINI, BEDROCK = "gemini:gemini-3.5-flash-lite", "bedrock:claude-haiku-4-5"
ALL = (CHAT, RESPONSES, ANTHROPIC, GEMINI, BEDROCK)
PDF = "JVBERi0xLjcK"
DATA = f"data:application/pdf;base64,{PDF}"
ADDRESS = "https://example.test/report.pdf"
SAY: Part = TextPart(type="text", text="What is this?")


def file(**given: str) -> FilePart:
    return FilePart.model_validate({"type": "file", "file": given})


def audio(form: str = "wav") -> AudioPart:
    return AudioPart.model_validate({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": form}})


def sent(wire: Wire, model: str, *parts: Part, more: tuple[Message, ...] = ()) -> Any:
    """The JSON that the provider gets, and the notes."""
    wire.reply(an_answer(model))
    asked = Prompt(messages=(Message(role="user", content=parts), *more), parameters=Parameters(prompt_cache="off"))
    completion = wire.ask(model, asked)
    return wire.sent_json, completion.notes


def content(body: Any) -> Any:
    """The content of the first message."""
    message = (body.get("messages") or body.get("input") or body.get("contents"))[0]
    return message.get("content") or message["parts"]


BY_DATA: dict[str, Any] = {
    CHAT: {"type": "file", "file": {"filename": "a b.pdf", "file_data": DATA}},
    RESPONSES: {"type": "input_file", "filename": "a b.pdf", "file_data": DATA},
    ANTHROPIC: {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
        "title": "a b.pdf",
    },
    GEMINI: {"inlineData": {"mimeType": "application/pdf", "data": PDF}},
    BEDROCK: {"document": {"format": "pdf", "name": "a b", "source": {"bytes": PDF}}},
}


@pytest.mark.parametrize("model", ALL)
def test_a_file_by_its_data(model: str, wire: Wire) -> None:
    body, notes = sent(wire, model, SAY, file(file_data=DATA, filename="a b.pdf"))
    assert content(body)[1] == BY_DATA[model]
    assert notes == (("names of files replaced",) if model == BEDROCK else ())


BY_ADDRESS: dict[str, Any] = {
    RESPONSES: {"type": "input_file", "file_url": ADDRESS},
    ANTHROPIC: {"type": "document", "source": {"type": "url", "url": ADDRESS}},
    GEMINI: {"fileData": {"fileUri": ADDRESS, "mimeType": "application/pdf"}},
    "openrouter:google/gemini-3.8-flash": {"type": "file", "file": {"filename": "file", "file_data": ADDRESS}},
}


@pytest.mark.parametrize("model", BY_ADDRESS)
def test_a_file_by_its_address(model: str, wire: Wire) -> None:
    body, notes = sent(wire, model, SAY, file(file_url=ADDRESS))
    assert (content(body)[1], notes) == (BY_ADDRESS[model], ())


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("kind", ["text/csv", "text/plain;charset=utf-8", "application/json"])
def test_a_file_of_text_is_sent_as_text(model: str, kind: str, wire: Wire) -> None:
    data = base64.b64encode("größe;1".encode()).decode()
    body, notes = sent(wire, model, SAY, file(file_data=f"data:{kind};base64,{data}", filename="sizes.csv"))
    found = content(body)
    texts = found if isinstance(found, str) else "\n".join(part["text"] for part in found)
    assert texts == "What is this?\nsizes.csv:\n\ngröße;1"
    assert notes == ("files of text sent as text",)


def test_an_empty_file_says_so(wire: Wire) -> None:
    body, _ = sent(wire, CHAT, SAY, file(file_data="data:text/plain;base64,IA=="))
    assert content(body)[1]["text"] == "(an empty file)"


@pytest.mark.parametrize("model", ALL)
def test_the_data_say_what_a_file_is(model: str, wire: Wire) -> None:
    body, notes = sent(wire, model, SAY, file(file_data=f"data:application/octet-stream;base64,{PDF}"))
    assert "octet-stream" not in str(body)
    assert notes == ("application/octet-stream sent as application/pdf",)


def test_bedrock_wants_a_text_beside_a_file_and_plain_names_all_different(wire: Wire) -> None:
    again = Message(role="user", content=(file(file_data=DATA, filename="Q1/2026_ä.pdf"), SAY))
    body, notes = sent(wire, BEDROCK, file(file_data=DATA), file(file_data=DATA, filename="Q1 2026.pdf"), more=(again,))
    blocks = content(body)
    assert [block["document"]["name"] for block in blocks if "document" in block] == [
        "document", "Q1 2026", "Q1 2026 2",
    ]  # fmt: skip
    assert {"text": "See the attached file."} in blocks
    assert set(notes) == {"a text added beside a file: See the attached file.", "names of files replaced"}


def test_bedrock_takes_documents_of_offices(wire: Wire) -> None:
    body, _ = sent(wire, BEDROCK, SAY, file(file_data=f"data:{DOCX};base64,UEsDBA==", filename="a.docx"))
    assert content(body)[1] == {"document": {"format": "docx", "name": "a", "source": {"bytes": "UEsDBA=="}}}


@pytest.mark.parametrize(("model", "expected"), [
    ("openai:gpt-audio-1.5", {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}),
    (GEMINI, {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}),
    ("bedrock:mistral.voxtral-mini", {"audio": {"format": "wav", "source": {"bytes": "UklGRg=="}}}),
])  # fmt: skip
def test_audio(model: str, expected: Any, wire: Wire) -> None:
    body, notes = sent(wire, model, SAY, audio())
    assert (content(body)[1], notes) == (expected, ())


@pytest.mark.parametrize(("model", "part"), [
    (RESPONSES, audio()), (ANTHROPIC, audio()), (BEDROCK, file(file_url=ADDRESS)),
])  # fmt: skip
def test_what_a_format_has_no_form_for_is_sent_to_nobody(model: str, part: Part, wire: Wire) -> None:
    """The plan leaves such a target out; this is what stands behind it."""
    with pytest.raises(UpstreamError) as caught:
        sent(wire, model, SAY, part)
    assert caught.value.error_class is ErrorClass.REJECTED
    assert wire.requests == []


def test_a_tools_result_names_what_it_cannot_hold() -> None:
    from agentos.providers.tool_calls import result_text

    text = base64.b64encode(b"a;b").decode()
    parts = (
        file(file_data=DATA), file(file_url=ADDRESS), file(file_data=f"data:text/csv;base64,{text}"), audio(), SAY,
    )  # fmt: skip
    message = Message(role="tool", tool_call_id="call_1", content=parts)
    assert result_text(message) == f"(a file)\n{ADDRESS}\na;b\n(audio)\nWhat is this?"
    assert not message.file_kinds
    assert not message.audio_formats


def test_their_length_in_tokens_is_estimated() -> None:
    def tokens(part: Part) -> int:
        return estimate(Message(role="user", content=(part,))) - 4

    large = base64.b64encode(b"%PDF-1.7" + bytes(120_000)).decode()
    assert tokens(file(file_data=f"data:application/pdf;base64,{large}")) == 3 * 2000
    assert tokens(file(file_data=DATA)) == 2000
    assert tokens(file(file_url=ADDRESS)) == 5 * 2000
    assert tokens(file(file_data=f"data:text/plain;base64,{base64.b64encode(b'x' * 4000).decode()}")) == 1000
    long = {"data": base64.b64encode(bytes(159_999)).decode(), "format": "mp3"}
    assert tokens(AudioPart.model_validate({"type": "input_audio", "input_audio": long})) == 320  # ten seconds
