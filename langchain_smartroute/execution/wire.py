"""A fast blocking HTTP/1.1 transport, with half of the CPU time of httpcore.

In httpcore and h11 a request passes some two hundred functions. Here its head and body are sent
in one write, and `answerhead` parses the answer. Connecting, encryption and waiting use
httpcore's network backend, and the client is still httpx's (redirects, decoding, hooks).
Requests with a streamed body, and all requests by a proxy, use httpcore.

The number of connections is not limited here; of idle ones few are kept (`idle`).

As in httpcore, a request is never sent twice, even if an idle connection turns out to be
closed, as the provider may have billed it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final

from langchain_smartroute.execution.answerhead import (
    CUT,
    AnswerHead,
    BadAnswerError,
    read_chunks,
    read_head,
)
from langchain_smartroute.execution.http_packages import core as _core
from langchain_smartroute.execution.http_packages import http as _http
from langchain_smartroute.execution.idle import IdleConnections, Origin

__all__ = ["WireTransport"]

_PORTS: Final = {b"http": 80, b"https": 443}
_PART: Final = 65_536
"""Maximum number of bytes of a body per chunk."""

_NOT_PLAIN: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade"})
_NAMES: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+(?::[!#$%&'*+.^_`|~0-9a-z-]+)*")
_NOT_SENT: Final = re.compile(rb"[\0\r\n]")
"""Headers that need httpcore; the pattern of names, joined by colons; characters forbidden in
values."""


class WireTransport(_http.BaseTransport):  # type: ignore[misc] # of either package
    """Sends the requests of a blocking client.

    Args:
        inner: The client's own transport, for all other requests.
        backend: Opens connections with limited waits.
        trusted: TLS context with the trusted certificates.
    """

    def __init__(self, inner: Any, *, backend: Any, trusted: Any) -> None:
        self._inner = inner
        self._backend = backend
        self._trusted = trusted
        self._trusted.set_alpn_protocols(["http/1.1"])
        self.unused: IdleConnections[_Connection] = IdleConnections()

    def handle_request(self, request: Any) -> Any:
        """Send a request; returns the response before its body is read."""
        headers = request.headers.raw
        url, stream = request.url, request.stream
        port = _PORTS.get(url.raw_scheme)
        if port is None or not isinstance(stream, _http.ByteStream) or not _is_plain(headers):
            return self._inner.handle_request(request)
        origin = (url.raw_scheme, url.raw_host, url.port or port)
        timeouts = request.extensions.get("timeout") or {}
        head = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), url.raw_path)]
        head += [b"%s: %s" % pair for pair in headers]
        sent = b"\r\n".join([*head, b"", b"".join(stream)])
        connection = self._usable(origin)
        try:
            connection = connection or self._opened(origin, timeouts)
            is_sent = connection.wire.send(sent, timeouts.get("write"))
            answer = connection.answer(request.method, timeouts.get("read"))
            answer.keeps_open = answer.keeps_open and is_sent
        except BaseException as error:
            # The connection's position in an answer is unknown then.
            if connection is not None:
                connection.close()
            _raise_meaning_of(error)
            raise
        return _http.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection, self),
            extensions={
                "http_version": answer.version,
                "reason_phrase": answer.reason,
                "network_stream": connection.wire.stream,
            },
        )

    def close(self) -> None:
        """Close idle connections."""
        self.unused.close()
        self._inner.close()

    def _usable(self, origin: Origin) -> _Connection | None:
        """An idle connection that its server has not closed; others are closed here."""
        while (connection := self.unused.take(origin)) is not None:
            if not connection.has_ended():
                return connection
            connection.close()
        return None

    def _opened(self, origin: Origin, timeouts: dict[str, float | None]) -> _Connection:
        scheme, host, port = origin
        name, seconds = host.decode("ascii"), timeouts.get("connect")
        stream = self._backend.connect_tcp(name, port, seconds)
        if scheme == b"https":
            stream = stream.start_tls(self._trusted, name, seconds)
        return _Connection(origin, stream)


class _Wire(io.RawIOBase):
    """A connection as a raw stream for a buffered reader."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.seconds: float | None = None
        self.is_shut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_shut:
            return None
        data = self.stream.read(len(buffer), self.seconds)
        buffer[: len(data)] = data
        return len(data)

    def send(self, data: bytes, seconds: float | None) -> bool:
        """Send bytes; returns whether all were sent, as a server may answer before that."""
        try:
            self.stream.write(data, seconds)
        except _core.WriteError:
            return False
        return True


class _Connection:
    """An open connection to a server.

    Attributes:
        origin: Scheme, host and port of the server.
        wire: Its raw stream.
        reader: Buffered reader of the stream.
        kept_since: Time since which it is idle.
    """

    def __init__(self, origin: Origin, stream: Any) -> None:
        self.origin = origin
        self.wire = _Wire(stream)
        self.reader = io.BufferedReader(self.wire, _PART)
        self.kept_since = 0.0

    def has_more(self) -> bool:
        """Whether bytes have arrived that belong to no request."""
        self.wire.is_shut = True
        try:
            return bool(self.reader.peek(1))
        finally:
            self.wire.is_shut = False

    def has_ended(self) -> bool:
        """Whether its server has closed it or sent unexpected bytes, which makes it readable."""
        return bool(self.wire.stream.get_extra_info("is_readable"))

    def answer(self, method: str, seconds: float | None) -> AnswerHead:
        """Read the head of an answer."""
        self.wire.seconds = seconds
        return read_head(self.reader, method=method)

    def close(self) -> None:
        """Close it."""
        self.wire.stream.close()


class _Body(_http.SyncByteStream):  # type: ignore[misc] # as above
    """The body of an answer; its connection becomes idle when it has been read."""

    def __init__(self, answer: AnswerHead, connection: _Connection, sender: WireTransport) -> None:
        self._answer = answer
        self._connection: _Connection | None = connection
        self._sender = sender
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        connection = self._connection
        if connection is None:
            return
        try:
            yield from self._parts(connection.reader)
        except BaseException as error:
            connection.close()
            _raise_meaning_of(error)
            raise
        self._is_over = True

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._is_over and self._answer.keeps_open and not connection.has_more():
            self._sender.unused.give(connection)
        else:
            connection.close()

    def _parts(self, reader: Any) -> Iterator[bytes]:
        left = self._answer.length
        if self._answer.chunked:
            yield from read_chunks(reader, _PART)
        elif left is None:
            while part := reader.read1(_PART):
                yield part
        else:
            while left:
                part = reader.read1(min(_PART, left))
                if not part:
                    raise BadAnswerError(f"{CUT} ({left} bytes are missing)")
                left -= len(part)
                yield part


def _is_plain(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether headers are valid; h11 raises the error for others."""
    names = [name.lower() for name, _ in headers]
    return (
        _NAMES.fullmatch(b":".join(names)) is not None
        and _NOT_PLAIN.isdisjoint(names)
        and _NOT_SENT.search(b"".join([value for _, value in headers])) is None
    )


def _raise_meaning_of(error: BaseException) -> None:
    """Raise errors of connections and the parser as httpx's; others are not changed."""
    if isinstance(error, BadAnswerError):
        raise _http.RemoteProtocolError(str(error)) from error
    kind: Any = _CORE.get(type(error))
    if kind is not None:
        raise kind(str(error)) from error


_CORE: Final[dict[type[BaseException], Any]] = {
    kind: getattr(_http, name)
    for name, kind in vars(_core).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and hasattr(_http, name)
}
"""httpcore's errors → httpx's with the same names."""
