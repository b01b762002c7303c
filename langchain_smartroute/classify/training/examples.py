"""Labelled prompts: reading, validation, deduplication, and a hash of the data.

One JSON object a line: `text` and `task`; where known `difficulty`, `source` (who
or what it comes from; the file's name where left out), `lang`, `templated`,
`shippable` and `license`. Rows with `shippable: false` are used for evaluation but not for
training.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import DIFFICULTIES, Difficulty

__all__ = ["Example", "capped", "data_hash", "family_of", "read_examples"]

_ENDINGS = (".jsonl", ".jsonl.gz")
_ONE_ORIGIN = ("gsm", "xquad", "conala", "codealpaca", "alpaca", "logiqa")
_COLLECTIONS = ("t0-", "llmrouter-", "hellobench-")
"""Name patterns of sources of one origin: several copies of a benchmark, or the datasets of one
collection, which share its templates and style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled prompt.

    Attributes:
        text: The prompt.
        task: The task that it asks for.
        source: Name of its source.
        part: A part of the source that is balanced as a unit, such as a template.
        lang: The language of the request, ISO 639-1.
        difficulty: How capable a model must be to answer well, where known.
        templated: Whether it was filled into a template.
        shippable: Whether weights trained on it may be published.
        license: Its licence, where known.
        own: Whether it was written for this purpose.
        distracted: Whether it is a copy with a meaningless suffix.

    Example:
        >>> from langchain_smartroute.classify.training import Example
        >>> Example(text="Translate 'hello' to Welsh", task="translation").family
        'unknown'
    """

    text: str = field(repr=False)
    task: str
    source: str = "unknown"
    part: str = ""
    lang: str = "en"
    difficulty: Difficulty | None = None
    templated: bool = False
    shippable: bool = True
    license: str = ""
    own: bool = False
    distracted: bool = False

    @property
    def family(self) -> str:
        """The family of sources, which is left out as a unit in evaluation."""
        return family_of(self.source)


def family_of(source: str) -> str:
    """The family of a source: collections with the same benchmark belong to one family."""
    same = (mark for mark in _ONE_ORIGIN if mark in source)
    collected = (start.rstrip("-") for start in _COLLECTIONS if source.startswith(start))
    return next(same, next(collected, source))


def read_examples(paths: Iterable[str | Path]) -> list[Example]:
    """Read labelled prompts from JSONL files, gzipped ones and folders of them.

    Rows in a folder without a source count as written for this purpose (`own`).

    Args:
        paths: Files or folders.

    Returns:
        The examples, in the order of the paths and of the lines; texts that occur
        twice only once.

    Raises:
        ConfigurationError: Listing everything that cannot be read.
    """
    faults: list[str] = []
    seen: dict[str, Example] = {}
    for path in paths:
        for file in _files_of(Path(path), faults):
            for example in _read_file(file, faults):
                seen.setdefault(example.text, example)
    if not seen and not faults:
        faults.append("data: no labelled prompt in it; give a JSONL file with text and task")
    if faults:
        raise ConfigurationError(*faults[:20])
    return list(seen.values())


def capped(examples: Sequence[Example], *, most: int, seed: int) -> list[Example]:
    """A random sample of at most `most` examples of each source, part and task."""
    groups: dict[tuple[str, str, str], list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.source, example.part, example.task].append(example)
    kept: list[Example] = []
    for key in sorted(groups):
        group = groups[key]
        if len(group) > most and not group[0].own:
            # A fixed seed for reproducible weights; not for security.
            group = random.Random(seed).sample(group, most)  # noqa: S311
        kept += group
    return kept


def data_hash(examples: Iterable[Example]) -> str:
    """SHA-256 over texts, labels and sources, in order."""
    digest = hashlib.sha256()
    for e in examples:
        row = [e.text, e.task, e.source, e.difficulty]
        digest.update(json.dumps(row, ensure_ascii=True).encode() + b"\n")
    return digest.hexdigest()


def _files_of(path: Path, faults: list[str]) -> list[Path]:
    if path.is_dir():
        found = sorted(f for f in path.iterdir() if f.name.endswith(_ENDINGS))
        if not found:
            faults.append(f"data = {str(path)!r}: no .jsonl file in it; name another folder")
        return found
    if not path.is_file():
        faults.append(f"data = {str(path)!r}: no such file; correct the path")
        return []
    return [path]


def _read_file(path: Path, faults: list[str]) -> Iterator[Example]:
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield _example(json.loads(line), path)
                    except (ValueError, TypeError, RecursionError) as error:
                        faults.append(f"{path}, line {number}: {error}; correct or remove it")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        faults.append(f"{path}: cannot be read ({error}); correct the file")


def _example(row: Any, path: Path) -> Example:
    if not isinstance(row, Mapping):
        raise TypeError("must be an object with text and task")
    text, task = row.get("text"), row.get("task")
    if not isinstance(text, str) or not isinstance(task, str) or not text.strip() or not task:
        raise ValueError("text and task must be texts that are not empty")
    difficulty = row.get("difficulty")
    if difficulty not in (None, *DIFFICULTIES):
        raise ValueError(f"difficulty = {difficulty!r} is none of {', '.join(DIFFICULTIES)}")
    source = row.get("source")
    own = source is None
    return Example(
        text=text,
        task=task,
        source=str(source) if source else path.name.removesuffix(".gz").removesuffix(".jsonl"),
        part=str(row.get("label_origin") or "") if row.get("templated") else "",
        lang=str(row.get("lang") or ""),
        difficulty=cast("Difficulty | None", difficulty),
        templated=bool(row.get("templated")),
        shippable=bool(row.get("shippable", True)),
        license=str(row.get("license") or ""),
        own=own,
    )
