"""POST /v1/chat/completions"""

from agentos.chat import refuse_key
from agentos.endpoint import Answer, Call, Text, endpoint
from agentos.openai_api import ChatRequest, StreamOptions, completion, envelope, events
from agentos.reply import headers_of
from agentos.simulation import HEADER
from agentos.wiring import chat, simulator


@endpoint(body=ChatRequest, envelope=envelope)
def handler(request: ChatRequest, call: Call) -> Answer | Text:
    refuse_key(call.headers.get("idempotency-key"))
    reply = chat().complete(call.tenant, request, call.deadline, simulator().read(call.headers.get(HEADER)))
    headers = headers_of(reply)
    if request.stream:
        return Text(events(reply, request.stream_options or StreamOptions()), "text/event-stream", headers)
    return Answer(completion(reply), headers)
