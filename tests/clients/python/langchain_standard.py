"""LangChain's standard tests of chat models, against BASE_URL. pytest runs them in the clients' environment."""

import os
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

KIND, MODEL, URL, KEY = (os.environ[name] for name in ("KIND", "MODEL", "BASE_URL", "KEY"))


class TestStandard(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatAnthropic if KIND == "messages" else ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        given = {"model": MODEL, "base_url": URL, "api_key": KEY, "max_retries": 0}
        return (
            given if KIND == "messages" else {**given, "use_responses_api": KIND == "responses", "stream_usage": True}
        )

    @property
    def supports_json_mode(self) -> bool:
        return KIND != "messages"
