"""What the body of an answer unpacks to, counted: a few compressed bytes may be very many."""

from __future__ import annotations

from typing import Any, Final

from langchain_smartroute.errors import AnswerTooLongError
from langchain_smartroute.execution.http_packages import http as _http

__all__ = ["CappedDecoder", "name_encodings"]

_BYTES_BESIDE: Final = 1_000_000
_BYTES_PER_CHAR: Final = 64
"""Bytes of a plain body for each character of the longest accepted answer.

An escaped character takes six, one with log-probabilities far more.
"""

_ALL_AT_ONCE: Final = _http.__name__ == "httpx"
"""Whether the client's package unpacks all that it is given before it gives any of it back."""

_PART: Final = 256
"""Bytes that it is given then: those of zstd may be 30,000 times as many, so 8 MB."""

_READABLE: Final[frozenset[str]] = frozenset(_http._decoders.SUPPORTED_DECODERS)  # noqa: SLF001 - httpx offers no other way
_PACKAGES: Final = {"br": "brotli", "zstd": "zstandard"}
_SYNONYMS: Final = {"x-gzip": "gzip"}  # RFC 9110, section 8.4.1.3
_NO_PACKING: Final = frozenset({"utf-8", "utf8", "none", "aws-chunked", "binary", "8bit", "7bit"})
"""What some servers write there although the body is plain."""


def name_encodings(response: Any) -> None:
    """Check how a body is compressed, as the client passes on what it cannot unpack.

    Args:
        response: An httpx response whose body is unread.

    Raises:
        httpx.DecodingError: Naming the encoding and what to install. A response that is an error
            has its status, and raises nothing.
    """
    encoding = response.headers.get("content-encoding")
    if not encoding:
        return
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [_SYNONYMS.get(name, name) for name in names]
    response.headers["content-encoding"] = ", ".join(names)
    unknown = [name for name in names if name and name not in _READABLE | _NO_PACKING]
    if unknown and response.is_success:
        advice = f"; install {_PACKAGES[unknown[0]]}" if unknown[0] in _PACKAGES else ""
        raise _http.DecodingError(
            f"the answer's Content-Encoding is {', '.join(unknown)!r}, which cannot be unpacked"
            f" here{advice}"
        )


class CappedDecoder:
    """Unpacks a body, and counts what comes of it: a few compressed bytes may be very many.

    Args:
        inner: Unpacks it.
        max_chars: The longest answer that is accepted.
        by_line: Whether lines are counted, each by itself: a stream's text is counted as it
            comes, but nothing of it before its line ends.
    """

    def __init__(self, inner: Any, *, max_chars: int, by_line: bool) -> None:
        self._inner = inner
        self._chars = max_chars
        self._most = _BYTES_BESIDE + _BYTES_PER_CHAR * max_chars
        self._by_line = by_line
        self._size = 0

    def decode(self, data: bytes) -> Any:
        """What a part of a body unpacks to."""
        if not _ALL_AT_ONCE:
            return self._counted(self._inner.decode(data))
        parts = (data[i : i + _PART] for i in range(0, len(data), _PART))
        return b"".join([self._count(self._inner.decode(part)) for part in parts])

    def flush(self) -> Any:
        """What was held back."""
        return self._counted(self._inner.flush())

    def _counted(self, unpacked: Any) -> Any:
        # Version 2 of httpx gives it in pieces.
        return self._count(unpacked) if isinstance(unpacked, bytes) else map(self._count, unpacked)

    def _count(self, part: bytes) -> bytes:
        ended = part.rfind(b"\n") if self._by_line else -1
        self._size = self._size + len(part) if ended < 0 else len(part) - ended - 1
        if self._size > self._most:
            raise AnswerTooLongError(
                f"the answer was still going on after {self._most:,} bytes, where"
                f" max_answer_chars = {self._chars:,}; raise the limit if such answers are wanted",
                limit_chars=self._chars,
            )
        return part
