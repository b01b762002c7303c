"""Adds a router's own callbacks, tags and metadata to the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.runnables.config import merge_configs

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

__all__ = ["with_own"]


def with_own(config: RunnableConfig, model: BaseChatModel) -> RunnableConfig:
    """A caller's config with a model's own callbacks, tags and metadata added.

    Args:
        config: The caller's config, which may be changed.
        model: The model whose callbacks, tags and metadata are added.
    """
    if not (model.callbacks or model.tags or model.metadata):
        return config
    own: RunnableConfig = {
        "callbacks": model.callbacks,
        "tags": model.tags or [],
        "metadata": model.metadata or {},
    }
    return merge_configs(own, config)
