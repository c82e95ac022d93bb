"""Files and audio in sessions and at the doors: read in each vendor's fields, planned around, stored, listed."""

import base64
from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.gateway import Client
from tests.support.responses import checked
from tests.support.upstream import calling

OPENAI, GEMINI, AUDIO = "openai:gpt-4o-mini", "gemini:flash-1.5", "openai:gpt-audio-1.5"
PDF = "JVBERi0xLjcK"
DATA = f"data:application/pdf;base64,{PDF}"
ADDRESS = "https://example.test/report.pdf"
FILE = {"type": "file", "file": {"file_data": DATA, "filename": "report.pdf"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
ASK = {"type": "text", "text": "What does it say?"}


def in_chat(*parts: Any) -> tuple[str, Any]:
    return "chat_completions", {"messages": [{"role": "user", "content": [ASK, *parts]}]}


def in_responses(*parts: Any) -> tuple[str, Any]:
    content = [{"type": "input_text", "text": ASK["text"]}, *parts]
    return "create_response", {"input": [{"role": "user", "content": content}]}


def in_messages(*blocks: Any) -> tuple[str, Any]:
    return "anthropic_messages", {"max_tokens": 64, "messages": [{"role": "user", "content": [ASK, *blocks]}]}


def post(api: Client, folder: str, body: Any, model: str = OPENAI) -> Any:
    return api(folder, {"model": model, **body})


def document(source: Any, **fields: Any) -> Any:
    return {"type": "document", "source": source, **fields}


BASE64 = {"type": "base64", "media_type": "application/pdf", "data": PDF}


@pytest.mark.parametrize(("asked", "name"), [
    (in_chat(FILE), "report.pdf"),
    (in_chat({"type": "file", "file": {"file_data": PDF}}), "file"),
    (in_responses({"type": "input_file", "file_data": DATA, "filename": "report.pdf"}), "report.pdf"),
    (in_responses({"type": "input_file", "file_data": PDF}), "file"),
    (in_messages(document(BASE64, title="report.pdf")), "report.pdf"),
    (in_messages(document(BASE64)), "file"),
])  # fmt: skip
def test_a_file_is_read_at_every_door(api: Client, providers: Providers, asked: Any, name: str) -> None:
    answer = post(api, *asked)
    assert (answer.status, answer.json["agentos"]["notes"]) == (200, []), answer.text
    parts = providers.openai.requests[0]["messages"][0]["content"]
    assert parts == [ASK, {"type": "file", "file": {"file_data": DATA, "filename": name}}]


@pytest.mark.parametrize("asked", [
    in_chat({"type": "file", "file": {"file_data": ADDRESS}}),
    in_chat({"type": "file", "file": {"file_url": ADDRESS}}),
    in_responses({"type": "input_file", "file_url": ADDRESS}),
    in_messages(document({"type": "url", "url": ADDRESS})),
])  # fmt: skip
def test_a_files_address_goes_to_who_takes_one(api: Client, providers: Providers, asked: Any) -> None:
    answer = post(api, *asked, model=f"{OPENAI},{GEMINI}")
    assert answer.status == 200, answer.text
    parts = providers.gemini.requests[0]["contents"][0]["parts"]
    assert parts[1] == {"fileData": {"fileUri": ADDRESS, "mimeType": "application/pdf"}}
    route = answer.json["agentos"]["route"]
    assert route["skipped"][0] == {"model": OPENAI, "reason": "unsupported: files by address (https)"}
    assert providers.openai.requests == []


@pytest.mark.parametrize("asked", [in_chat(SOUND), in_responses(SOUND)])
def test_audio_is_read_where_a_vendor_has_it(api: Client, providers: Providers, asked: Any) -> None:
    answer = post(api, *asked, model=AUDIO)
    assert answer.status == 200, answer.text
    assert providers.openai.requests[0]["messages"][0]["content"][1] == SOUND
    without = post(api, *asked)
    assert (without.status, without.json["error"]["code"]) == (400, "unsupported")
    assert "audio" in without.json["error"]["message"]


def test_a_session_keeps_them_and_goes_on_where_it_can(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=OPENAI, config={"fallbackModel": GEMINI})
    session_id = api.session(agent_id)
    assert api.say(agent_id, session_id, [ASK, FILE]).json["provider"] == "openai"
    assert api.say(agent_id, session_id, [SOUND]).json["provider"] == "gemini"
    first, second = (providers.gemini.requests[0]["contents"][index]["parts"] for index in (0, 2))
    assert first[1] == {"inlineData": {"mimeType": "application/pdf", "data": PDF}}
    assert second == [{"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}]
    page = api("list_messages", query={"order": "asc"}, agentId=agent_id, sessionId=session_id).json["data"]
    assert [page[0]["content"], page[2]["content"]] == [[ASK, FILE], [SOUND]]
    route = api("explain_route", {"content": "And?", "sessionId": session_id}, agentId=agent_id).json
    assert {"model": OPENAI, "reason": "unsupported: audio"} in route["skipped"]


def test_rules_know_of_them(api: Client, providers: Providers) -> None:
    rules = [{"when": {"hasFiles": True}, "use": GEMINI}, {"when": {"hasAudio": True}, "use": AUDIO}]
    agent_id = api.agent(model=OPENAI, config={"routing": {"rules": rules}})
    for content, served in (([FILE], GEMINI), ([SOUND], AUDIO), ("Hello", OPENAI)):
        assert api.say(agent_id, api.session(agent_id), content).json["model"] == served


def test_a_text_goes_to_any_model(api: Client, providers: Providers) -> None:
    csv = base64.b64encode(b"a;b").decode()
    part = {"type": "file", "file": {"file_data": f"data:text/csv;base64,{csv}", "filename": "t.csv"}}
    agent_id = api.agent(model="groq:openai/gpt-oss-20b", config={"fallbackModel": OPENAI})
    reply = api.say(agent_id, api.session(agent_id), [ASK, part])
    assert not any(skip["reason"].startswith("unsupported") for skip in reply.json["route"]["skipped"])
    said = providers.openai.requests[0]["messages"][0]["content"]
    assert said == [ASK, {"type": "text", "text": "t.csv:\n\na;b"}]
    assert reply.json["route"]["attempts"][0]["notes"] == ["files of text sent as text"]


def test_the_items_of_an_input_show_them(api: Client, providers: Providers) -> None:
    parts = [{"type": "input_file", "file_data": DATA, "filename": "report.pdf"}]
    response = checked(post(api, *in_responses(*parts)).json)
    items = api("list_input_items", responseId=response["id"]).json["data"]
    assert items[0]["content"] == [{"type": "input_text", "text": ASK["text"]}, *parts]


def test_a_document_in_a_tools_result_follows_as_the_users(api: Client, providers: Providers) -> None:
    use = {"type": "tool_use", "id": "call_1", "name": "now", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": [ASK, document(BASE64, title="r.pdf")]}
    messages = [
        {"role": "user", "content": "Read."},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    tools = [{"name": "now", "input_schema": {"type": "object"}}]
    providers.openai.script.append(calling(("call_2", "now", "{}")))
    answer = post(api, "anthropic_messages", {"max_tokens": 64, "messages": messages, "tools": tools})
    assert answer.json["agentos"]["notes"] == ["messages[2].content[0].content has files, which follow as the user's"]
    *_, told, said = providers.openai.requests[0]["messages"]
    assert (told["role"], told["content"], said["content"][0]["type"]) == ("tool", ASK["text"], "file")


CHAT_MISTAKES = [
    ({"type": "file"}, "messages[0].content[1]"),
    ({"type": "file", "file": "x"}, "messages[0].content[1].file"),
    ({"type": "file", "file": {}}, "messages[0].content[1].file"),
    ({"type": "file", "file": {"file_data": "é"}}, "messages[0].content[1].file.file_data"),
    ({"type": "file", "file": {"file_data": "data:text/plain,x"}}, "messages[0].content[1].file.file_data"),
    ({"type": "file", "file": {"file_data": ["x"]}}, "messages[0].content[1].file.file_data"),
    ({"type": "file", "file": {"file_url": "ftp://x"}}, "messages[0].content[1].file.file_url"),
    ({"type": "file", "file": {"file_data": DATA, "file_url": ADDRESS}}, "messages[0].content[1].file"),
    ({"type": "file", "file": {"file_data": DATA, "filename": "x" * 300}}, "messages[0].content[1].file.filename"),
    ({"type": "input_audio", "input_audio": None}, "messages[0].content[1].input_audio"),
    ({"type": "input_audio", "input_audio": {"data": "!", "format": "wav"}},
     "messages[0].content[1].input_audio.data"),
    ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mid"}},
     "messages[0].content[1].input_audio.format"),
    ({"type": "input_audio", "input_audio": {"format": "wav"}}, "messages[0].content[1].input_audio.data"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "param"), CHAT_MISTAKES)
def test_a_mistake_is_named(api: Client, providers: Providers, part: Any, param: str) -> None:
    answer = post(api, *in_chat(part))
    assert (answer.status, answer.json["error"]["param"]) == (400, param), answer.text
    assert providers.openai.requests == []


@pytest.mark.parametrize("asked", [
    in_responses({"type": "input_file"}),
    in_responses({"type": "input_file", "file_data": 5}),
    in_responses({"type": "input_audio"}),
    in_messages(document(None)),
    in_messages(document({"type": "base64", "media_type": "application/pdf"})),
    in_messages(document({"type": "base64", "media_type": "x", "data": PDF})),
    in_messages(document({"type": "url", "url": "file:///etc/passwd"})),
])  # fmt: skip
def test_mistakes_at_other_doors_are_a_400(api: Client, providers: Providers, asked: Any) -> None:
    answer = post(api, *asked)
    assert answer.status == 400
    assert answer.json["error"].get("code", "invalid_request") == "invalid_request"


@pytest.mark.parametrize("asked", [
    in_chat({"type": "file", "file": {"file_id": "file-1"}}),
    in_responses({"type": "input_file", "file_id": "file-1"}),
    in_responses({"type": "input_image", "file_id": "file-1"}),
    in_messages(document({"type": "file", "file_id": "file-1"})),
    in_messages({"type": "image", "source": {"type": "file", "file_id": "file-1"}}),
])  # fmt: skip
def test_a_file_that_a_vendor_keeps_is_refused_in_clear_words(api: Client, providers: Providers, asked: Any) -> None:
    answer = post(api, *asked)
    assert answer.status == 400
    assert "files are not kept here" in answer.json["error"]["message"]


@pytest.mark.parametrize("content", [
    [{"type": "file"}], [{"type": "file", "file": {}}], [{"type": "file", "file": {"file_id": "x"}}],
    [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}], [{"type": "video"}],
])  # fmt: skip
def test_a_session_names_mistakes_as_well(api: Client, providers: Providers, content: Any) -> None:
    agent_id = api.agent(model=OPENAI)
    reply = api.say(agent_id, api.session(agent_id), content)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")
    assert reply.json["details"]["errors"][0]["field"].startswith("content[0]")
