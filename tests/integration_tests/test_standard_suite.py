"""LangChain's own integration tests for chat models, with the router over the sandbox."""

from __future__ import annotations

import pytest
from standard_suite import CLIENTS_WARNINGS, RouterSuite

# The eight models of the default catalog read no audio and no PDF; one more does.
CATALOG = {
    "extends": "default",
    "models": {"omni": {"inputs": ["text", "image", "audio", "pdf"], "context_window": 200_000}},
}


@pytest.mark.filterwarnings(*CLIENTS_WARNINGS)
class TestRouterOverTheSandbox(RouterSuite):
    catalog = CATALOG
