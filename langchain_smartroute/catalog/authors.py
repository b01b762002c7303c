"""Finds out which model wrote a message of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from langchain_smartroute.catalog.spec import ModelSpec

__all__ = ["is_by"]

_DATE_DIGITS = 4


def is_by(message: AIMessage, spec: ModelSpec) -> bool:
    """Whether a model wrote a message; messages of unknown origin count as another model's.

    The account in a router's answers counts first: one model at two endpoints is two
    candidates, and one of them may not be able to read what the other has signed or encrypted.
    Without an account, the server's name of the model is compared.
    """
    metadata = message.response_metadata
    account = metadata.get("smartroute")
    if isinstance(account, dict) and isinstance(account.get("model"), str):
        return bool(account["model"] == spec.alias)
    name = metadata.get("model_name")
    return isinstance(name, str) and _is_name_of(name, spec.model)


def _is_name_of(name: str, model: str) -> bool:
    """Whether a server's name means a model: equal, or equal up to a date suffix."""
    head, rest = name[: len(model)], name[len(model) :]
    date = rest[1:].replace("-", "")
    dated = rest[:1] in {"-", "@"} and len(date) >= _DATE_DIGITS and date.isdigit()
    return bool(model) and head == model and (not rest or dated)
