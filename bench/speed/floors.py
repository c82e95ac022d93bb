"""The least that a call can cost: bare loops of HTTP libraries on the same stub, with the same request and answer."""

import http.client
import json
from collections.abc import Callable

QUESTION = "Which of the three suppliers should we ask first, and what should the letter say? Two sentences are enough."
BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": QUESTION}]}
HEADERS = {"content-type": "application/json", "accept": "application/json", "authorization": "Bearer bench"}
PATH = "/ok/v1/chat/completions"

Call = Callable[[], object]


def calls(port: int) -> dict[str, Call]:
    """Each library's loop over a kept connection: send, read, parse."""
    return {
        "http.client": _http_client(port),
        "urllib3": _urllib3(port),
        "httpx": _httpx(port),
    }


def streams(port: int) -> dict[str, Call]:
    """httpx's loop over the lines of a stream, with the JSON of each event parsed."""
    import httpx

    client, sent = httpx.Client(timeout=None), json.dumps({**BODY, "stream": True})
    url = f"http://127.0.0.1:{port}{PATH}"

    def stream() -> str:
        text = ""
        with client.stream("POST", url, content=sent, headers=HEADERS) as response:
            for line in response.iter_lines():
                if line.startswith("data: {"):
                    for choice in json.loads(line[6:])["choices"]:
                        text += choice["delta"]["content"]
        return text

    return {"httpx, streamed": stream}


def _http_client(port: int) -> Call:
    connection, body = http.client.HTTPConnection("127.0.0.1", port), json.dumps(BODY)

    def call() -> object:
        connection.request("POST", PATH, body, HEADERS)
        return json.loads(connection.getresponse().read())

    return call


def _urllib3(port: int) -> Call:
    import urllib3

    pool, body = urllib3.HTTPConnectionPool("127.0.0.1", port), json.dumps(BODY)
    return lambda: json.loads(pool.urlopen("POST", PATH, body, HEADERS, retries=False).data)


def _httpx(port: int) -> Call:
    import httpx

    client, body = httpx.Client(), json.dumps(BODY)
    url = f"http://127.0.0.1:{port}{PATH}"
    return lambda: client.post(url, content=body, headers=HEADERS).json()
