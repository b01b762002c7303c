"""LangChain's own integration tests, with checks on, under both stream policies."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage
from standard_suite import CLIENTS_WARNINGS, RouterSuite

from langchain_smartroute.execution.checks import default_checks

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


# The router's own word on checks under first_token is given by design.
@pytest.mark.filterwarnings(*CLIENTS_WARNINGS, "ignore:stream_policy=.first_token:UserWarning")
class _RouterWithChecks(RouterSuite):
    catalog = CATALOG
    policy: str

    @pytest.fixture(autouse=True)
    def _counted(self):
        type(self).asked = Asked()

    @property
    def settings(self):
        return {
            "stream_policy": self.policy,
            "checks": [*default_checks(), self.asked, accepts],
        }

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
