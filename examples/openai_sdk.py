"""The OpenAI SDK: only the base URL changes, and `model` may be a list of models to try in order.

pip install openai
python examples/openai_sdk.py
"""

import os

from openai import OpenAI

URL = os.environ.get("AGENTOS_URL", "http://localhost:8080")
MODELS = "openai:gpt-4o-mini, gemini:flash-1.5, local:smollm2"


def main() -> None:
    client = OpenAI(base_url=f"{URL}/v1", api_key="any")  # the key is not checked
    stream = client.chat.completions.create(
        model=os.environ.get("AGENTOS_MODEL", MODELS),
        messages=[{"role": "user", "content": "Which is the largest planet?"}],
        stream=True,
    )
    route = None
    for chunk in stream:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
        route = (chunk.model_extra or {}).get("agentos", {}).get("route") or route
    print()
    if route:  # the last chunk carries it, beside OpenAI's own fields
        print(f"served by {route['served']} after {len(route['attempts'])} attempt(s)")
        for skipped in route["skipped"]:
            print(f"  skipped {skipped['model']}: {skipped['reason']}")


if __name__ == "__main__":
    main()
