"""A router with settings that a call's config can change."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_core.runnables.configurable import RunnableConfigurableFields
from langchain_core.runnables.utils import (
    AnyConfigurableField,
    ConfigurableField,
    ConfigurableFieldSingleOption,
)
from typing_extensions import override

__all__ = ["ConfigurableRouter"]


# With type parameters pydantic would want routers that are of the parametrised class.
class ConfigurableRouter(RunnableConfigurableFields):  # type: ignore[type-arg]
    """Changes a copy of the router for each call, which shares the router's state.

    LangChain's own class makes a new router for each call: its spend limits, breakers and
    conversations would begin anew every time.
    """

    @override
    def _prepare(
        self, config: RunnableConfig | None = None
    ) -> tuple[Runnable[Any, AIMessage], RunnableConfig]:
        config = ensure_config(config)
        values = config.get("configurable") or {}
        changes = {
            name: _value(field, values)
            for name, field in self.fields.items()
            if field.id in values or not isinstance(field, ConfigurableField)
        }
        router: Any = self.default
        return router.model_copy(update=changes) if changes else router, config


def _value(field: AnyConfigurableField, values: dict[str, Any]) -> Any:
    """A field's value in a config; of options, the chosen ones or the usual ones."""
    if isinstance(field, ConfigurableField):
        return values[field.id]
    chosen = values.get(field.id) or field.default
    if isinstance(field, ConfigurableFieldSingleOption):
        return field.options[str(chosen)]
    return [field.options[name] for name in chosen]
