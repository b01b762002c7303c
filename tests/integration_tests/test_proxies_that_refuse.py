"""A proxy between the router and its servers that wants authentication."""

from __future__ import annotations

import logging

import pytest
from scripted import PRICE, call, delta, plain, router_of, streamed

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.execution import transport as http

EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
TRANSPORTS = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])
PAGE = b"<html>Who are you?</html>"
REFUSED = (
    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
    b'Proxy-Authenticate: Basic realm="house"\r\nContent-Type: text/html\r\n'
    b"Content-Length: %d\r\n\r\n" % len(PAGE)
) + PAGE


@pytest.fixture
def proxy(serve, monkeypatch):
    """Refuses all; the address of the environment holds a password that it does not accept."""
    server = serve(REFUSED)
    at = server.url.removesuffix("/v1").replace("//", "//ann:of-somebody@")
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, at)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # The clients of the process were made without it.
    http.blocking_client.cache_clear()
    yield server
    http.blocking_client.cache_clear()


class Elsewhere:
    """A server that is reached by the proxy alone."""

    def __init__(self, scheme):
        self.url = f"{scheme}://models.invalid/v1"


@EVERY_WAY
@TRANSPORTS
@SCHEMES
def test_a_proxy_that_wants_authentication_is_named(proxy, way, transport, scheme):
    """It was "the request itself was refused", or a connection error that was tried again."""
    router = router_of(Elsewhere(scheme), api_key="none", transport=transport)
    with pytest.raises(Exception, match=r"407|onnection error|Who are you") as told:
        call(router, way)
    (note,) = told.value.__notes__
    assert "the proxy on the way wants authentication, and no other endpoint is left" in note
    assert f"set {scheme.upper()}_PROXY=http://name:password@host:port" in note
    assert "NO_PROXY" in note
    assert "of-somebody" not in f"{note}{told.value}"
    assert proxy.asked == 1


@EVERY_WAY
@TRANSPORTS
@SCHEMES
def test_a_server_that_needs_no_proxy_is_asked_next(proxy, serve, way, transport, scheme, caplog):  # noqa: PLR0917 - of fixtures
    other = serve(
        streamed(delta("fine", "stop"), "data: [DONE]\n\n") if "stream" in way else plain()
    )
    models = {"one": {"prices": [PRICE]}, "two": {"prices": [PRICE], "base_url": other.url}}
    router = SmartRouterRunnable.from_catalog(
        base_url=Elsewhere(scheme).url,
        api_key="none",
        catalog={"models": models, "default": "one"},
        transport=transport,
    )
    with caplog.at_level(logging.WARNING):
        answer = call(router, way)
    (first, second) = answer.response_metadata["smartroute"]["attempts"]
    assert (first["outcome"], second["outcome"]) == ("failed", "accepted")
    assert "the proxy wants authentication" in first["reason"]
    assert first["cost"] == "0"
    assert any("the proxy wants authentication" in r.getMessage() for r in caplog.records)
    assert proxy.asked == 1
