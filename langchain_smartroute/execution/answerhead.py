"""Parses the head of an HTTP/1.1 answer and the framing of its body.

An answer whose body has an ambiguous end is rejected, as in h11, because the next answer starts
there (RFC 9112, sections 4 to 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["CUT", "LONGEST_HEAD", "AnswerHead", "BadAnswerError", "read_chunks", "read_head"]

CUT: Final = "peer closed connection without sending complete message body"
"""httpcore's message for a truncated answer, by which such errors are recognised."""

LONGEST_HEAD: Final = 102_400
"""Maximum bytes of a head, as in httpcore."""

_SWITCHES: Final = 101
"""Status after which HTTP ends on a connection, so that no answer follows."""

_STATUS: Final = re.compile(rb"(HTTP/1\.[01]) ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH: Final = re.compile(rb"[0-9]{1,20}")
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")

_Headers = list[tuple[bytes, bytes]]


class BadAnswerError(ValueError):
    """A server's answer is invalid."""


@dataclass(slots=True, kw_only=True)
class AnswerHead:
    """The head of an answer.

    Attributes:
        version: `HTTP/1.1` or `HTTP/1.0`.
        status: Status code.
        reason: Reason phrase.
        headers: Headers in their order.
        chunked: Whether the body has chunked encoding.
        length: Length of the body in bytes; `None`: it is chunked, or ends with the connection.
        keeps_open: Whether the connection can be used again after the body.
    """

    version: bytes
    status: int
    reason: bytes
    headers: _Headers
    chunked: bool
    length: int | None
    keeps_open: bool


def read_head(reader: Any, *, method: str) -> AnswerHead:
    """Read the head of the final answer, skipping informational ones (1xx).

    Args:
        reader: A buffered reader.
        method: Method of the request.

    Raises:
        BadAnswerError: If it is invalid, truncated, too long, or has an ambiguous body length.
    """
    while True:
        left = LONGEST_HEAD
        line = reader.readline(left)
        if not line:
            raise BadAnswerError("Server disconnected without sending a response.")
        found = _STATUS.fullmatch(line)
        if found is None:
            raise BadAnswerError("the server does not answer in HTTP/1.1")
        version, status, reason = found[1], int(found[2]), found[3] or b""
        headers = _headers(reader, left - len(line))
        if status == _SWITCHES:
            raise BadAnswerError("the server goes over to another protocol, unasked")
        if status >= 200:  # noqa: PLR2004 - what is below announces an answer
            break
    bodiless = method == "HEAD" or status in (204, 304)
    chunked, length = _framing(headers)
    if bodiless:
        chunked, length = False, 0
    has_end = chunked or length is not None
    return AnswerHead(
        version=version,
        status=status,
        reason=reason,
        headers=headers,
        chunked=chunked,
        length=length,
        keeps_open=has_end and _keeps_open(version, headers, chunked=chunked),
    )


def read_chunks(reader: Any, most: int) -> Iterator[bytes]:
    """Read a chunked body to its end.

    Args:
        reader: A buffered reader, positioned after the head.
        most: Maximum number of bytes per item.

    Raises:
        BadAnswerError: If it is invalid or truncated.
    """
    while True:
        line = reader.readline(LONGEST_HEAD)
        found = _SIZE.fullmatch(line)
        if found is None:
            raise BadAnswerError(_cut_or(line, "the size of a chunk cannot be read"))
        left = int(found[1], 16)
        if not left:
            _headers(reader, LONGEST_HEAD, cut=CUT)
            return
        while left:
            part = reader.read1(min(most, left))
            if not part:
                raise BadAnswerError(CUT)
            left -= len(part)
            yield part
        line = reader.readline(2)
        if line not in (b"\r\n", b"\n"):
            raise BadAnswerError(CUT if line in (b"", b"\r") else "a chunk is longer than was said")


def _cut_or(line: bytes, fault: str) -> str:
    """The error for an invalid line: truncation if its end is missing, else the given fault."""
    is_cut = not line.endswith(b"\n") and len(line) < LONGEST_HEAD
    return CUT if is_cut else fault


def _headers(reader: Any, left: int, *, cut: str = "the head of the answer is cut off") -> _Headers:
    found: _Headers = []
    while True:
        line = reader.readline(left)
        left -= len(line)
        if not line.endswith(b"\n"):
            raise BadAnswerError(cut if left else "the head of the answer is too long")
        line = line.rstrip(b"\r\n")
        if not line:
            return found
        name, colon, value = line.partition(b":")
        if line[:1] in b" \t" and found:
            # A folded header line, which is obsolete.
            found[-1] = (found[-1][0], found[-1][1] + b" " + line.strip())
        elif colon and _NAME.fullmatch(name):
            found.append((name, value.strip(b" \t")))
        else:
            raise BadAnswerError("a header of the answer cannot be read")


def _framing(headers: _Headers) -> tuple[bool, int | None]:
    """Whether a body is chunked, and its length otherwise."""
    encodings = [value.lower() for name, value in headers if name.lower() == b"transfer-encoding"]
    if encodings:
        if encodings != [b"chunked"]:
            raise BadAnswerError("the answer has an unknown transfer encoding")
        return True, None
    values = [value for name, value in headers if name.lower() == b"content-length"]
    # Equal lengths may also be joined, for example by a proxy.
    lengths = {length.strip(b" \t") for value in values for length in value.split(b",")}
    if not lengths:
        return False, None
    (length, *others) = lengths
    if others or not _LENGTH.fullmatch(length):
        raise BadAnswerError("the length of the answer cannot be read")
    return False, int(length)


def _keeps_open(version: bytes, headers: _Headers, *, chunked: bool) -> bool:
    if chunked and any(name.lower() == b"content-length" for name, _ in headers):
        # Chunks count; but something on the way may count otherwise where the next answer begins.
        return False
    values = [value.lower() for name, value in headers if name.lower() == b"connection"]
    return version == b"HTTP/1.1" and not any(b"close" in value for value in values)
