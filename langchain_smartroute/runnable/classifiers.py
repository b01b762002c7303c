"""A router's classifier: from a setting to an object, and back to a setting."""

from __future__ import annotations

from collections.abc import Mapping
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

__all__ = ["given_classifier", "written_classifier"]

_LINEAR, _PATTERNS, _CHAIN = "linear", "patterns", "chain"
_SHAPES = (
    f'"{_LINEAR}", "{_PATTERNS}", {{"{_LINEAR}": "path of an artefact"}} or'
    f' {{"{_CHAIN}": […], "margin": …, "timeout_s": …}}'
)


def given_classifier(value: Any) -> Classifier:
    """The classifier that a router's setting stands for.

    Args:
        value: A classifier, a callable on the text, a setting as `written_classifier`
            gives it, or `None` for the default.

    Raises:
        ConfigurationError: If it stands for none, or names a file that is none.
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


def written_classifier(value: Any) -> Any:
    """A setting that stands for a classifier; what has none is an error.

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
