"""POST /v1/responses/input_tokens"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_response_tokens import ResponseTokens, whole_prompt
from agentos.api.openai_responses_parameters import responses_error_envelope
from agentos.api.openai_responses_request import ResponsesRequest
from agentos.wiring import access_control, response_histories, token_counting


@endpoint(access_control, "chat", body=ResponsesRequest, envelope=responses_error_envelope)
def handler(body: ResponsesRequest, request: Request) -> ResponseTokens:
    asked, form = whole_prompt(body, request.tenant, response_histories)
    return ResponseTokens(counted=token_counting().count(request.caller, asked, request.deadline), notes=form.notes)
