"""Names that settings have in a catalog, a chat model or other routers → what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_smartroute.catalog.elsewhere import ANYWHERE

__all__ = ["IN_CATALOGS", "IN_CHAT_MODELS", "IN_OTHER_ROUTERS"]

IN_CATALOGS: Mapping[str, str] = {
    name: f'it belongs to the catalog: catalog={{"extends": "default", "{name}": …}}'
    " (or to from_models)"
    for name in ("routes", "default")
}
"""Settings that belong into the catalog."""

_BREAKER = 'use breaker={"min_calls": …, "open_s": …}, or breaker=None for none'
_RETRIES = (
    "leave it out: what is tried again is decided by one table, after a kind of error"
    " (max_attempts and max_retry_after_s limit it)"
)
_SPENDING = 'use spend_limits=[SpendLimit(usd="5", period="day")]'
_STATE = 'use state="redis://…"'
_UNLIKE = "leave it out: errors are told apart by kind, and other models follow by themselves"

_AT_ONCE = (
    'use max_concurrency of a batch\'s config, such as abatch(inputs, {"max_concurrency": 8})'
)
_BY_TAGS = 'use rules=, such as ({"tags": "batch"}, alias)'
_SHOWN = "use explain(…) and on_decision=, or logging for langchain_smartroute"

IN_OTHER_ROUTERS: Mapping[str, str] = {
    **ANYWHERE,
    # LiteLLM's Router
    "model_list": "use from_models({alias: …}), or catalog= with a block for each model",
    "model_group_alias": "use the names as the aliases in models or in the catalog",
    "num_retries": _RETRIES,
    "retry_after": _RETRIES,
    "retry_policy": _RETRIES,
    "allowed_fails": _BREAKER,
    "cooldown_time": _BREAKER,
    "disable_cooldowns": _BREAKER,
    "context_window_fallbacks": "leave it out: a model whose window is too small is never asked",
    "content_policy_fallbacks": 'use on_content_filter="fallback" with fallbacks=',
    "default_fallbacks": _UNLIKE,
    "max_fallbacks": "use max_attempts, which counts the first model as well",
    "enable_pre_call_checks": "leave it out: windows and abilities are always checked",
    "routing_strategy": "use the routing table (routes), rules= or policy=",
    "provider_budget_config": _SPENDING,
    "max_budget": _SPENDING,
    "redis_url": _STATE,
    "redis_host": _STATE,
    "redis_port": _STATE,
    "redis_password": _STATE,
    "redis_db": _STATE,
    "cache_responses": "use cache=, or LangChain's set_llm_cache",
    "caching": "use cache=, or LangChain's set_llm_cache",
    "fallback_on_unsupported_params": (
        "leave it out: what a provider that is named does not take is not sent to it"
    ),
    "enable_mid_stream_fallback_continuation": 'use stream_policy="buffer"',
    "enable_tag_filtering": _BY_TAGS,
    "tag_filtering_match_any": _BY_TAGS,
    "default_litellm_params": "give them to the router, or to each model object",
    "default_max_parallel_requests": _AT_ONCE,
    "max_parallel_requests": _AT_ONCE,
    "set_verbose": _SHOWN,
    "debug_level": _SHOWN,
    # LangChain's with_fallbacks
    "exceptions_to_handle": _UNLIKE,
    "exception_key": _UNLIKE,
    # langchain-model-router
    "strategy": "use classifier=, rules= or policy=",
    "default_route": "use default=, in from_models or in the catalog",
}
"""Settings of other routers, by their names there."""

_OBJECTS = "set it on models of your own: from_models({alias: ChatOpenAI(…)})"

IN_CHAT_MODELS: Mapping[str, str] = {
    **{
        name: f"it is a parameter of the models: give it in the call, as with .bind({name}=…), or"
        f" {_OBJECTS}"
        for name in (
            "extra_body",
            "frequency_penalty",
            "logit_bias",
            "logprobs",
            "parallel_tool_calls",
            "presence_penalty",
            "prompt_cache_key",
            "reasoning_effort",
            "safety_identifier",
            "seed",
            "service_tier",
            "store",
            "top_k",
            "top_logprobs",
            "top_p",
            "user",
            "verbosity",
        )
    },
    **dict.fromkeys(
        (
            "http_async_client",
            "http_client",
            "include",
            "include_response_headers",
            "model_kwargs",
            "openai_organization",
            "openai_proxy",
            "organization",
            "reasoning",
            "stream_chunk_timeout",
            "truncation",
            "use_previous_response_id",
            "use_responses_api",
        ),
        _OBJECTS,
    ),
    "max_completion_tokens": "use max_tokens",
    "model_name": "use model",
    "n": "leave it out: the router gives one answer per call; batch() gives several",
    "openai_api_base": "use base_url",
    "openai_api_key": "use api_key",
    "request_timeout": "use timeout_s",
    "stop_sequences": "use stop",
    "stream_usage": "leave it out: streams of the models that the router builds tell their usage",
}
"""Arguments of a `ChatOpenAI` that a router does not take."""
