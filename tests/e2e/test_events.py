"""The local host's events and answers are API Gateway's."""

import base64
import json
from typing import Any

import pytest

from local.events import HttpRequest, MalformedResponse, match_path, to_event, to_response, to_response_head

RESOURCE = "/agents/{agentId}"


def event(
    *headers: tuple[str, str], method: str = "POST", path: str = "/agents/agent_1", query: str = "", body: bytes = b""
) -> dict[str, Any]:
    """The event of a request."""
    parameters = match_path(RESOURCE, path)
    assert parameters is not None
    return to_event(HttpRequest(method, path, query, list(headers), body), RESOURCE, parameters, "v1")


def test_absent_fields_are_null() -> None:
    bare = to_event(HttpRequest("GET", "/agents", "", [], b""), "/agents", {}, "v1")
    absent = ("body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables")
    assert [bare[name] for name in absent] == [None] * 5
    assert bare["isBase64Encoded"] is False
    json.dumps(bare)


def test_repeated_query_keys() -> None:
    given = event(query="tag=a&tag=b&empty=&bare&space=a+b&percent=%2B%C3%A9")
    assert given["queryStringParameters"] == {"tag": "b", "empty": "", "bare": "", "space": "a b", "percent": "+é"}
    assert given["multiValueQueryStringParameters"]["tag"] == ["a", "b"]


def test_path_stays_encoded_and_parameters_are_decoded() -> None:
    given = event(path="/agents/a%2Fb%20%C3%A9+c")
    assert given["path"] == given["requestContext"]["path"] == "/agents/a%2Fb%20%C3%A9+c"
    assert given["pathParameters"] == {"agentId": "a/b é+c"}
    assert given["resource"] == given["requestContext"]["resourcePath"] == RESOURCE


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/agents/a", {"agentId": "a"}),
        ("/agents/a/", {"agentId": "a"}),
        ("/agents/%", {"agentId": "%"}),
        ("/agents/{agentId}", {"agentId": "{agentId}"}),
        ("/agents", None),
        ("/agents/", None),
        ("/agents//", None),
        ("/agents/a//", None),
        ("/agents/a/b", None),
        ("/Agents/a", None),
        ("//agents/a", None),
    ],
)
def test_paths_match_routes(path: str, parameters: dict[str, str] | None) -> None:
    assert match_path(RESOURCE, path) == parameters


def test_repeated_headers() -> None:
    given = event(("accept", "text/html"), ("accept", "*/*"), ("x-request-id", "mine"))
    assert given["headers"]["Accept"] == "*/*"
    assert given["multiValueHeaders"]["Accept"] == ["text/html", "*/*"]
    assert given["headers"]["X-Request-Id"] == "mine"


def test_forwarding_headers() -> None:
    given = event(("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "gopher"))["headers"]
    assert given["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
    assert (given["X-Forwarded-Proto"], given["X-Forwarded-Port"]) == ("http", "8080")
    assert given["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_bodies() -> None:
    assert event(body='{"ü": "😀"}'.encode())["body"] == '{"ü": "😀"}'
    binary = event(body=b"\xff\x00")
    assert (binary["body"], binary["isBase64Encoded"]) == (base64.b64encode(b"\xff\x00").decode(), True)


def test_request_context() -> None:
    context = event(("host", "localhost:8080"), ("user-agent", "curl/8"), method="PATCH")["requestContext"]
    assert (context["httpMethod"], context["stage"], context["domainName"]) == ("PATCH", "v1", "localhost:8080")
    assert (context["identity"]["sourceIp"], context["identity"]["userAgent"]) == ("127.0.0.1", "curl/8")
    assert context["requestId"] != event()["requestContext"]["requestId"]
    assert abs(context["requestTimeEpoch"] - event()["requestContext"]["requestTimeEpoch"]) < 60_000


def test_same_event_as_sam_locals() -> None:
    """But for what is random, and for what it simplifies where API Gateway tells more."""
    from flask import Flask
    from flask import request as flask_request
    from samcli.local.apigw.event_constructor import construct_v1_event

    headers = [("host", "localhost:8080"), ("content-type", "application/json"), ("x-thing", "a")]
    ours = event(*headers, query="tag=a&tag=b&x=%C3%A9", body=b'{"a": 1}')
    app = Flask(__name__)
    app.add_url_rule("/agents/<agentId>", endpoint="/agents/<agentId>", methods=["POST"])
    url = "http://localhost:8080/agents/agent_1?tag=a&tag=b&x=%C3%A9"
    with app.test_request_context(url, method="POST", headers=headers, data=b'{"a": 1}'):
        sams = construct_v1_event(flask_request, 8080, [], stage_name="v1")
    assert sams.pop("version", "1.0") == "1.0"
    theirs, context = sams.pop("requestContext"), ours.pop("requestContext")
    assert set(theirs) == set(context)
    assert set(theirs["identity"]) <= set(context["identity"])
    same = ("accountId", "domainName", "httpMethod", "resourcePath", "stage", "protocol")
    assert {name: theirs[name] for name in same} == {name: context[name] for name in same}
    for name in ("headers", "multiValueHeaders"):
        known, given = sams.pop(name), ours.pop(name)
        known.pop("Content-Length")  # of Flask's own making
        assert known == {key: given[key] for key in known}
        assert set(given) - set(known) == {"X-Amzn-Trace-Id", "X-Forwarded-For"}
    assert ours == sams


def test_answer_headers_are_merged() -> None:
    answer = to_response(
        {
            "statusCode": "201",
            "headers": {"X-One": 1, "X-Both": "lost", "X-Flag": True},
            "multiValueHeaders": {"x-both": ["a", "b"]},
            "body": "é",
        }
    )
    assert (answer.status, answer.body) == (201, "é".encode())
    assert answer.headers == [
        ("content-type", "application/json"),
        ("x-one", "1"),
        ("x-both", "a"),
        ("x-both", "b"),
        ("x-flag", "true"),
    ]


def test_the_head_of_a_stream_is_that_of_an_answer() -> None:
    head = {"statusCode": 201, "headers": {"X-One": 1}, "multiValueHeaders": {"x-both": ["a", "b"]}}
    assert to_response_head(head) == to_response(head)
    for part in ({"body": ""}, {"isBase64Encoded": False}):
        with pytest.raises(MalformedResponse):
            to_response_head(head | part)


def test_answer_bodies() -> None:
    assert to_response({"statusCode": 204}).body == b""
    assert to_response({"statusCode": 200, "body": "/wA=", "isBase64Encoded": True}).body == b"\xff\x00"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {},
        {"status": 200},
        {"statusCode": 200, "extra": 1},
        {"statusCode": "OK"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": None}},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "headers": {"a": "é"}},
        {"statusCode": 200, "headers": {"é": "a"}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "multiValueHeaders": {"": ["a"]}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
    ],
)
def test_malformed_answers(answer: Any) -> None:
    with pytest.raises(MalformedResponse):
        to_response(answer)
