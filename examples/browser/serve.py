"""Serves the page beside it, and passes what the page calls on to the API.

    python examples/browser/serve.py   # then open http://localhost:8090

A browser lets a page call only the server that it came from, unless another one allows it (CORS). So this server hands
out the page and forwards `/agents` to the API, each piece of a stream as it arrives.
"""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

URL = os.environ.get("AGENTOS_URL", "http://localhost:8080")
PAGE = Path(__file__).with_name("index.html")
PASSED_ON = ("content-type", "accept", "idempotency-key", "last-event-id")


async def page(_: Request) -> Response:
    return FileResponse(PAGE)


async def forward(request: Request) -> Response:
    """The API's answer, piece by piece."""
    http: httpx.AsyncClient = request.app.state.http
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    url = httpx.URL(path=request.url.path, query=request.url.query.encode())
    call = http.build_request(request.method, url, headers=headers, content=await request.body())
    try:
        answer = await http.send(call, stream=True)
    except httpx.TransportError:
        return JSONResponse({"code": "unreachable", "message": f"No API answers at {URL}."}, 502)
    kind = {"content-type": answer.headers.get("content-type", "application/json")}
    return StreamingResponse(answer.aiter_bytes(), answer.status_code, kind, background=BackgroundTask(answer.aclose))


@asynccontextmanager
async def client(app: Starlette) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=URL, timeout=httpx.Timeout(310, connect=5)) as app.state.http:
        yield


APP = Starlette(
    routes=[
        Route("/", page),
        Route("/agents", forward, methods=["POST"]),
        Route("/agents/{_:path}", forward, methods=["POST"]),
    ],
    lifespan=client,
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8090)
    port = parser.parse_args().port
    print(f"http://localhost:{port} in front of {URL}", flush=True)
    uvicorn.run(APP, host="127.0.0.1", port=port, log_level="warning")
