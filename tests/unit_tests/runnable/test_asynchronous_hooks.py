"""Hooks are called where nothing can wait for them, so asynchronous ones are refused."""

from __future__ import annotations

from functools import partial

import pytest

from langchain_smartroute import ConfigurationError, CostCallbackHandler, SmartRouterRunnable


async def told(*_):
    """Nobody awaits it."""


class Told:
    """An object whose call is asynchronous."""

    async def __call__(self, *_):
        """Nobody awaits it."""


ASYNC = {"function": told, "partial": partial(told, 1), "object": Told()}


@pytest.mark.parametrize("hook", ASYNC.values(), ids=ASYNC)
@pytest.mark.parametrize("name", ["on_decision", "on_feedback", "on_limit", "redact"])
def test_an_asynchronous_hook_of_a_router_is_refused(scripted, name, hook):
    """`async def on_decision` was called and never awaited: every record was lost in silence.

    An asynchronous `on_limit` was never heard, and every call that it was to save was refused.
    """
    with pytest.raises(ConfigurationError) as raised:
        SmartRouterRunnable.from_models({"a": scripted()}, **{name: hook})
    assert str(raised.value).startswith(f"{name}: is asynchronous")
    assert "give a plain function" in str(raised.value)


@pytest.mark.parametrize("hook", ASYNC.values(), ids=ASYNC)
@pytest.mark.parametrize("name", ["on_record", "redact"])
def test_an_asynchronous_hook_of_a_cost_handler_is_refused(name, hook):
    with pytest.raises(ConfigurationError, match=f"^{name}: is asynchronous"):
        CostCallbackHandler(**{name: hook})


def test_several_are_told_at_once_and_a_plain_one_is_not(scripted):
    with pytest.raises(ConfigurationError) as raised:
        SmartRouterRunnable.from_models(
            {"a": scripted()}, on_decision=told, on_feedback=told, on_limit=lambda _: None
        )
    assert [fault.split(":")[0] for fault in raised.value.faults] == ["on_decision", "on_feedback"]
