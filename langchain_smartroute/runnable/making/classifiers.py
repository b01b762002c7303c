"""Converts the setting of a classifier to an object, and back."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from langchain_smartroute.classify import (
    Classifier,
    ClassifierChain,
    LinearClassifier,
    PatternClassifier,
    as_classifier,
)
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.routing import Rule
from langchain_smartroute.types import TASKS

__all__ = ["given_classifier", "say_unheard_tasks", "written_classifier"]

_log = logging.getLogger(__name__)

_LINEAR, _PATTERNS, _CHAIN = "linear", "patterns", "chain"
_SHAPES = (
    f'"{_LINEAR}", "{_PATTERNS}", {{"{_LINEAR}": "path of an artefact"}} or'
    f' {{"{_CHAIN}": […], "margin": …, "timeout_s": …}}'
)


def given_classifier(value: Any) -> Classifier:
    """The classifier of a router's setting.

    Args:
        value: A classifier, a callable on the text, a setting as `written_classifier`
            gives it, or `None` for the default.

    Raises:
        ConfigurationError: If it is not a classifier, or names a file that is not one.
    """
    if value is None or value == _LINEAR:
        return LinearClassifier()
    if isinstance(value, str):
        if value == _PATTERNS:
            return PatternClassifier()
        raise ConfigurationError(f"classifier = {value!r}: is unknown; use {_SHAPES}")
    if isinstance(value, Mapping):
        return _of_mapping(dict(value))
    found = as_classifier(value)
    return found.load() if isinstance(found, LinearClassifier) and found.path else found


def say_unheard_tasks(routes: Collection[str], rules: Sequence[Rule], classifier: Any) -> None:
    """Warn about routes and rules for tasks that the classifier never predicts.

    Args:
        routes: The tasks of the routes.
        rules: The router's rules.
        classifier: The router's setting; one of the user's own may know other tasks.
    """
    if classifier not in (None, _LINEAR, _PATTERNS):
        return
    named = [(f"routes.{task}", task) for task in routes]
    named += [(f"rule {rule.label}", task) for rule in rules for task in rule.tasks]
    for where, task in named:
        if task not in TASKS:
            _say_unheard(where)


@cache
def _say_unheard(where: str) -> None:
    _log.warning(
        "%s: no request is of this task; without a classifier of your own they are %s."
        " Logged once.",
        where,
        ", ".join(TASKS),
    )


def written_classifier(value: Any) -> Any:
    """The setting that a classifier is written as in a file.

    Raises:
        ConfigurationError: If it is an object or a callable of the user's.
    """
    if value is None or isinstance(value, str | Mapping):
        return value
    if isinstance(value, PatternClassifier):
        return _PATTERNS
    if isinstance(value, LinearClassifier):
        return {_LINEAR: str(value.path)} if value.path else _LINEAR
    if isinstance(value, ClassifierChain):
        stages = [written_classifier(stage) for stage in value.stages]
        return {_CHAIN: stages, "margin": value.margin, "timeout_s": value.stage_timeout_s}
    raise ConfigurationError(
        f"classifier = {value!r}: an object that calls a model or code of yours cannot be written;"
        " pass it on loading"
    )


def _of_mapping(value: dict[str, Any]) -> Classifier:
    path, stages = value.pop(_LINEAR, None), value.pop(_CHAIN, None)
    if isinstance(path, str | Path) and stages is None and not value:
        return LinearClassifier(path).load()
    limits = {name: float(value.pop(name)) for name in ("margin", "timeout_s") if name in value}
    if isinstance(stages, list | tuple) and path is None and not value:
        return ClassifierChain(*(given_classifier(stage) for stage in stages), **limits)
    raise ConfigurationError(f"classifier: must be {_SHAPES}, or an object")
