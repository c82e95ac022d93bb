"""What the same call costs in other libraries. It runs in an environment of its own (requirements/bench.in).

    .venv/bench/bin/python -m bench.speed.peers <port>

Prints one line of JSON: milliseconds by name, round by round; versions; and for what could not be run, why.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from bench.speed import floors
from bench.speed.measuring import cpu

Call = Callable[[], object]
ROUNDS = 7


def litellm_router(base: str) -> Call:
    """A router over two deployments, with its retries and fallbacks as it comes."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the internet at its import
    import litellm

    litellm.telemetry = False
    models = [
        {"model_name": name, "litellm_params": {"model": "openai/gpt-4o-mini", "api_base": base, "api_key": "bench"}}
        for name in ("primary", "fallback")
    ]
    router = litellm.Router(model_list=models, fallbacks=[{"primary": ["fallback"]}])
    return lambda: router.completion(model="primary", messages=floors.BODY["messages"])


def langchain(base: str) -> Call:
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="gpt-4o-mini", base_url=base, api_key="bench", max_retries=0)  # type: ignore[arg-type]
    chain = model.with_fallbacks([model])
    return lambda: chain.invoke(floors.QUESTION)


def pydantic_ai(base: str) -> Call:
    from pydantic_ai import Agent
    from pydantic_ai.models.fallback import FallbackModel
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=base, api_key="bench"))
    agent = Agent(FallbackModel(model, model))
    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(agent.run(floors.QUESTION))


def openai_sdk(base: str) -> Call:
    import openai

    client = openai.OpenAI(base_url=base, api_key="bench", max_retries=0)
    return lambda: client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": floors.QUESTION}]
    )


def tensorzero(base: str) -> Call:
    """The gateway inside this process, with a configuration of one model."""
    import tempfile

    from tensorzero import TensorZeroGateway

    provider = f'type = "openai"\nmodel_name = "gpt-4o-mini"\napi_base = "{base}/"\napi_key_location = "none"\n'
    text = f'[models.bench]\nrouting = ["stub"]\n[models.bench.providers.stub]\n{provider}'
    with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
        file.write(text)
    gateway = TensorZeroGateway.build_embedded(config_file=file.name)
    asked: Any = {"messages": [{"role": "user", "content": floors.QUESTION}]}
    return lambda: gateway.inference(model_name="bench", input=asked)


PEERS: dict[str, tuple[str, Callable[[str], Call]]] = {
    "OpenAI's SDK": ("openai", openai_sdk),
    "LiteLLM Router": ("litellm", litellm_router),
    "LangChain": ("langchain-openai", langchain),
    "pydantic-ai": ("pydantic-ai-slim", pydantic_ai),
    "TensorZero, embedded": ("tensorzero", tensorzero),
}


def measure(port: int) -> dict[str, Any]:
    """What is printed."""
    calls: dict[str, Call] = {"httpx": floors.calls(port)["httpx"]}
    versions, failed = {}, {}
    for name, (package, build) in PEERS.items():
        try:
            call = build(f"http://127.0.0.1:{port}/ok/v1")
            call()
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"[:200]
            continue
        calls[name], versions[name] = call, version(package)
    return {"cpu": cpu(calls, rounds=ROUNDS), "versions": versions, "failed": failed}


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(measure(int(sys.argv[1]))), file=out, flush=True)
    os._exit(0)  # some leave threads behind that would keep the process
