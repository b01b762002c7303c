"""HTTP clients of the models that the router builds: bounded in time, size and place.

- A blocking client waits for each byte as long as the attempt may still take, and no
  longer: its own time-out begins anew with every byte. (An asynchronous call is
  cancelled instead.)
- A plain answer far longer than any that would be accepted is not read to its end.
- A call that nobody waits for any more is broken off, also while it waits for bytes.
- A redirect to another host is refused: neither prompt nor key are meant for it.

An asynchronous client belongs to one event loop (`loops`). With the extra `fast` its
connections are aiohttp's (`aio`), else httpcore's.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
from contextlib import suppress
from functools import cache
from typing import Any, Final

from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

from langchain_smartroute.errors import (
    AnswerTooLongError,
    ConfigurationError,
    ForeignRedirectError,
)
from langchain_smartroute.execution.bounds import TimeLimits, attempt_bounds
from langchain_smartroute.execution.clients import Transport
from langchain_smartroute.execution.http_packages import core as _core
from langchain_smartroute.execution.http_packages import http as _http
from langchain_smartroute.execution.loops import LoopClients
from langchain_smartroute.execution.wire import WireTransport

__all__ = ["BoundedBackend", "async_client", "blocking_client", "timeout_of"]

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables that name what is trusted; the first one counts."""

_BYTES_BESIDE: Final = 1_000_000
_BYTES_PER_CHAR: Final = 64
"""Bytes of a plain body for each character of the longest accepted answer.

An escaped character takes six, one with log-probabilities far more.
"""

_POOL: Final = _http.Limits(max_connections=None, max_keepalive_connections=100)
"""As many connections as there are calls at a time: who limits calls does so above.

Of unused ones httpcore looks at each before a request, so that more would cost time.
"""


def timeout_of(limits: TimeLimits) -> Any:
    """A client's own time-outs; a whole answer may be silent until it is complete."""
    return _http.Timeout(limits.timeout_s, connect=limits.connect_timeout_s, pool=None)


@cache
def blocking_client() -> Any:
    """The client of all blocking calls of this process."""
    client = DefaultHttpxClient(verify=_trusted(), event_hooks={"response": [_receive]})
    _bind_reads(client)
    backend = BoundedBackend(_core.SyncBackend())
    client._transport = WireTransport(client._transport, backend=backend, trusted=_trusted())  # noqa: SLF001 - a transport as argument would switch proxies off
    atexit.register(client.close)
    return client


def async_client(loop: asyncio.AbstractEventLoop | None, transport: Transport = "httpx") -> Any:
    """The client of an event loop; it is closed with the loop.

    Args:
        loop: The loop that runs here; `None`: a client that nobody calls.
        transport: Whose connections it uses.
    """
    return _unused_async_client() if loop is None else _clients_of(transport).of_loop(loop)


@cache
def _clients_of(transport: Transport) -> LoopClients:
    def build() -> Any:
        kind: Any = DefaultAsyncHttpxClient
        if transport == "aiohttp":
            # The package of the extra is imported in there.
            from langchain_smartroute.execution.aio import AioClient as kind  # noqa: N813, PLC0415
        return kind(verify=_trusted(), event_hooks={"response": [_areceive]}, limits=_POOL)

    return LoopClients(build)


@cache
def _unused_async_client() -> Any:
    """Stands for the asynchronous client of a model that makes only blocking calls."""
    return DefaultAsyncHttpxClient(verify=_trusted())


@cache
def _trusted() -> Any:
    """The certificates that are trusted, read once: it takes tens of milliseconds."""
    try:
        return _http.create_ssl_context()
    except OSError as error:
        named = (f"{n} = {os.environ[n]!r}" for n in _CERTIFICATES if os.environ.get(n))
        raise ConfigurationError(
            f"{next(named, 'certifi')}: the trusted certificates cannot be read ({error}); name a"
            " file of certificates in PEM, or unset the variable"
        ) from error


def _bind_reads(client: Any) -> None:
    """Make every connection of a client wait as the attempt's clock says."""
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - httpx offers no other way
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = BoundedBackend(pool._network_backend)  # noqa: SLF001 - as above


class BoundedBackend:
    """Opens connections whose every wait is bounded by the attempt that waits.

    Args:
        inner: Opens them.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> Any:
        """Open a connection."""
        opened = self._inner.connect_tcp(
            host,
            port,
            timeout=_bounded(timeout, _core.ConnectTimeout),
            local_address=local_address,
            socket_options=socket_options,
        )
        return _BoundedStream(opened)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> Any:
        """Open a connection to a socket of this machine."""
        wait = _bounded(timeout, _core.ConnectTimeout)
        return _BoundedStream(self._inner.connect_unix_socket(path, wait, socket_options))

    def sleep(self, seconds: float) -> None:
        """Wait between two attempts to connect."""
        self._inner.sleep(seconds)


class _BoundedStream:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        wait = _bounded(timeout, _core.ReadTimeout)
        bounds = attempt_bounds.get()
        if bounds is None:
            return bytes(self._inner.read(max_bytes, wait))
        bounds.breaks = self._break_off
        try:
            bounds.stop_if_left()
            return bytes(self._inner.read(max_bytes, wait))
        finally:
            bounds.breaks = None
            bounds.stop_if_left()

    def _break_off(self) -> None:
        """Wake up whoever waits for bytes; another thread may do so, which `close` is not for."""
        connection = self._inner.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                # Not that of TLS, which would take the connection apart below its reader.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _bounded(timeout, _core.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        wait = _bounded(timeout, _core.ConnectTimeout)
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, wait))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _bounded(timeout: float | None, expired: type[Exception]) -> float | None:
    """The shorter of a client's own time-out and what is left to the attempt."""
    bounds = attempt_bounds.get()
    left = None if bounds is None else bounds.remaining_s
    if left is None:
        return timeout
    if left <= 0:
        raise expired("the attempt's time is up")
    return left if timeout is None else min(timeout, left)


def _receive(response: Any) -> None:
    """Look at a response before its body is read."""
    _refuse_foreign_redirect(response)
    bounds = attempt_bounds.get()
    if bounds is not None:
        response._decoder = _CappedDecoder(  # noqa: SLF001 - httpx offers no other way
            response._get_content_decoder(),  # noqa: SLF001 - as above
            max_chars=bounds.max_answer_chars,
            by_line="event-stream" in response.headers.get("content-type", ""),
        )


async def _areceive(response: Any) -> None:
    _receive(response)


def _refuse_foreign_redirect(response: Any) -> None:
    if not response.has_redirect_location:
        return
    asked = response.request.url
    wanted = asked.join(response.headers["location"])
    same_port = wanted.port == asked.port
    if wanted.host == asked.host and same_port and wanted.scheme in (asked.scheme, "https"):
        return
    raise ForeignRedirectError(
        f"{asked.host} redirected the request to {wanted.host}, which was not followed, as prompt"
        " and key are meant for the configured host; set base_url to the address that answers"
    )


class _CappedDecoder:
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
        return self._counted(self._inner.decode(data))

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
