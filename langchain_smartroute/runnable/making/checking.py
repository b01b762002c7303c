"""Converts settings of checks and cascades to objects, and back."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from langchain_smartroute.engine import Cascade
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks import (
    AgreementCheck,
    AskingCheck,
    BuiltinCheck,
    Check,
    JudgeCheck,
    LearnedCheck,
    LogprobCheck,
    as_check,
    default_checks,
)
from langchain_smartroute.runnable.making.build import catalog_of_models

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.execution import Candidate
    from langchain_smartroute.runnable.configured import ConfiguredModel

__all__ = ["build_cascade", "given_checks", "written_cascade", "written_checks"]

_DEFAULT = "default"
_WITH_SETTINGS: dict[str, type[BuiltinCheck]] = {
    "agreement": AgreementCheck,
    "judge": JudgeCheck,
    "learned": LearnedCheck,
    "logprob": LogprobCheck,
}
_PLAIN: dict[str, Check] = {check.name: check for check in default_checks()}
_PLAIN_KINDS = tuple(type(check.function) for check in _PLAIN.values())
_BUILDING = ("langchain_smartroute.", "langchain_core.", "pydantic.")
"""Packages whose stack frames are skipped to find the caller of a router's constructor."""
_ALONE = ("agreement", "logprob")
"""Checks that can be a cascade without further settings."""


def given_checks(router: ConfiguredModel) -> tuple[tuple[Check, ...], Check | None]:
    """The checks of a router, and which of them is its cascade.

    Without `checks` they are the built-in ones; a cascade comes in addition.

    Raises:
        ConfigurationError: If one is not a check, or two that call models share a name.
    """
    settings = router.checks
    checks = default_checks() if settings is None else tuple(_checks_of(settings))
    unseen = [c.name for c in checks if not isinstance(c.function, (AskingCheck, *_PLAIN_KINDS))]
    if unseen and router.stream_policy == "first_token":
        _warn_of_streams(unseen)
    cascade = None if router.cascade is None else _cascade(router.cascade)
    if cascade is not None:
        checks = (*checks, cascade)
    asking = [check.name for check in checks if isinstance(check.function, AskingCheck)]
    twice = sorted({name for name in asking if asking.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"checks: {', '.join(twice)} is there more than once; keep one, or leave cascade out"
        )
    return checks, cascade


def build_cascade(
    checks: Sequence[Check],
    cascade: Check | None,
    *,
    candidates: Mapping[str, Candidate],
    build: Callable[..., Mapping[str, Candidate]],
    limits_of: Callable[[Catalog], Any],
) -> Cascade:
    """The cascade of a router and the judges that its checks ask.

    Args:
        checks: All of a router's.
        cascade: The one that is its cascade, if any.
        candidates: Alias → candidate.
        build: Builds the candidates of a catalog.
        limits_of: Gives the time limits of those of a catalog.

    Raises:
        ConfigurationError: For an unknown alias, or a judge that is not a chat model.
    """
    judges: dict[str, Candidate] = {}
    faults: list[str] = []
    aliases = ", ".join(candidates)
    for check in checks:
        asking = check.function
        if not isinstance(asking, AskingCheck):
            continue
        partners = (asking.with_ or ()) if asking.compares else ()
        faults += [
            f"{check.name}: with_ = {alias!r}: no such model; use one of {aliases}"
            for alias in partners
            if alias not in candidates
        ]
        if isinstance(asking.judge, str) and asking.judge not in candidates:
            fault = f"judge = {asking.judge!r}: no such model; use one of {aliases}"
            faults.append(f"{check.name}: {fault}")
        elif isinstance(asking.judge, str):
            judges[check.name] = candidates[asking.judge]
        elif asking.judge is not None:
            name = _judge_name(asking.judge, check.name)
            judge_catalog, judge_models = catalog_of_models(
                {name: asking.judge}, routes=None, default=None
            )
            built = build(
                judge_catalog, given=judge_models, endpoints={}, limits=limits_of(judge_catalog)
            )
            judges[check.name] = built[name]
    if faults:
        raise ConfigurationError(*faults)
    return Cascade(check=cascade, judges=judges)


def written_checks(checks: Sequence[Any] | None) -> list[Any] | None:
    """The settings that checks are written as in a file.

    Raises:
        ConfigurationError: Naming what cannot be written.
    """
    if checks is None:
        return None
    entries = [_entry_of(value) for value in checks]
    names = [check.name for check in default_checks()]
    for start in range(len(entries) - len(names) + 1):
        if entries[start : start + len(names)] == names:
            return [*entries[:start], _DEFAULT, *entries[start + len(names) :]]
    return entries


def written_cascade(value: Any) -> Any:
    """The setting that a cascade is written as in a file.

    Raises:
        ConfigurationError: If it cannot be written.
    """
    return value if value is None or isinstance(value, str | Mapping) else _entry_of(value)


def _checks_of(values: Any) -> list[Check]:
    if isinstance(values, str | Mapping) or not isinstance(values, Sequence):
        raise ConfigurationError(f"checks = {values!r}: must be a list of checks")
    checks: list[Check] = []
    for value in values:
        if value == _DEFAULT:
            checks += default_checks()
        else:
            checks.append(_check_of(value))
    return checks


def _check_of(value: Any) -> Check:
    if isinstance(value, str):
        return _builtin_check(value, {})
    if isinstance(value, Mapping):
        settings = dict(value)
        return _builtin_check(settings.pop("check", None), settings)
    return as_check(value)


def _builtin_check(name: Any, settings: dict[str, Any]) -> Check:
    if name in _PLAIN and not settings:
        return _PLAIN[name]
    kind = _WITH_SETTINGS.get(name)
    if kind is None:
        names = ", ".join((_DEFAULT, *_PLAIN, *_WITH_SETTINGS))
        raise ConfigurationError(
            f"checks: {name!r} with {settings or 'no settings'} is no check; use one of {names},"
            ' such as {check = "agreement", with = ["gpt-4o-mini"]}, or an object'
        )
    if "with" in settings:
        settings["with_"] = settings.pop("with")
    try:
        if kind is LearnedCheck:
            return as_check(_learned(settings))
        return as_check(kind(**settings))
    except TypeError as error:
        names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type] # dataclasses all
        raise ConfigurationError(
            f"check {name}: {', '.join(settings) or 'no settings'} do not fit; it has {names}"
        ) from error


def _learned(settings: dict[str, Any]) -> LearnedCheck:
    path = settings.pop("path", None)
    return LearnedCheck(**settings) if path is None else LearnedCheck.load(path, **settings)


def _cascade(value: Any) -> Check:
    if isinstance(value, str) and value not in _ALONE:
        raise ConfigurationError(
            f"cascade = {value!r}: must be {' or '.join(_ALONE)}, or a check such as"
            ' JudgeCheck("gpt-4o-mini")'
        )
    return _check_of(value)


def _entry_of(value: Any) -> Any:
    if isinstance(value, str | Mapping):
        return value
    function: Any = value.function if isinstance(value, Check) else value
    name = next((n for n, check in _PLAIN.items() if type(check.function) is type(function)), None)
    if name is not None:
        return name
    if type(function) not in _WITH_SETTINGS.values():
        raise ConfigurationError(f"check {function!r}: cannot be written; pass it on loading")
    if not isinstance(getattr(function, "judge", None), str | None):
        raise ConfigurationError(
            f"check {function.name}: judge: a chat model cannot be written; name one of the"
            " router's models, or pass the check on loading"
        )
    return {"check": function.name, **_settings_of(function)}


def _settings_of(check: Any) -> dict[str, Any]:
    """The settings that differ from the defaults, as JSON values."""
    if isinstance(check, LearnedCheck) and check.path is not None:
        stored = LearnedCheck.load(check.path)
        return {"path": check.path, **_changed_settings(check, stored, leaving_out=("path",))}
    return _changed_settings(check, None)


def _changed_settings(
    check: Any, stored: Any, *, leaving_out: Sequence[str] = ()
) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for field in fields(check):
        value = getattr(check, field.name)
        default = getattr(stored, field.name) if stored is not None else field.default
        if field.name in leaving_out or value == default:
            continue
        if value is None:
            # TOML has no null.
            value = False
        if isinstance(value, frozenset):
            value = sorted(value)
        name = field.name.rstrip("_")
        settings[name] = list(value) if isinstance(value, tuple) else value
    return settings


def _judge_name(judge: Any, otherwise: str) -> str:
    name = getattr(judge, "model_name", None) or getattr(judge, "model", None)
    return name if isinstance(name, str) and name else otherwise


def _warn_of_streams(names: Sequence[str]) -> None:
    warnings.warn(
        'stream_policy="first_token" passes a stream on before your checks have seen it: in a'
        f" stream, {', '.join(names)} can only note what is wrong, and reject nothing. Use"
        ' stream_policy="buffer" for streams that are checked first.',
        UserWarning,
        stacklevel=_callers_level(),
    )


def _callers_level() -> int:
    """The stack level of the code that builds the router, for warnings.

    The frames below belong to the router, pydantic and LangChain.
    """
    level, frame = 0, sys._getframe(1)  # noqa: SLF001 - `skip_file_prefixes` is there from 3.12 on
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_BUILDING):
        level, frame = level + 1, frame.f_back
    return level + 1
