"""LangChain's standard tests of chat models, at each of SIDES. pytest runs them in the clients' environment."""

import json
import os
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

KIND, SIDES = os.environ["KIND"], json.loads(os.environ["SIDES"])
"""SIDES are the arguments of a model by the name of a side. One process for all: LangChain takes seconds to import."""


def standard_tests(given: dict[str, str]) -> type[ChatModelIntegrationTests]:
    class Standard(ChatModelIntegrationTests):
        @property
        def chat_model_class(self) -> type[BaseChatModel]:
            return ChatAnthropic if KIND == "messages" else ChatOpenAI

        @property
        def chat_model_params(self) -> dict[str, Any]:
            own = {} if KIND == "messages" else {"use_responses_api": KIND == "responses", "stream_usage": True}
            return {**given, "max_retries": 0, **own}

        @property
        def supports_json_mode(self) -> bool:
            return KIND != "messages"

    return Standard


globals().update({f"Test_{side}": standard_tests(given) for side, given in SIDES.items()})
