"""A deterministic substitute for a tokenizer and a provider's prompt cache.

A prompt has about one token per four characters, and one per Chinese, Japanese or Korean
character. An answer is cut into word-sized pieces, and each piece is one token of the stream,
of `max_tokens` and of the usage.
"""

from __future__ import annotations

import hashlib
import re
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PromptCache", "count_tokens", "pieces"]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_PIECE = re.compile(rf"\s*(?:[{_CJK}]|[^\s{_CJK}]{{1,6}})|\s+")

_CACHE_MINIMUM = 1024
_CACHE_STEP = 128
_CACHE_KEPT = 4096


def count_tokens(text: str) -> int:
    """Count the tokens of a prompt's text."""
    dense = 0 if text.isascii() else len(_CJK_CHARACTER.findall(text))
    return dense + (len(text) - dense + 3) // 4


def pieces(text: str) -> tuple[str, ...]:
    """Split an answer into tokens, whose concatenation is the text."""
    return tuple(_PIECE.findall(text))


class _Counted(Protocol):
    """A message with its size."""

    @property
    def tokens(self) -> int:
        """Number of tokens."""


class PromptCache:
    """The long prompt prefixes that each model has received. Thread-safe.

    Like OpenAI's: prefixes from 1,024 tokens, reported in steps of 128. A
    prefix here is a number of whole leading messages.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[bytes, None] = {}

    def read(self, model: str, messages: Sequence[_Counted]) -> int:
        """Return the number of cached tokens of a model's prompt, and cache the prompt.

        Messages are compared by their repr.
        """
        if sum(message.tokens for message in messages) < _CACHE_MINIMUM:
            return 0
        digest = hashlib.blake2b(model.encode(), digest_size=16)
        total = cached = 0
        with self._lock:
            for message in messages:
                digest.update(repr(message).encode("utf-8", "replace") + b"\0")
                total += message.tokens
                if total < _CACHE_MINIMUM:
                    continue
                if digest.digest() in self._seen:
                    cached = total
                self._seen[digest.digest()] = None
            while len(self._seen) > _CACHE_KEPT:
                del self._seen[next(iter(self._seen))]
        return cached - cached % _CACHE_STEP

    def clear(self) -> None:
        """Forget every prefix."""
        with self._lock:
            self._seen.clear()
