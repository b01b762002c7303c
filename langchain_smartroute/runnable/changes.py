"""Changes of a router's settings after it was made.

A router is compiled once, and what its requests share (spend limits, breakers, conversations,
connections) belongs to what was compiled. Settings of single calls can be changed, also in copies
that share all of that. Any other change takes a new router, and is refused where none is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, NoReturn, Self

from typing_extensions import override

from langchain_smartroute.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableSerializable
    from langchain_core.runnables.utils import AnyConfigurableField

    from langchain_smartroute.runnable.configured import ConfiguredModel
else:
    # One more pydantic class would take milliseconds of every import.
    ConfiguredModel = object

__all__ = ["TakesChanges"]

_CHOICES = ("tier", "model", "max_cost_usd", "deadline_s")
"""Choices of a call, which a router makes for calls that do not."""

_ARGUMENTS = ("temperature", "max_tokens", "stop")
"""Arguments of a call, likewise."""

_OF_CALLS = frozenset((*_CHOICES, *_ARGUMENTS))
_CHANGEABLE = _OF_CALLS | {
    "callbacks", "custom_get_token_ids", "metadata", "profile", "tags", "verbose",
}  # fmt: skip


class TakesChanges(ConfiguredModel):
    """The part of a router that is changed and copied."""

    def with_route(self, **choices: Any) -> Self:
        """The same router with other choices for every request.

        Args:
            **choices: Any of `tier`, `model`, `max_cost_usd` and `deadline_s`.

        Raises:
            InvalidRequestError: For an unknown choice or value.
        """
        if "conversation" in choices:
            raise InvalidRequestError(
                "conversation belongs to a call, not to a router; give it in"
                ' configurable["smartroute"]'
            )
        options = self._options.updated(choices, aliases=self._aliases)
        return self.model_copy(update={name: getattr(options, name) for name in choices})

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        Raises:
            ConfigurationError: If the setting cannot be changed any more.
        """
        private = self.__pydantic_private__
        if private and "_engine" in private and name in type(self).model_fields:
            if name not in _CHANGEABLE:
                raise ConfigurationError(
                    f"{name}: cannot be changed in a router that is made; make another one with"
                    f" router.model_copy(update={{{name!r}: …}}), which has spend limits, breakers"
                    " and conversations of its own"
                )
            if name in _CHOICES:
                options = self._options.updated({name: value}, aliases=self._aliases)
                value = getattr(options, name)
            elif name in _ARGUMENTS:
                self._changed = {**self._changed, name: value}
        super().__setattr__(name, value)

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the router.

        Args:
            update: Settings to change. With those of calls (`tier`, `model`, `max_cost_usd`,
                `deadline_s`, `temperature`, `max_tokens`, `stop`) alone, the copy shares spend
                limits, breakers, conversations and connections with this router; otherwise it
                is a new one.
            deep: Makes no difference, as locks and connections cannot be copied.

        Raises:
            ConfigurationError: If a setting is unknown or its value invalid.
        """
        update = dict(update or {})
        if not update.keys() <= _CHANGEABLE:
            settings = {name: getattr(self, name) for name in self.model_fields_set}
            return type(self)(**{**settings, **update})
        copied = super().model_copy()
        for name, value in update.items():
            setattr(copied, name, value)
        return copied

    @override
    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.model_copy()

    @override
    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise PicklingError(
            "a router cannot be pickled, as it holds connections, locks and keys; pass"
            " router.to_config() to the other process, and make it again there:"
            " SmartRouterRunnable.from_config(settings), which reads the keys there"
        )

    @override
    def configurable_fields(self, **kwargs: AnyConfigurableField) -> RunnableSerializable[Any, Any]:
        """Settings that a call's config can change: those of calls.

        Args:
            **kwargs: Name of a setting → the field of the config.

        Raises:
            ConfigurationError: If a setting is not one of calls.
        """
        faults = [
            f"{name}: cannot be changed by a call, only {', '.join(sorted(_OF_CALLS))} can; make"
            " a router for each value, and choose with configurable_alternatives"
            for name in kwargs
            if name not in _OF_CALLS
        ]
        if faults:
            raise ConfigurationError(*faults)
        # LangChain's part of this is imported for it alone.
        from langchain_smartroute.runnable.configurable import ConfigurableRouter  # noqa: PLC0415

        return ConfigurableRouter(default=self, fields=kwargs)
