"""Builds the configs of a request's attempts and of their side calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config

from langchain_smartroute.execution.live import NOSTREAM, hidden
from langchain_smartroute.tracing import INPUT_TOKENS_KEY, PURPOSE_KEY, attempt_metadata

if TYPE_CHECKING:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForChainRun,
        BaseCallbackHandler,
        CallbackManagerForChainRun,
    )

    from langchain_smartroute.execution.link import Link
    from langchain_smartroute.execution.side_call import SideCall
    from langchain_smartroute.execution.walk import Walk

    Run = CallbackManagerForChainRun | AsyncCallbackManagerForChainRun

__all__ = ["OPTIONS_KEY", "answering_config", "side_call_config"]

_TRACERS = "langchain_core.tracers.langchain"

OPTIONS_KEY = "smartroute"
"""The key of the router's own options under `config["configurable"]`."""


def answering_config(
    config: RunnableConfig,
    run: Run,
    walk: Walk,
    *,
    draft: bool,
    structured: bool,
    ledger: Any,
) -> RunnableConfig:
    """The config of the current attempt.

    Args:
        config: The request's config.
        run: The request's callback manager.
        walk: The state of the request.
        draft: Whether the answer may still be rejected, so that it must be hidden from token
            handlers.
        structured: Whether the candidate returns objects instead of messages.
        ledger: Handler of the router's ledger, which is left out if the answer has all data of
            the run; `None`: there is none.
    """
    link, manager = walk.link, run.get_child()
    child = _attempt_config(config, manager, link, number=walk.number, draft=draft)
    if structured:
        # Parsed objects have no finish reason and no usage; the model's run has both.
        manager.add_handler(walk.account.watcher)
    if ledger is None:
        return child
    if link.single_run and not (structured or ledger.keeps_texts):
        child["run_id"] = walk.account.open_run(link, within=run.run_id)
    else:
        manager.add_handler(ledger)
    return child


def side_call_config(
    config: RunnableConfig, run: Run, ledger: BaseCallbackHandler | None, side_call: SideCall
) -> RunnableConfig:
    """The config of a side call, with its purpose in the run's metadata.

    Args:
        config: The request's config.
        run: The request's callback manager.
        ledger: Handler of the router's ledger; `None`: there is none.
        side_call: The side call, which receives the final message of its model run.
    """
    manager = run.get_child()
    child = _attempt_config(config, manager, side_call.link, number=side_call.number, draft=True)
    child["metadata"] = {
        **child["metadata"],
        PURPOSE_KEY: side_call.purpose,
        INPUT_TOKENS_KEY: side_call.input_tokens,
    }
    manager.add_handler(side_call.watcher)
    if ledger is not None:
        manager.add_handler(ledger)
    return child


def _attempt_config(
    config: RunnableConfig, manager: Any, link: Link, *, number: int, draft: bool
) -> RunnableConfig:
    """A config with an attempt's metadata, and without the router's own options.

    A candidate may be a router itself, to which the caller's options do not apply.
    """
    child = patch_config(config, callbacks=manager)
    # The module is missing or partly imported if no tracer has been created yet.
    tracer = getattr(sys.modules.get(_TRACERS), "LangChainTracer", None)
    if tracer and any(type(handler) is tracer for handler in manager.handlers):
        # Imported only for tracing, as LangSmith's client is slow to import.
        from langchain_smartroute.execution.langsmith import price_runs  # noqa: PLC0415

        price_runs(manager)
    if draft:
        hidden(manager)
        child["tags"] = [*(config.get("tags") or []), NOSTREAM]
    price, around = link.price, config.get("metadata") or {}
    own = attempt_metadata(
        link.alias,
        api_model=link.spec.model,
        number=number,
        price=price.texts if price else None,
        around=around,
    )
    child["metadata"] = {**around, **own}
    configurable = config.get("configurable")
    if configurable and OPTIONS_KEY in configurable:
        child["configurable"] = {k: v for k, v in configurable.items() if k != OPTIONS_KEY}
    return child
