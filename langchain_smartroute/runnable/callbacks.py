"""Adds a router's own callbacks, tags and metadata to the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables.config import merge_configs

if TYPE_CHECKING:
    from langchain_core.callbacks import Callbacks
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

__all__ = ["with_own"]


def with_own(config: RunnableConfig, model: BaseChatModel) -> RunnableConfig:
    """A caller's config with a model's own callbacks, tags and metadata added.

    Args:
        config: The caller's config, which may be changed.
        model: The model whose callbacks, tags and metadata are added.
    """
    if isinstance(config.get("callbacks"), BaseCallbackManager):
        config["callbacks"] = _heard_below(config["callbacks"])
    if not (model.callbacks or model.tags or model.metadata):
        return config
    own: RunnableConfig = {
        "callbacks": _heard_below(model.callbacks),
        "tags": model.tags or [],
        "metadata": model.metadata or {},
    }
    return merge_configs(own, config)


def _heard_below(callbacks: Callbacks) -> Callbacks:
    """A manager whose own handlers hear the models' runs too.

    A chat model has one run, which they hear; a router's models have runs below its own.
    """
    if not isinstance(callbacks, BaseCallbackManager):
        return callbacks
    own = [h for h in callbacks.handlers if h not in callbacks.inheritable_handlers]
    if not own:
        return callbacks
    manager = callbacks.copy()
    manager.inheritable_handlers += own
    return manager
