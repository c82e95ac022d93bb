"""POST /v1/embeddings"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_embeddings import EmbeddingsRequest, embeddings
from agentos.api.openai_errors import error_envelope
from agentos.api.route_headers import headers_of
from agentos.wiring import access_control, embedding_completions, simulator


@endpoint(access_control, "chat", body=EmbeddingsRequest, envelope=error_envelope)
def handler(body: EmbeddingsRequest, request: Request) -> Response:
    asked, form = body.neutral()
    call = request.caller, asked, request.deadline, simulator().read(request.headers), request.idempotency_key()
    reply = embedding_completions().complete(*call)
    return Response(embeddings(reply, form), headers_of(reply))
