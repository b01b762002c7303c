"""Models are built on first use, share their clients and never retry by themselves."""

from __future__ import annotations

from langchain_core.tools import tool

from langchain_smartroute.sandbox import Fault

CODE = "Write a Python function to merge sort an array"


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def built_of(candidates):
    return {alias for alias, candidate in candidates.items() if candidate.unbuilt() is None}


def test_models_are_built_when_they_are_first_called_and_kept(sandbox, router):
    candidates = router._engine.candidates
    assert built_of(candidates) == set()
    router.explain(CODE)
    router.bind_tools([weather])
    assert built_of(candidates) == set()
    router.invoke("Hello")
    assert built_of(candidates) == {"deepseek-chat"}
    model = candidates["deepseek-chat"].model
    router.invoke("Hello")
    assert candidates["deepseek-chat"].model is model
    assert router.with_route(tier="quality")._engine.candidates is candidates


def test_models_share_their_http_clients(router):
    first, second = (router._engine.candidates[a].model for a in ("deepseek-chat", "gpt-4o"))
    assert first.root_client._client is second.root_client._client
    assert first.root_async_client._client is second.root_async_client._client


def test_models_never_retry_by_themselves(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    router.invoke("Hello")
    models = [request.model for request in sandbox.requests]
    assert models.count("deepseek-chat") == 1
