"""POST /v1/chat/completions"""

from agentos.chat import refuse_key
from agentos.endpoint import Answer, Call, endpoint
from agentos.openai_api import ChatRequest, completion, envelope
from agentos.reply import headers_of
from agentos.streaming.chat import ChatStream
from agentos.wiring import chat, simulator


@endpoint(body=ChatRequest, envelope=envelope)
def handler(request: ChatRequest, call: Call) -> Answer | ChatStream:
    refuse_key(call.headers.get("idempotency-key"))
    asked = call.tenant, request, call.deadline, simulator().read(call.headers)
    if request.stream:
        return ChatStream(lambda audience: chat().complete(*asked, audience), request.stream_options)
    reply = chat().complete(*asked)
    return Answer(completion(reply), headers_of(reply))
