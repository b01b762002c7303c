"""What the router claims in LangChain's own integration tests, whatever it is made of."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

LONG_PROMPT = "The quick brown fox jumps over the lazy dog. " * 150
EVERYTHING = frozenset({"text", "image", "audio", "pdf"})

# Warnings of the client's own, whatever the server: the openai SDK's on `parsed`,
# ChatOpenAI's on files without a name and on pydantic v1. The streaming test times
# only recorded traffic; against a live server it just runs.
CLIENTS_WARNINGS = (
    "ignore:Pydantic serializer warnings",
    "ignore:OpenAI may require a filename",
    "ignore:Received a Pydantic BaseModel V1 schema",
    "ignore:Benchmark fixture was not used",
)


class RouterSuite(ChatModelIntegrationTests):
    """The suite over a sandbox; `catalog` names the models, `settings` the rest of the router."""

    catalog: dict

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _over_the_sandbox(cls):
        models = [
            SandboxModel(name=spec.model, inputs=EVERYTHING, reasoning=spec.reasoning)
            for spec in Catalog.load(cls.catalog).models.values()
        ]
        with SandboxServer(models=models) as server:
            cls.base_url = server.base_url
            yield

    @pytest.fixture(autouse=True)
    def _media(self, served_media):
        """Nothing is downloaded."""

    @pytest.fixture(scope="session")
    @classmethod
    def vcr_config(cls):
        # Nothing is recorded: the server is on this machine.
        return {"ignore_localhost": True}

    @pytest.fixture
    def model(self, request):
        extra = getattr(request, "param", None) or {}
        return self.chat_model_class(
            **{**self.standard_chat_model_params, **self.chat_model_params, **extra}
        )

    @property
    def chat_model_class(self):
        return SmartRouterRunnable

    @property
    def settings(self):
        return {}

    @property
    def chat_model_params(self):
        base = {"catalog": self.catalog, "base_url": self.base_url, "api_key": "none"}
        return {**base, **self.settings}

    has_tool_choice = True
    supports_json_mode = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True
    supports_audio_inputs = True
    supports_anthropic_inputs = True
    enable_vcr_tests = True
    model_override_value = "gpt-4o-mini"

    @property
    def supported_usage_metadata_details(self):
        details = ["reasoning_output", "cache_read_input"]
        return {"invoke": details, "stream": details}

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self._ask("deepseek-reasoner", "What is 2 + 3?", stream=stream)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        self._ask("gpt-4o", LONG_PROMPT, stream=stream)
        answer = self._ask("gpt-4o", LONG_PROMPT, stream=stream)
        assert answer.usage_metadata["input_token_details"]["cache_read"] >= 1024
        return answer

    def _ask(self, alias, text, *, stream):
        router = SmartRouterRunnable(**self.chat_model_params).with_route(model=alias)
        if not stream:
            return router.invoke(text)
        full = AIMessageChunk("")
        for chunk in router.stream(text):
            full += chunk
        return full
