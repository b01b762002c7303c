"""HTTP clients of the models that the router builds, limited in time, size and destination.

- A blocking client waits for bytes no longer than the attempt's remaining time, as its own
  timeout restarts with every byte. (An asynchronous call is cancelled instead.)
- A plain answer far above the maximum length is not read to its end.
- An abandoned call is interrupted, also while it waits for bytes.
- A redirect to another host is refused, as prompt and key must not be sent there.

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
from weakref import WeakSet

from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

from langchain_smartroute.catalog import ANSWERED
from langchain_smartroute.errors import ConfigurationError, ForeignRedirectError
from langchain_smartroute.execution.bounds import TimeLimits, attempt_bounds
from langchain_smartroute.execution.clients import Transport
from langchain_smartroute.execution.http_packages import core as _core
from langchain_smartroute.execution.http_packages import http as _http
from langchain_smartroute.execution.one_piece import is_named_otherwise, name_as_json
from langchain_smartroute.execution.unpacking import CappedDecoder, name_encodings
from langchain_smartroute.execution.unsaid import listener
from langchain_smartroute.execution.wire import WireTransport
from langchain_smartroute.types import LoopClients, in_forked_process

__all__ = ["BoundedBackend", "async_client", "blocking_client", "timeout_of"]

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables for trusted certificates; the first one set counts."""

_POSTED_AGAIN: Final = {301: 308, 302: 307}
"""Status of a redirect → that of the same redirect after which a client keeps the method."""

_MOST_REDIRECTS: Final = 3
"""How often a host may send a request on, as each time the whole prompt is sent again."""

_pools: Final[WeakSet[Any]] = WeakSet()

_POOL: Final = _http.Limits(max_connections=None, max_keepalive_connections=100)
"""Unlimited connections, as concurrency is limited elsewhere.

Few idle ones, as httpcore checks each of them before a request.
"""


def timeout_of(limits: TimeLimits) -> Any:
    """A client's own timeouts; a plain answer may be silent until it is complete."""
    return _http.Timeout(limits.timeout_s, connect=limits.connect_timeout_s, pool=None)


@cache
def blocking_client() -> Any:
    """The client for all blocking calls of this process."""
    client = DefaultHttpxClient(verify=_trusted(), event_hooks={"response": [_receive]})
    client.max_redirects = _MOST_REDIRECTS
    _bind_reads(client)
    backend = BoundedBackend(_core.SyncBackend())
    client._transport = WireTransport(client._transport, backend=backend, trusted=_trusted())  # noqa: SLF001 - a transport as argument would switch proxies off
    atexit.register(client.close)
    return client


def async_client(loop: asyncio.AbstractEventLoop | None, transport: Transport = "httpx") -> Any:
    """The client of an event loop; it is closed with the loop.

    Args:
        loop: The running loop; `None`: a client that is never used.
        transport: Its HTTP transport.
    """
    return _unused_async_client() if loop is None else _clients_of(transport).of_loop(loop)


@cache
def _clients_of(transport: Transport) -> LoopClients:
    def build() -> Any:
        kind: Any = DefaultAsyncHttpxClient
        if transport == "aiohttp":
            # This module imports the extra's package.
            from langchain_smartroute.execution.aio import AioClient as kind  # noqa: N813, PLC0415
        client = kind(verify=_trusted(), event_hooks={"response": [_areceive]}, limits=_POOL)
        client.max_redirects = _MOST_REDIRECTS
        return client

    return LoopClients(build)


@cache
def _unused_async_client() -> Any:
    """A placeholder for the asynchronous client of a model that makes only blocking calls."""
    return DefaultAsyncHttpxClient(verify=_trusted())


@cache
def _trusted() -> Any:
    """The trusted certificates, loaded once, as that takes tens of milliseconds."""
    try:
        return _http.create_ssl_context()
    except OSError as error:
        named = (f"{n} = {os.environ[n]!r}" for n in _CERTIFICATES if os.environ.get(n))
        raise ConfigurationError(
            f"{next(named, 'certifi')}: the trusted certificates cannot be read ({error}); name a"
            " file of certificates in PEM, or unset the variable"
        ) from error


def _bind_reads(client: Any) -> None:
    """Limit every wait of a client's connections, in this process, by the attempt's time."""
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - httpx offers no other way
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = BoundedBackend(pool._network_backend)  # noqa: SLF001 - as above
            _pools.add(pool)


def _forget_connections() -> None:
    """Drop what a forked process has of its parent: connections to a proxy, and a held lock."""
    for pool in list(_pools):
        pool._connections, pool._requests = [], []  # noqa: SLF001 - httpcore offers no other way
        pool._optional_thread_lock = type(pool._optional_thread_lock)()  # noqa: SLF001 - as above


in_forked_process(_forget_connections)


class BoundedBackend:
    """Opens connections whose waits are limited by the current attempt.

    Args:
        inner: The backend that opens them.
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
        """Wake up a thread that waits for bytes; `close` is not safe from another thread."""
        connection = self._inner.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                # Not TLS's own shutdown, which would break the connection during a read.
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
    """The shorter of a client's own timeout and the attempt's remaining time."""
    bounds = attempt_bounds.get()
    left = None if bounds is None else bounds.remaining_s
    if left is None:
        return timeout
    if left <= 0:
        raise expired("the attempt's time is up")
    return left if timeout is None else min(timeout, left)


def _receive(response: Any) -> None:
    if _check(response):
        response.read()
        name_as_json(response)
    elif response.is_error:
        # The status counts, although the body is cut or cannot be unpacked.
        try:
            response.read()
        except _http.RequestError:
            response.close()
            response._content = b""  # noqa: SLF001 - httpx offers no other way


async def _areceive(response: Any) -> None:
    if _check(response):
        await response.aread()
        name_as_json(response)
    elif response.is_error:
        # As above.
        try:
            await response.aread()
        except _http.RequestError:
            await response.aclose()
            response._content = b""  # noqa: SLF001 - as above


def _check(response: Any) -> bool:
    """Check a response before its body is read; returns whether to make JSON of it."""
    _refuse_foreign_redirect(response)
    bounds = attempt_bounds.get()
    if response.is_success:
        if bounds is not None:
            bounds.answers = True
        response.request.extensions[ANSWERED] = True
        end = listener.get()
        if end is not None:
            end.has_begun = True
    name_encodings(response)
    in_one_piece = response.is_success and is_named_otherwise(response)
    if bounds is not None:
        response._decoder = CappedDecoder(  # noqa: SLF001 - httpx offers no other way
            response._get_content_decoder(),  # noqa: SLF001 - as above
            max_chars=bounds.max_answer_chars,
            by_line=not in_one_piece and "event-stream" in response.headers.get("content-type", ""),
        )
    return in_one_piece


def _refuse_foreign_redirect(response: Any) -> None:
    if not response.has_redirect_location:
        return
    asked = response.request.url
    wanted = asked.join(response.headers["location"])
    same_port = wanted.port == asked.port
    if wanted.host == asked.host and same_port and wanted.scheme in (asked.scheme, "https"):
        # As browsers do, the client would fetch with GET what was posted.
        response.status_code = _POSTED_AGAIN.get(response.status_code, response.status_code)
        return
    raise ForeignRedirectError(
        f"{asked.netloc.decode('ascii')} redirected the request to"
        f" {wanted.scheme}://{wanted.netloc.decode('ascii')},"
        " which was not followed, as prompt and key are meant for the configured host; set"
        " base_url to the address that answers"
    )
