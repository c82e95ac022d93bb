"""Errors as answers: which codes a status may have, what to do about each, and an example."""

from typing import Any

from agentos.api import anthropic_errors
from tools.contract import page
from tools.contract.operations import ANTHROPIC, DOOR, Operation
from tools.contract.schemas import component

Json = dict[str, Any]

REQUEST_ID = "8f14e45f-ceea-467f-a0e6-2b1d7c3b9a55"
WAIT = {409, 429, 502, 503}
"""The statuses that may have a `Retry-After`."""

GATEWAYS_OWN = {401, 403, 413, 415, 429, 500, 504}
"""What API Gateway may answer by itself, whose errors have one form on all routes."""

TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}

MESSAGES = {
    "invalid_request": "limit: must be a whole number from 1 to 100",
    "unsupported": "No target can do what the request needs.",
    "provider_rejected": "Every provider that was asked rejected the request.",
    "context_length_exceeded": "The conversation is longer than the context window of every target.",
    "previous_response_not_found": "There is no previous response 'resp_1'.",
    "unauthorized": "The request has no valid key. Send one as Authorization: Bearer <key> or as x-api-key.",
    "unpriced": "A budget in USD applies, and the price of no model that is left is known; see details.skipped.",
    "forbidden": "The key lacks the scope chat.",
    "not_found": "There is no such agent.",
    "session_busy": "Another message of this session is being answered.",
    "idempotency_in_flight": "The first request with this Idempotency-Key is still being answered.",
    "tool_results_pending": "The model waits for the results of tool calls.",
    "tool_call_not_open": "The tool call is unknown or has its result already.",
    "precondition_failed": "The agent has changed since.",
    "payload_too_large": "The body is larger than 6291456 bytes.",
    "unsupported_media_type": "The media type of the body is not supported.",
    "content_filtered": "The provider withheld the answer.",
    "idempotency_mismatch": "This Idempotency-Key was used with another body.",
    "budget_exceeded": "The budget tenant/acme has no room for this call.",
    "throttled": "Too many requests; try again shortly.",
    "internal": "Something went wrong on our side.",
    "upstream_failed": "Every target failed.",
    "no_provider_available": "No target could be tried.",
    "unavailable": "The table did not answer.",
    "deadline_exceeded": "Time ran out before every target was tried.",
}
"""An example of each code's message."""

DETAILS: dict[str, Json] = {
    "unpriced": {
        "attempts": [],
        "skipped": [
            {"model": "local:any", "reason": "unpriced: no price is known to hold it to the budget tenant/acme"}
        ],
    },
    "budget_exceeded": {
        "scope": "tenant/acme",
        "period": "day",
        "limitUsd": 10.0,
        "limitTokens": None,
        "spentUsd": 9.99,
        "spentTokens": 41200,
        "reservedUsd": 0.0,
        "reservedTokens": 0,
        "warnAt": 0.8,
        "allowUnpriced": False,
        "resetsAt": "2026-11-28T00:00:00.000Z",
        "attempts": [],
        "skipped": [
            {"model": "openai:gpt-4o-mini", "reason": "over_budget: the budget tenant/acme has no room for its call"}
        ],
    },
    "invalid_request": {"errors": [{"field": "limit", "message": "must be a whole number from 1 to 100"}]},
    "no_provider_available": {
        "attempts": [],
        "skipped": [{"model": "openai:gpt-4o-mini", "reason": "not_configured: OPENAI_API_KEY is not set"}],
    },
    "forbidden": {"scope": "chat"},
    "tool_results_pending": {"toolCallIds": ["call_1"]},
}


def answers(operation: Operation) -> dict[int, Json]:
    """The error responses of a route by status. What many routes answer is a reference."""
    by_status: dict[int, list[str]] = {}
    for code in operation.all_codes:
        by_status.setdefault(page.codes()[code][0], []).append(code)
    return {status: _answer(operation, status, sorted(codes)) for status, codes in sorted(by_status.items())}


def shared() -> dict[str, Json]:
    """The responses that `answers` refers to."""
    codes = {code: status for code, (status, _) in page.codes().items()}
    return {
        f"{prefix}{_words(code)}": _response(status, [code], forms)
        for prefix, forms in FORMS.items()
        for code, status in codes.items()
    }


FORMS: dict[str, tuple[str, ...]] = {
    "": ("own",),
    "Door": ("openai",),
    "Anthropic": ("anthropic",),
    "Either": ("openai", "anthropic"),
}
"""The forms in which a route's errors come, by what the names of its responses begin with."""


def _prefix(operation: Operation) -> str:
    if operation.by_version:
        return "Either"
    return {DOOR: "Door", ANTHROPIC: "Anthropic"}.get(operation.tag, "")


def _answer(operation: Operation, status: int, codes: list[str]) -> Json:
    prefix = _prefix(operation)
    if len(codes) == 1 and not operation.answer_headers:
        return {"$ref": f"#/components/responses/{prefix}{_words(codes[0])}"}
    return _response(status, codes, FORMS[prefix], counted="x-agentos-attempts" in operation.answer_headers)


def _response(status: int, codes: list[str], forms: tuple[str, ...], *, counted: bool = False) -> Json:
    names = ["x-request-id", *(["retry-after"] if status in WAIT else []), *(["x-agentos-attempts"] if counted else [])]
    names += ["www-authenticate"] if status == 401 else []
    names += ["request-id"] if "anthropic" in forms else []
    return {
        "description": "\n".join(f"- `{code}`: {page.codes()[code][1]}" for code in codes),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            "application/json": {
                "schema": _schema(status, codes, forms),
                "examples": {code: {"value": _example(status, code, forms[0])} for code in codes},
            }
        },
    }


def _schema(status: int, codes: list[str], forms: tuple[str, ...]) -> Json:
    known = {"enum": codes}
    schemas: dict[str, Json] = {
        "own": {**component("Error"), "properties": {"code": known}},
        "openai": {**component("DoorError"), "properties": {"error": {"properties": {"code": known}}}},
        "anthropic": {**component("AnthropicError"), "properties": {"agentos": {"properties": {"code": known}}}},
    }
    found = [schemas[form] for form in forms]
    if forms != ("own",) and status in GATEWAYS_OWN:
        found.append(schemas["own"])
    return found[0] if len(found) == 1 else {"anyOf": found}


def _example(status: int, code: str, form: str) -> Json:
    message, details = MESSAGES[code], DETAILS.get(code, {})
    if form == "own":
        return {"code": code, "message": message, "details": details, "requestId": REQUEST_ID}
    if form == "anthropic":
        kind = anthropic_errors.TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        extra = {"code": code, "details": details}
        return {
            "type": "error",
            "error": {"type": kind, "message": message},
            "request_id": REQUEST_ID,
            "agentos": extra,
        }
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    field = details["errors"][0]["field"] if "errors" in details else None
    fault = {"message": message, "type": kind, "param": field, "code": code}
    return {"error": fault, "agentos": {"details": details, "requestId": REQUEST_ID}}


def _words(code: str) -> str:
    return "".join(word.title() for word in code.split("_"))
