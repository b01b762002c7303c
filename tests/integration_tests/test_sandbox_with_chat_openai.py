"""LangChain's own test-suite, with a stock `ChatOpenAI` over the sandbox.

It shows that the sandbox is a faithful gateway: what fails here would fail for
every model that our tests build on it.
"""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_smartroute.sandbox import SandboxModel, SandboxServer

EVERYTHING = frozenset({"text", "image", "audio", "pdf"})
LONG_PROMPT = "The quick brown fox jumps over the lazy dog. " * 150


@pytest.fixture(scope="module")
def sandbox():
    models = [
        SandboxModel(name="one", inputs=EVERYTHING),
        SandboxModel(name="other", inputs=EVERYTHING),
        SandboxModel(name="thinker", inputs=EVERYTHING, reasoning=True),
    ]
    with SandboxServer(models=models) as server:
        yield server


# Warnings of the client's own, whatever the server: the openai SDK's on `parsed`,
# and ChatOpenAI's on files without a name and on pydantic v1.
@pytest.mark.filterwarnings(
    "ignore:Pydantic serializer warnings",
    "ignore:OpenAI may require a filename",
    "ignore:Received a Pydantic BaseModel V1 schema",
)
class TestChatOpenAIOverTheSandbox(ChatModelIntegrationTests):
    @pytest.fixture(autouse=True)
    def _over_the_sandbox(self, sandbox, served_media):
        type(self).base_url = sandbox.base_url

    @pytest.fixture
    def model(self, request, _over_the_sandbox):
        extra = getattr(request, "param", None) or {}
        return self.chat_model_class(
            **{**self.standard_chat_model_params, **self.chat_model_params, **extra}
        )

    @property
    def chat_model_class(self):
        return ChatOpenAI

    @property
    def chat_model_params(self):
        return self._params("one")

    def _params(self, name):
        return {
            "model": name,
            "base_url": self.base_url,
            "api_key": "none",
            "stream_usage": True,
            "max_retries": 0,
        }

    has_tool_choice = True
    supports_json_mode = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True
    supports_audio_inputs = True
    supports_anthropic_inputs = True
    model_override_value = "other"

    @property
    def supported_usage_metadata_details(self):
        details = ["reasoning_output", "cache_read_input"]
        return {"invoke": details, "stream": details}

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self._ask("thinker", "What is 2 + 3?", stream=stream)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        self._ask("one", LONG_PROMPT, stream=stream)
        answer = self._ask("one", LONG_PROMPT, stream=stream)
        assert answer.usage_metadata["input_token_details"]["cache_read"] >= 1024
        return answer

    def _ask(self, name, text, *, stream):
        model = ChatOpenAI(**self._params(name))
        if not stream:
            return model.invoke(text)
        full = AIMessageChunk("")
        for chunk in model.stream(text):
            full += chunk
        return full
