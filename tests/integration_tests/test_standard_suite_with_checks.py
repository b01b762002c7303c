"""LangChain's own integration tests, with checks on, under both stream policies."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.execution.checks import default_checks
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

LONG_PROMPT = "The quick brown fox jumps over the lazy dog. " * 150
EVERYTHING = frozenset({"text", "image", "audio", "pdf"})

# The eight models of the default catalog read no audio and no PDF; two more do, so that
# there too somebody stronger could be asked.
CATALOG = {
    "extends": "default",
    "models": {
        alias: {
            "inputs": ["text", "image", "audio", "pdf"],
            "context_window": 200_000,
            "quality": dict.fromkeys(("general", "vision", "summarization"), prior),
        }
        for alias, prior in (("omni", 0.9), ("omni-large", 0.95))
    },
}


class Asked:
    """A check of one's own that accepts and counts how often it was asked."""

    __name__ = "asked"

    def __init__(self):
        self.times = 0

    def __call__(self, messages, answer):
        assert isinstance(answer, AIMessage)
        self.times += 1


async def accepts(messages, answer):
    """An asynchronous check that accepts."""


@pytest.fixture(scope="module")
def sandbox():
    models = [
        SandboxModel(name=spec.model, inputs=EVERYTHING, reasoning=spec.reasoning)
        for spec in Catalog.load(CATALOG).models.values()
    ]
    with SandboxServer(models=models) as server:
        yield server


@pytest.fixture(scope="session")
def vcr_config():
    # Nothing is recorded: the server is on this machine.
    return {"ignore_localhost": True}


# As in test_standard_suite.py: warnings of the client's own; and the router's word on own
# checks under first_token, which is given by design.
@pytest.mark.filterwarnings(
    "ignore:Pydantic serializer warnings",
    "ignore:OpenAI may require a filename",
    "ignore:Received a Pydantic BaseModel V1 schema",
    "ignore:Benchmark fixture was not used",
    "ignore:stream_policy=.first_token:UserWarning",
)
class _RouterWithChecks(ChatModelIntegrationTests):
    policy: str

    @pytest.fixture(autouse=True)
    def _over_the_sandbox(self, sandbox, served_media):
        type(self).base_url = sandbox.base_url
        type(self).asked = Asked()

    @pytest.fixture
    def model(self, request, _over_the_sandbox):
        extra = getattr(request, "param", None) or {}
        return self.chat_model_class(
            **{**self.standard_chat_model_params, **self.chat_model_params, **extra}
        )

    @property
    def chat_model_class(self):
        return SmartRouterRunnable

    @property
    def chat_model_params(self):
        return {
            "catalog": CATALOG,
            "base_url": self.base_url,
            "api_key": "none",
            "stream_policy": self.policy,
            "checks": [*default_checks(), self.asked, accepts],
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

    @pytest.mark.parametrize("way", ["invoke", "stream"])
    def test_the_checks_were_asked(self, model, way):
        """Were they not on, the tests above would say nothing of them."""
        answer = self._ask("gpt-4o", "Hello", stream=way == "stream")
        account = answer.response_metadata["smartroute"]
        assert self.asked.times == 1
        assert account["unmet_checks"] == account["failed_checks"] == []
        assert {"empty", "refusal", "asked", "accepts"} <= set(model.explain("Hello").checks)


class TestRouterWithChecksUnderFirstToken(_RouterWithChecks):
    policy = "first_token"


class TestRouterWithChecksUnderBuffer(_RouterWithChecks):
    policy = "buffer"
