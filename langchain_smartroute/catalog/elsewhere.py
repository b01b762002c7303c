"""Names that a model's settings have in LiteLLM's configuration or of a chat model → ours."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ANYWHERE", "OF_MODELS"]

_PRICES = (
    "use prices, a list of blocks with input_usd_per_mtok, output_usd_per_mtok (per million"
    " tokens), source and date"
)
_PACE = (
    "a model object keeps a pace of its own: from_models({alias: ChatOpenAI(…,"
    ' rate_limiter=…)}); SpendLimit(tokens=…, period="minute") limits all'
)
_SPENDING = "use spend_limits= of the router, which count callers"
_RETRIES = "leave it out: what is tried again is decided by the router, after a kind of error"
_FLAT = "write what it holds into the model's own block"

ANYWHERE: Mapping[str, str] = {
    "stream_timeout": "use first_token_timeout_s and idle_timeout_s",
    "drop_params": "leave it out: what a provider that is named does not take is not sent to it",
    "mock_response": "use the sandbox, or ScriptedChatModel of langchain_smartroute.testing",
    "rpm": _PACE,
    "tpm": _PACE,
}
"""What to write instead, in a catalog as well as in a router's settings."""

OF_MODELS: Mapping[str, str] = {
    **ANYWHERE,
    "api_base": "use base_url",
    "api_key": "use api_key_env, the name of a variable that holds it",
    "api_version": "use default_query, such as {api-version = …}",
    "custom_llm_provider": "use provider",
    "litellm_params": _FLAT,
    "model_info": _FLAT,
    "input_cost_per_token": _PRICES,
    "output_cost_per_token": _PRICES,
    "cache_read_input_token_cost": _PRICES,
    "cache_creation_input_token_cost": _PRICES,
    "max_tokens": "use max_output_tokens for what it can give; a call's max_tokens is the router's",
    "max_input_tokens": "use context_window",
    "max_context_tokens": "use context_window",
    "max_retries": _RETRIES,
    "num_retries": _RETRIES,
    "max_parallel_requests": _PACE,
    "max_budget": _SPENDING,
    "budget_duration": _SPENDING,
    "order": "use fallbacks= of the router",
    "weight": "leave it out: load is not balanced between models",
    "tags": 'use rules= of the router, such as ({"tags": "batch"}, alias)',
    "vision": 'use inputs = ["text", "image"]',
    "supports_vision": 'use inputs = ["text", "image"]',
    "function_calling": "use tools",
    "supports_function_calling": "use tools",
    "supports_response_schema": "use structured_output",
}
"""What to write instead, by the name there."""
