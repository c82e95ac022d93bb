"""The handlers as they run when they are warm, and the routing layer under them."""

import os
from collections.abc import Callable
from typing import Any

from bench.speed.canned_dynamodb import LOST
from tests.support.gateway import Context, StreamingContext, event, handler

QUESTION = "Which of the three suppliers should we ask first, and what should the letter say? Two sentences are enough."
PRIMARY, FALLBACK = "openai:gpt-4o-mini", "groq:llama3-70b"


def environment(port: int, primary: str = "ok") -> dict[str, str]:
    """The environment of functions whose providers and table are the stub. `primary`: how the first one behaves."""
    stub = f"http://127.0.0.1:{port}"
    return {
        "AUTH_MODE": "none",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_DYNAMODB": stub,
        "TABLE_NAME": "bench",
        "OPENAI_API_KEY": "bench",
        "OPENAI_ENDPOINT": f"{stub}/{primary}/v1",
        "GROQ_API_KEY": "bench",
        "GROQ_ENDPOINT": f"{stub}/ok/v1",
        "POWERTOOLS_SERVICE_NAME": "agentos",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }


def use(variables: dict[str, str]) -> None:
    os.environ.update(variables)


def checked(folder: str, body: Any, **path: str) -> Any:
    """The JSON of a handler's answer. Raises AssertionError for any but a success."""
    import json

    answer = handler(folder)(event(body, path or None, resource=f"/{folder}"), Context())
    assert answer["statusCode"] < 300, answer["body"]
    return json.loads(answer["body"])


def stored_message(stream: bool = False, user: str = "bench") -> Callable[[], Any]:
    """A message of a session. The turns before it were answered by this process, unless the user is `LOST`."""
    agent = checked("create_agent", {"name": "bench", "model": PRIMARY, "config": {"fallbackModel": FALLBACK}})
    session = checked("create_session", {"userId": user}, agentId=agent["agentId"])
    path = {"agentId": agent["agentId"], "sessionId": session["sessionId"]}
    query = {"stream": "true"} if stream else None
    sent = event({"content": QUESTION}, path, query, resource="/send_message")
    return _call("send_message", sent, stream)


def message_after_another_process() -> Callable[[], Any]:
    """A message of a session of which this process knows no message, so that its history is read."""
    return stored_message(user=LOST)


def chat_completion(stream: bool = False) -> Callable[[], Any]:
    """An OpenAI client's request, of which the usage is recorded and nothing else is stored."""
    body = {"model": f"{PRIMARY},{FALLBACK}", "messages": [{"role": "user", "content": QUESTION}], "stream": stream}
    return _call("chat_completions", event(body, resource="/chat_completions"), stream)


def _call(folder: str, sent: Any, stream: bool) -> Callable[[], Any]:
    run = handler(folder)

    def call() -> Any:
        context = StreamingContext() if stream else Context()
        answer = run(sent, context)
        if isinstance(context, StreamingContext):
            return context
        assert answer["statusCode"] == 200, answer["body"]
        return answer

    return call


def routed_call() -> Callable[[], Any]:
    """From a neutral request to the reply: plan, fit, encode, call, decode, price. No store is asked."""
    from agentos import wiring
    from agentos.domain import Message
    from agentos.domain.callers import Caller
    from agentos.domain.requests import CompletionRequest
    from agentos.kernel.clock import Deadline
    from agentos.services.replies import make_reply

    asked = (Message(role="user", content=QUESTION),)
    request = CompletionRequest(door="bench", model=f"{PRIMARY},{FALLBACK}", messages=asked)
    caller, clock = Caller("default"), wiring.clock()
    preparation, executor = wiring.preparation(), wiring.executor()
    agent = wiring.door_agents().of(caller, request)

    def call() -> Any:
        prompt, plan = preparation.of_request(caller, agent, request)
        outcome = executor.run(plan, prompt, Deadline.after(30, clock))
        return make_reply(plan, outcome, "msg_bench", clock.monotonic(), clock)

    return call
