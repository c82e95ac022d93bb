"""How `endpoint` reads API Gateway events and turns a handler's results and errors into responses."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from agentos.api.endpoint import Response, endpoint
from agentos.api.request import MAX_BODY_BYTES, Request
from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.kernel.errors import NotFound
from agentos.kernel.logs import hide_secrets
from agentos.kernel.values import Value
from tests.support.access import open_to_all
from tests.support.gateway import Context, StreamingContext, event
from tests.support.logs import captured

LAMBDA_ID = "11111111-2222-3333-4444-555555555555"


class Letter(Value):
    some_text: str = ""


@endpoint(open_to_all, "any", body=Letter, status=201)
def letterbox(request: Letter, call: Request) -> Letter:
    return request


@endpoint(open_to_all, "any")
def caller(call: Request) -> Value:
    return Letter(some_text=json.dumps([call.tenant, dict(call.path), dict(call.query), dict(call.headers)]))


@endpoint(open_to_all, "any", status=204)
def nothing(call: Request) -> None:
    return None


@endpoint(open_to_all, "any")
def with_headers(call: Request) -> Response:
    return Response(Letter(some_text="hi"), {"x-agentos-model": "a:b"})


@endpoint(open_to_all, "any")
def missing(call: Request) -> None:
    raise NotFound("There is no such thing.", {"id": "7"}, {"retry-after": "3"})


class Song(StreamingResponse):
    """Streams to its end, or fails before or after the first piece."""

    def __init__(self, breaks: Exception | None, opened: bool) -> None:
        self._breaks, self._opened = breaks, opened

    def run(self, writer: ResponseWriter) -> None:
        self._writer = writer
        if self._opened:
            writer.open({"x-singer": "ann"})
            writer.write("la ")
        if self._breaks:
            raise self._breaks
        writer.write("lö")

    def fail(self, error: Mapping[str, Any]) -> None:
        self._writer.write(f"broken: {error['code']} {error['message']} {error['requestId']}")


@endpoint(open_to_all, "any")
def broken(call: Request) -> None:
    raise RuntimeError("the password is swordfish-0123456789")


def ask(handler: Any, an_event: dict[str, Any]) -> tuple[int, dict[str, str], str]:
    response = handler(an_event, Context(aws_request_id=LAMBDA_ID))
    assert set(response) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert response["isBase64Encoded"] is False
    return response["statusCode"], response["headers"], response["body"]


def seen(an_event: dict[str, Any]) -> list[Any]:
    """Tenant, path, query and headers as a handler sees them."""
    status, _, text = ask(caller, an_event)
    assert status == 200
    found: list[Any] = json.loads(json.loads(text)["someText"])
    return found


def test_a_result_goes_out_as_camel_case_json_with_the_declared_status() -> None:
    status, headers, text = ask(letterbox, event({"someText": "grüß 日本"}))
    assert status == 201
    assert headers["content-type"] == "application/json"
    assert text == '{"someText":"grüß 日本"}'


def test_a_result_may_bring_headers_of_its_own() -> None:
    _, headers, _ = ask(with_headers, event())
    assert headers["x-agentos-model"] == "a:b"
    assert headers["content-type"] == "application/json"


def test_no_content_has_an_empty_body() -> None:
    status, headers, text = ask(nothing, event())
    assert (status, text) == (204, "")
    assert headers["x-request-id"] == "gateway-id"


def test_an_error_goes_out_in_the_envelope_with_its_headers() -> None:
    status, headers, text = ask(missing, event(headers={"X-Request-Id": "mine"}))
    assert status == 404
    assert headers["retry-after"] == "3"
    assert json.loads(text) == {
        "code": "not_found",
        "message": "There is no such thing.",
        "details": {"id": "7"},
        "requestId": "mine",
    }


def sung(breaks: Exception | None = None, *, opened: bool = True, context: Context | None = None) -> dict[str, Any]:
    @endpoint(open_to_all, "any")
    def sing(call: Request) -> Song:
        return Song(breaks, opened)

    return sing(event(), context or Context())


def test_a_stream_goes_out_at_once_where_it_can() -> None:
    context = StreamingContext()
    sung(context=context)
    assert context.pieces == [b"la ", "lö".encode()]
    assert context.head
    assert context.head["statusCode"] == 200
    assert context.head["headers"]["content-type"] == "text/event-stream"
    assert context.head["headers"]["x-request-id"] == "gateway-id"
    assert context.head["headers"]["x-singer"] == "ann"


def test_a_stream_is_one_answer_where_it_cannot() -> None:
    context = StreamingContext()
    sung(context=context)
    assert sung() == {**(context.head or {}), "body": "la lö", "isBase64Encoded": False}


def test_an_error_in_a_stream_is_its_last_piece() -> None:
    assert sung(NotFound("Gone."))["body"] == "la broken: not_found Gone. gateway-id"
    with captured() as log:
        assert (
            sung(ValueError("swordfish"))["body"] == "la broken: internal Something went wrong on our side. gateway-id"
        )
    assert "swordfish" in log.getvalue()


def test_an_error_before_a_stream_is_a_plain_response() -> None:
    response = sung(NotFound("Gone."), opened=False)
    assert (response["statusCode"], json.loads(response["body"])["code"]) == (404, "not_found")
    with captured():
        assert sung(ValueError("x"), opened=False)["statusCode"] == 500


def test_an_unexpected_error_is_a_500_without_details_and_a_log_line_without_secrets() -> None:
    hide_secrets("swordfish-0123456789")
    with captured() as log:
        status, headers, text = ask(broken, event(headers={"x-request-id": "find-me"}))

    assert (status, json.loads(text)["code"]) == (500, "internal")
    assert json.loads(text)["requestId"] == headers["x-request-id"] == "find-me"
    assert "swordfish" not in text
    assert "RuntimeError" not in text
    (line,) = log.lines
    assert "RuntimeError" in line["exception"]
    assert line["request_id"] == "find-me"
    assert "swordfish" not in log.getvalue()


def test_an_event_that_is_not_api_gateways_is_a_400_and_no_crash() -> None:
    with captured():
        assert ask(nothing, {})[0] == 400


@pytest.mark.parametrize("name", ["x-request-id", "X-Request-Id", "X-REQUEST-ID"])
def test_the_clients_request_id_is_echoed(name: str) -> None:
    assert ask(nothing, event(headers={name: "abc-123"}))[1]["x-request-id"] == "abc-123"


@pytest.mark.parametrize("value", ["", " ", "two words", "a\r\nset-cookie: x=1", "ümlaut", "x" * 129, "\x00", "a\n"])
def test_an_unfit_request_id_is_replaced(value: str) -> None:
    assert ask(nothing, event(headers={"x-request-id": value}))[1]["x-request-id"] == "gateway-id"


def test_without_api_gateways_id_lambdas_own_is_used() -> None:
    bare = event()
    bare["requestContext"] = {}
    assert ask(nothing, bare)[1]["x-request-id"] == LAMBDA_ID


def test_the_tenant_comes_from_the_authorizer_alone() -> None:
    claims = {"x-tenant": "evil", "tenant": "evil", "x-agentos-tenant": "evil"}
    assert seen(event(tenant="acme"))[0] == "acme"
    assert seen(event())[0] == "default"

    forged = event({"tenant": "evil"}, {"tenant": "evil"}, {"tenant": "evil"}, claims)
    assert seen(forged)[0] == "default"
    forged["requestContext"]["tenant"] = "evil"
    assert seen(forged)[0] == "default"
    forged["requestContext"]["authorizer"] = {"tenant": "acme"}
    assert seen(forged)[0] == "acme"


@pytest.mark.parametrize("authorizer", [None, {}, {"tenant": None}, {"tenant": ""}, {"principalId": "me"}])
def test_without_a_verified_tenant_it_is_the_default_one(authorizer: Any) -> None:
    bare = event()
    bare["requestContext"]["authorizer"] = authorizer
    assert seen(bare)[0] == "default"


@pytest.mark.parametrize("tenant", ["a#b", "Acme", " acme", "a" * 64, 7, ["acme"], {"a": "b"}])
def test_a_tenant_that_is_no_name_is_refused(tenant: Any) -> None:
    """A part of a key that could pass for another tenant's key must not come in."""
    odd = event()
    odd["requestContext"]["authorizer"] = {"tenant": tenant}
    assert ask(caller, odd)[0] == 400


def test_header_names_are_case_insensitive() -> None:
    assert seen(event(headers={"X-Some-Thing": "A"}))[3] == {"x-some-thing": "A"}


def test_what_api_gateway_sends_as_null_is_empty() -> None:
    bare = event()
    bare.update(headers=None, pathParameters=None, queryStringParameters=None, body=None)
    assert seen(bare) == ["default", {}, {}, {}]
    assert ask(letterbox, bare)[0] == 201


@pytest.mark.parametrize("body", [None, ""])
def test_an_absent_body_counts_as_an_empty_object(body: Any) -> None:
    assert ask(letterbox, event(body))[2] == '{"someText":""}'


def encoded(raw: bytes | str) -> dict[str, Any]:
    text = base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw
    return {**event(text), "isBase64Encoded": True}


def test_a_base64_body_is_decoded() -> None:
    assert ask(letterbox, encoded('{"someText":"日本"}'.encode()))[2] == '{"someText":"日本"}'


@pytest.mark.parametrize(
    "bad",
    [
        encoded("not base64!"),
        encoded("e30"),  # no padding
        encoded(b"\xff\xfe"),
        encoded(b"\x1f\x8b\x08\x00"),  # gzip
        event('{"someText":'),
        event("NaN"),
        event("[]"),
        event('"text"'),
        event('{"someText":"\ud800"}'),
        event('{"someText":"\\ud800"}'),
        event("[" * 100_000),
        event(" "),
    ],
)
def test_a_body_that_is_no_json_object_is_a_400_with_the_place(bad: dict[str, Any]) -> None:
    status, _, text = ask(letterbox, bad)
    assert status == 400, text
    assert json.loads(text)["code"] == "invalid_request"
    assert json.loads(text)["details"]["errors"][0]["field"] in ("body", "someText")


def test_a_body_over_lambdas_bound_is_a_413_counted_in_bytes() -> None:
    frame = len('{"someText":""}')
    fits = '{"someText":"' + "x" * (MAX_BODY_BYTES - frame) + '"}'
    assert ask(letterbox, event(fits))[0] == 201

    too_many = '{"someText":"' + "日" * (MAX_BODY_BYTES // 3) + '"}'
    for large in (event(fits + " "), event(too_many), encoded((fits + " ").encode())):
        status, _, text = ask(letterbox, large)
        assert (status, json.loads(text)["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "", " ", "1.0", "1e2", "abc", "٣", "１０", "9" * 5000, "+5", "\n5"]
)
def test_an_absurd_limit_is_a_400(limit: str) -> None:
    @endpoint(open_to_all, "any")
    def paged(call: Request) -> None:
        call.page()

    status, _, text = ask(paged, event(query={"limit": limit}))
    assert status == 400
    assert json.loads(text)["details"]["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("order", ["", "ASC", "descending", "asc "])
def test_an_unknown_order_is_a_400(order: str) -> None:
    @endpoint(open_to_all, "any")
    def paged(call: Request) -> None:
        call.page()

    assert ask(paged, event(query={"order": order}))[0] == 400


def test_handlers_get_the_time_that_is_left() -> None:
    times: list[float] = []

    @endpoint(open_to_all, "any")
    def timed(call: Request) -> None:
        times.append(call.deadline.remaining())

    timed(event(), Context(seconds=1000))
    assert 900 < times[0] <= 1000
