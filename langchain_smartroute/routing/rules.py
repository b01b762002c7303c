"""Users' rules, which come before the routing table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, get_args

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import DIFFICULTIES, MODALITIES, RequestFeatures, Script, Turn

__all__ = ["Rule", "as_rules"]

_FIELDS = tuple(f.name for f in dataclasses.fields(RequestFeatures) if f.name != "text")

_KNOWN_VALUES: Mapping[str, tuple[str, ...]] = {
    "difficulty": DIFFICULTIES,
    "inputs": MODALITIES,
    "script": get_args(Script),
    "turn": get_args(Turn),
}

Condition = Callable[[RequestFeatures], bool] | Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """Sends the requests that a condition holds for to one model.

    Attributes:
        when: A callable on `RequestFeatures` that returns a bool, or a mapping
            of features to the value (or a list of values) that they must have;
            for `inputs` and `tags`, one that must be among them; for `metadata`,
            a mapping of its keys to the same.
        use: Alias of the model to route to.
        name: What decisions call the rule; left out: its condition.

    Raises:
        ConfigurationError: Listing what is wrong, such as an unknown feature.

    Example:
        >>> Rule({"task": "code", "difficulty": ["medium", "hard"]}, "strong").label
        "task=code, difficulty=['medium', 'hard']"
        >>> Rule({"metadata": {"plan": "pro"}}, "strong").label
        "metadata={'plan': 'pro'}"
        >>> Rule(lambda features: "refund" in features.text, "strong", "refunds").label
        'refunds'
    """

    when: Condition
    use: str
    name: str = ""

    def __post_init__(self) -> None:
        """Reject invalid conditions."""
        use: Any = self.use
        if not isinstance(use, str) or not use:
            raise ConfigurationError(f"rule use = {use!r}: must be a model's alias")
        if isinstance(self.when, Mapping):
            unknown = sorted(str(key) for key in self.when if key not in _FIELDS)
            if unknown or not self.when:
                raise ConfigurationError(
                    f"rule when = {dict(self.when)!r}: "
                    + (f"unknown feature {unknown[0]!r}" if unknown else "is empty")
                    + f"; use {', '.join(_FIELDS)}"
                )
            faults = [_value_fault(key, value) for key, value in self.when.items()]
            if any(faults):
                raise ConfigurationError(*(fault for fault in faults if fault))
        elif not callable(self.when):
            raise ConfigurationError(
                f"rule when = {self.when!r}: must be a callable on features or a mapping such as"
                ' {"task": "code", "difficulty": "hard"}'
            )

    @property
    def label(self) -> str:
        """What decisions and messages call this rule."""
        if self.name:
            return self.name
        if isinstance(self.when, Mapping):
            return ", ".join(f"{key}={value}" for key, value in self.when.items())
        return getattr(self.when, "__name__", type(self.when).__name__)

    @property
    def tasks(self) -> tuple[Any, ...]:
        """The tasks that the condition names; none where it is a callable."""
        if isinstance(self.when, Mapping) and "task" in self.when:
            return tuple(_choices(self.when["task"]))
        return ()

    def matches(self, features: RequestFeatures) -> bool:
        """Whether the condition holds.

        Raises:
            ConfigurationError: If a callable condition raises, or returns
                something other than a bool. A rule may stand for a promise
                (such data stays here), so it is never skipped in silence.
        """
        if isinstance(self.when, Mapping):
            return all(_is_met(getattr(features, key), value) for key, value in self.when.items())
        try:
            verdict = self.when(features)
        except Exception as error:
            raise ConfigurationError(
                f"rule {self.label!r} raised {type(error).__name__}: {error}; correct its condition"
            ) from error
        if not isinstance(verdict, bool):
            raise ConfigurationError(
                f"rule {self.label!r} returned {verdict!r}; return True or False"
            )
        return verdict


def as_rules(values: Iterable[Any], *, aliases: Sequence[str]) -> tuple[Rule, ...]:
    """Accept rules and `(when, use)` pairs, and check that their targets exist.

    Args:
        values: Rules or pairs.
        aliases: The aliases that the catalog knows.

    Returns:
        The rules in the order given.

    Raises:
        ConfigurationError: Listing every rule that cannot work.
    """
    rules: list[Rule] = []
    faults: list[str] = []
    for number, value in enumerate(values, start=1):
        try:
            rule = value if isinstance(value, Rule) else _from_pair(value)
        except ConfigurationError as error:
            faults += [f"rule {number}: {fault}" for fault in error.faults]
            continue
        if rule.use not in aliases:
            known = ", ".join(aliases)
            faults.append(f"rule {number}: use = {rule.use!r}: no such model; use one of {known}")
        rules.append(rule)
    if faults:
        raise ConfigurationError(*faults)
    return tuple(rules)


def _from_pair(value: Any) -> Rule:
    if isinstance(value, tuple | list) and len(value) in (2, 3):
        return Rule(*value)
    if isinstance(value, Mapping) and {"when", "use"} <= value.keys() <= {"when", "use", "name"}:
        return Rule(**value)
    raise ConfigurationError(f"{value!r}: must be a Rule or a (when, use) pair")


def _choices(value: Any) -> Collection[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else (value,)


def _value_fault(feature: str, value: Any) -> str | None:
    """The error for a value that would never match, or always."""
    if feature == "metadata" and not (isinstance(value, Mapping) and value):
        return (
            f"rule when metadata = {value!r}: must be a mapping of keys to their values, such as"
            ' {"plan": "pro"}'
        )
    choices = _choices(value)
    if not choices:
        return f"rule when {feature} = {value!r}: is empty; name at least one value"
    known = _KNOWN_VALUES.get(feature)
    unknown = [choice for choice in choices if known is not None and choice not in known]
    if unknown and known is not None:
        return f"rule when {feature} = {unknown[0]!r}: never holds; use {', '.join(known)}"
    return None


def _is_met(actual: Any, value: Any) -> bool:
    if isinstance(actual, Mapping) and isinstance(value, Mapping):
        return all(
            key in actual and any(actual[key] == choice for choice in _choices(wanted))
            for key, wanted in value.items()
        )
    choices = _choices(value)
    if isinstance(actual, frozenset):
        return all(choice in actual for choice in choices)
    if isinstance(value, bool):
        # `{"tools": True}` means any tools, not exactly one.
        return bool(actual) is value
    return actual in choices
