"""An asynchronous HTTP transport by `aiohttp`, which takes far less CPU than httpcore.

`openai` ships such a transport (`DefaultAioHttpClient`). This one differs in what the
router relies on:

- A lost connection is reported as such, not as a timeout, so that the same model may be retried.
- Only connections are kept between requests: no cookies, no changes to URLs.
- Host names are resolved like those of other clients in this process.
- A server whose answer aiohttp refuses to read is asked through httpcore from then on: aiohttp is
  stricter than browsers, for example if both a length and chunks are announced.

Needs the extra `fast`; imported when the first asynchronous client is built.
"""

from __future__ import annotations

import inspect
import io
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import aiohttp
import yarl
from openai import DefaultAsyncHttpxClient

from langchain_smartroute.execution.answerhead import CUT, LONGEST_HEAD
from langchain_smartroute.execution.http_packages import http as _http

__all__ = ["AioClient"]

_KEPT_OPEN_S = 5.0
"""How long an unused connection is kept, as httpx keeps it."""

_LARGE_BYTES = 1 << 20
"""Body size from which aiohttp expects an iterator."""

_SIZES = {"max_line_size": LONGEST_HEAD, "max_field_size": LONGEST_HEAD, "max_headers": 500}
_KNOWN = inspect.signature(aiohttp.ClientSession.__init__).parameters
_HEAD: dict[str, Any] = {name: most for name, most in _SIZES.items() if name in _KNOWN}
"""Limits of an answer's head, similar to those of the other connections. Older versions of
aiohttp do not count headers."""

_MEANINGS: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (aiohttp.ConnectionTimeoutError, _http.ConnectTimeout),
    (aiohttp.ServerTimeoutError, _http.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, _http.ProxyError),
    (aiohttp.ClientHttpProxyError, _http.ProxyError),
    (aiohttp.ClientConnectorError, _http.ConnectError),
    (aiohttp.InvalidURL, _http.UnsupportedProtocol),
    (aiohttp.ServerDisconnectedError, _http.RemoteProtocolError),
    (aiohttp.ClientPayloadError, _http.RemoteProtocolError),
    (aiohttp.ClientResponseError, _http.RemoteProtocolError),
    (aiohttp.ClientError, _http.ReadError),
    (ConnectionError, _http.ReadError),
)
"""aiohttp's exception → httpx's; the first match counts."""

_RAISED = tuple(kind for kind, _ in _MEANINGS)

_Stock: Any = DefaultAsyncHttpxClient


class AioClient(_Stock):  # type: ignore[misc] # of either package
    """The asynchronous client of `openai` with its defaults, over aiohttp's connections."""

    def _init_transport(self, *, verify: Any = True, limits: Any = None, **settings: Any) -> Any:
        spare = partial(super()._init_transport, verify=verify, limits=limits, **settings)
        return _AioTransport(verify=verify, limits=limits, spare=spare)

    def _init_proxy_transport(self, proxy: Any, **settings: Any) -> Any:
        if not proxy.url.scheme.startswith("http"):
            # aiohttp does not support SOCKS.
            return super()._init_proxy_transport(proxy, **settings)
        return _AioTransport(
            verify=settings["verify"],
            limits=settings["limits"],
            spare=partial(super()._init_proxy_transport, proxy, **settings),
            proxy=proxy,
        )


class _AioTransport(_http.AsyncBaseTransport):  # type: ignore[misc] # of either package
    """Sends the requests of an httpx client by an aiohttp session.

    Args:
        verify: TLS context with the trusted certificates.
        limits: Limits of the client's connections.
        spare: Builds httpx's own transport, for servers that aiohttp does not understand.
        proxy: Proxy for all requests.
    """

    def __init__(
        self, *, verify: Any, limits: Any, spare: Callable[[], Any], proxy: Any = None
    ) -> None:
        self._context = _http.create_ssl_context(verify)
        self._most = limits.max_connections or 0
        self._proxy = None if proxy is None else str(proxy.url)
        self._for_proxy = {} if proxy is None else _proxy_headers(proxy)
        self._session: aiohttp.ClientSession | None = None
        self._build_spare = spare
        self._spare: Any = None
        self._not_understood: set[tuple[str, bytes]] = set()

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request; returns before the answer's body is read.

        A request is never sent twice here, as the provider may have billed it: the one whose
        answer is not understood fails, and whether it is retried is for the chain to decide.
        """
        server = (request.url.scheme, request.url.netloc)
        if server in self._not_understood:
            self._spare = self._spare or self._build_spare()
            return await self._spare.handle_async_request(request)
        try:
            return await self._send(request)
        except _http.RemoteProtocolError as error:
            if isinstance(error.__cause__, aiohttp.ClientResponseError):
                self._not_understood.add(server)
            raise

    async def _send(self, request: Any) -> Any:
        content = await request.aread()
        waits = request.extensions.get("timeout", {})
        with _translated():
            response = await self._opened().request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=self._headers(request),
                data=(io.BytesIO(content) if len(content) >= _LARGE_BYTES else content) or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    connect=waits.get("pool"),
                    sock_connect=waits.get("connect"),
                    sock_read=waits.get("read"),
                ),
                proxy=self._proxy,
                proxy_headers=self._for_proxy,
            )
        reason = (response.reason or "").encode("ascii", errors="replace")
        return _http.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
        )

    async def aclose(self) -> None:
        """Close all connections."""
        # A session refers to its loop, which it would keep alive.
        session, self._session = self._session, None
        spare, self._spare = self._spare, None
        if session is not None:
            await session.close()
        if spare is not None:
            await spare.aclose()

    def _headers(self, request: Any) -> list[tuple[str, str]]:
        own: list[tuple[str, str]] = request.headers.multi_items()
        # A tunnel has its own headers; a forwarding proxy reads them from the request.
        return own if request.url.scheme == "https" else [*own, *self._for_proxy.items()]

    def _opened(self) -> aiohttp.ClientSession:
        """The session, created by the first request, as it belongs to the running event loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._context,
                limit=self._most,
                keepalive_timeout=_KEPT_OPEN_S,
                resolver=aiohttp.ThreadedResolver(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                **_HEAD,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            )
        return self._session


class _Body(_http.AsyncByteStream):  # type: ignore[misc] # of either package
    """The body of an answer as an asynchronous stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for part in self._response.content.iter_any():
                yield part

    async def aclose(self) -> None:
        # The connection of an answer that was not read to its end is closed.
        self._response.release()


@contextmanager
def _translated() -> Iterator[None]:
    """Raise errors of aiohttp as the corresponding ones of httpx."""
    try:
        yield
    except _RAISED as error:
        fitting = next(meaning for kind, meaning in _MEANINGS if isinstance(error, kind))
        said = str(error) or type(error).__name__
        if isinstance(error, aiohttp.ServerDisconnectedError):
            # Its text may be all that had arrived of a head.
            said = "Server disconnected"
        cut = isinstance(error, aiohttp.ClientPayloadError)
        raise fitting(f"{CUT} ({said})" if cut else said) from error


def _proxy_headers(proxy: Any) -> dict[str, str]:
    headers = dict(proxy.headers)
    if proxy.auth is not None:
        secret = b64encode(":".join(proxy.auth).encode()).decode()
        headers["Proxy-Authorization"] = f"Basic {secret}"
    return headers
