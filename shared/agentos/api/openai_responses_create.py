"""`POST /v1/responses`: stored or not; whole, as a stream, or in the background."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentos.api.openai_response_tokens import whole_prompt
from agentos.api.openai_responses import Path, response_object
from agentos.api.openai_responses_request import ResponseForm, ResponsesRequest
from agentos.api.openai_responses_stored import read_object, stored_request
from agentos.api.openai_responses_stream import ResponseStream
from agentos.api.request import Request
from agentos.api.response import Response
from agentos.api.route_headers import headers_of
from agentos.domain import Reply
from agentos.domain.requests import CompletionRequest
from agentos.domain.response_ids import ResponseId, message_id_of
from agentos.kernel.errors import ErrorClass
from agentos.services.background_turns import BackgroundTurns
from agentos.services.completions import Completions
from agentos.services.response_histories import ResponseHistories
from agentos.services.response_turns import ResponseCall, ResponseTurns
from agentos.services.responses import Responses
from agentos.services.stream_listener import StreamListener

Listen = Callable[[Path | None], StreamListener]
Answer = Callable[[Listen | None], tuple[Path | None, Reply]]


@dataclass(frozen=True)
class ResponseDoor:
    """What answers a request, each built when it is needed: without a store, with one, and in the background.

    `keep_alive_seconds`: without an event, after which a stream gets a comment.
    """

    completions: Callable[[], Completions[CompletionRequest]]
    turns: Callable[[], ResponseTurns]
    background_turns: Callable[[], BackgroundTurns]
    responses: Callable[[], Responses]
    histories: Callable[[], ResponseHistories]
    keep_alive_seconds: Callable[[], float]

    def answer(
        self, body: ResponsesRequest, request: Request, simulated: Mapping[str, ErrorClass]
    ) -> Response | ResponseStream:
        """The response. `simulated`: providers that are to fail."""
        if body.later:
            return self._later(body, request, simulated)
        answer, form = (self._stored if body.stored else self._stateless)(body, request, simulated)
        if body.stream:
            return ResponseStream(lambda listen: answer(listen)[1], form, self.keep_alive_seconds())
        path, reply = answer(None)
        return Response(response_object(path, reply, form), headers_of(reply))

    def _stateless(
        self, body: ResponsesRequest, request: Request, simulated: Mapping[str, ErrorClass]
    ) -> tuple[Answer, ResponseForm]:
        asked, form = whole_prompt(body, request.tenant, self.histories)
        call = request.caller, asked, request.deadline, simulated, request.idempotency_key()
        return lambda listen: (None, self.completions().complete(*call, listen(None) if listen else None)), form

    def _stored(
        self, body: ResponsesRequest, request: Request, simulated: Mapping[str, ErrorClass]
    ) -> tuple[Answer, ResponseForm]:
        asked, form = stored_request(body, lambda ids: self.turns().referenced(request.tenant, ids))
        call = ResponseCall(request.caller, request.deadline, simulated, request.idempotency_key())
        return lambda listen: self.turns().send(call, asked, listen), form

    def _later(self, body: ResponsesRequest, request: Request, simulated: Mapping[str, ErrorClass]) -> Response:
        asked, _ = stored_request(body, lambda ids: self.turns().referenced(request.tenant, ids))
        call = ResponseCall(request.caller, request.deadline, simulated, request.idempotency_key())
        self.background_turns().require_queue()
        accepted = self.background_turns().accept(self.turns().later(call, asked), request.request_id)
        place = ResponseId(accepted.agent_id, accepted.session_id, message_id_of(accepted.turn_id))
        return Response(read_object(self.responses().get(request.tenant, place.text)), {})
