"""LangChain's own unit tests for chat models, with the router."""

from __future__ import annotations

from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_smartroute import SmartRouterRunnable


class TestRouter(ChatModelUnitTests):
    @property
    def chat_model_class(self):
        return SmartRouterRunnable

    @property
    def chat_model_params(self):
        return {"base_url": "http://127.0.0.1:9/v1"}

    @property
    def init_from_env_params(self):
        environ = {
            "SMARTROUTE_API_KEY": "a-key",
            "SMARTROUTE_BASE_URL": "https://gateway.example/v1",
        }
        return environ, {}, {"tier": "balanced", "catalog": "default"}

    has_tool_choice = True
    supports_json_mode = True
