"""The file format of a predictor: JSON with a version and a hash of the content."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.routing.evidence import Evidence, Findings, Tally

if TYPE_CHECKING:
    from langchain_smartroute.routing.gains import TextGains
    from langchain_smartroute.routing.predictor import Tallies

__all__ = ["FORMAT", "Saved", "read", "written"]

FORMAT = 1
"""Version of the format, incremented when older releases could not read a file."""

_KIND = "smartroute-quality"
_MEND = "fit it again, or give the file that `save` has written"


class Saved(NamedTuple):
    """Parsed content of a file."""

    findings: Findings
    gains: TextGains | None
    tallies: Tallies
    aim: Mapping[str, Any]


def written(
    findings: Findings, gains: TextGains | None, tallies: Tallies, *, aim: Mapping[str, Any]
) -> str:
    """Serialise a predictor."""
    body = {
        "aim": {n: str(v) if isinstance(v, Decimal) else v for n, v in aim.items()},
        "levels": findings.levels,
        "tasks": findings.tasks,
        "shifts": findings.shifts,
        "card": findings.card,
        "tallies": [[alias, task, by_level] for (alias, task), by_level in sorted(tallies.items())],
        "text_gains": None if gains is None else _encoded_gains(gains),
    }
    text = json.dumps(body, sort_keys=True)
    document = {"kind": _KIND, "format": FORMAT, "sha256": _digest(text), "body": json.loads(text)}
    return json.dumps(document, sort_keys=True, indent=1) + "\n"


def read(content: str, *, name: str) -> Saved:
    """Parse and validate a file's content.

    Args:
        content: Content of the file.
        name: Name of the file in errors.

    Raises:
        ConfigurationError: If it is not a predictor, is damaged, or has a newer version.
    """
    try:
        document = json.loads(content)
        foreign = document["kind"] != _KIND
    except (ValueError, TypeError, KeyError):
        foreign = True
    if foreign:
        raise ConfigurationError(f"{name}: is no saved quality predictor; {_MEND}")
    version = document.get("format")
    if version != FORMAT:
        raise ConfigurationError(
            f"{name}: has format {version!r}, this version reads {FORMAT}; upgrade, or fit it again"
        )
    body = document.get("body")
    if document.get("sha256") != _digest(json.dumps(body, sort_keys=True)):
        raise ConfigurationError(f"{name}: is damaged (SHA-256 differs); {_MEND}")
    try:
        aim = {n: Decimal(v) if n == "worth_usd" else float(v) for n, v in body["aim"].items()}
        gains = _gains(body["text_gains"])
        return Saved(_findings(body), gains, _tallies(body["tallies"]), aim)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation) as error:
        raise ConfigurationError(f"{name}: cannot be read; {_MEND}") from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _findings(body: Mapping[str, Any]) -> Findings:
    return Findings(
        levels={alias: Evidence(*numbers) for alias, numbers in body["levels"].items()},
        tasks={
            alias: {task: Evidence(*numbers) for task, numbers in by_task.items()}
            for alias, by_task in body["tasks"].items()
        },
        shifts=body["shifts"],
        card=body["card"],
    )


def _tallies(entries: Any) -> Tallies:
    return {
        (alias, task): {level: Tally(*numbers) for level, numbers in by_level.items()}
        for alias, task, by_level in entries
    }


def _encoded_gains(gains: TextGains) -> dict[str, Any]:
    return {
        "aliases": gains.aliases,
        "tasks": sorted(gains.tasks),
        "centre": _encoded_array(gains.centre),
        "weights": _encoded_array(gains.weights),
    }


def _encoded_array(values: Any) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _gains(body: Mapping[str, Any] | None) -> TextGains | None:
    if body is None:
        return None
    # numpy is imported on first use.
    import numpy as np  # noqa: PLC0415

    from langchain_smartroute.routing.gains import WIDTH, TextGains  # noqa: PLC0415

    centre, weights = (
        np.frombuffer(base64.b64decode(body[name]), "<f4") for name in ("centre", "weights")
    )
    return TextGains(
        aliases=tuple(body["aliases"]),
        tasks=frozenset(body["tasks"]),
        centre=centre.reshape(WIDTH),
        weights=weights.reshape(WIDTH, len(body["aliases"])),
    )
