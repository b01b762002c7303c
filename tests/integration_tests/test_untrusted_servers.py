"""Servers whose certificate is not accepted, and servers without TLS: no retry helps there."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
import trustme
from scripted import PRICE, call, delta, plain, router_of, streamed

from langchain_smartroute import SmartRouterRunnable

EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
TRANSPORTS = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])


class TlsServer:
    """Counts who connects; without a context it does not speak TLS."""

    def __init__(self, context=None):
        self.context = context
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"https://localhost:{self.listener.getsockname()[1]}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with suppress(OSError), connection:
            if self.context is None:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            else:
                with self.context.wrap_socket(connection, server_side=True) as wrapped:
                    wrapped.recv(65536)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    """Starts a server whose certificate is for a name; `None`: one without TLS."""
    running = []

    def start(name):
        context = None
        if name is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
        running.append(TlsServer(context))
        return running[-1]

    yield start
    for server in running:
        server.listener.close()


@EVERY_WAY
@TRANSPORTS
@pytest.mark.parametrize(
    ("name", "advice"),
    [("localhost", "set SSL_CERT_FILE to a PEM file"), (None, "write http:// in base_url")],
    ids=["unknown authority", "no TLS"],
)
def test_a_server_that_is_not_trusted_is_asked_once(tls, way, transport, name, advice):
    """The same model was tried twice, then the next one at the same server, twice."""
    server = tls(name)
    router = router_of(server, api_key="none", transport=transport)
    with pytest.raises(Exception, match="onnection error") as told:
        call(router, way)
    (note,) = told.value.__notes__
    assert "no other may be tried, as no TLS connection to the server" in note
    assert advice in note
    assert server.connections == 1


@EVERY_WAY
@TRANSPORTS
def test_the_next_model_at_another_server_is_asked_at_once(tls, serve, way, transport, caplog):
    other = serve(
        streamed(delta("fine", "stop"), "data: [DONE]\n\n") if "stream" in way else plain()
    )
    server = tls("localhost")
    catalog = {
        "models": {
            "one": {"prices": [PRICE]},
            "two": {"prices": [PRICE], "base_url": other.url},
        },
        "default": "one",
    }
    router = SmartRouterRunnable.from_catalog(
        base_url=server.url, api_key="none", catalog=catalog, transport=transport
    )
    with caplog.at_level(logging.WARNING):
        answer = call(router, way)
    first, second = answer.response_metadata["smartroute"]["attempts"]
    assert (first["model"], second["model"]) == ("one", "two")
    assert "SSL_CERT_FILE" in first["reason"]
    assert server.connections == 1
    assert "SSL_CERT_FILE" in caplog.text


ASK = """
import asyncio, sys
from langchain_smartroute import SmartRouterRunnable
catalog = {"models": {"one": {}, "two": {}}, "default": "one"}
for transport in ("aiohttp", "httpx"):
    for way in ("invoke", "ainvoke"):
        router = SmartRouterRunnable.from_catalog(
            base_url=sys.argv[1], api_key="none", catalog=catalog, transport=transport
        )
        try:
            router.invoke("Hi") if way == "invoke" else asyncio.run(router.ainvoke("Hi"))
        except Exception as error:
            print(error.__notes__[0])
"""


def test_a_certificate_for_another_name_says_so(tls, authority, tmp_path):
    """The process trusts its authority; certificates are read once in each."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    server = tls("elsewhere.example")
    done = subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-W", "error", "-c", ASK, server.url],
        env={"PATH": "/usr/bin:/bin", "SSL_CERT_FILE": str(file)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    notes = done.stdout.splitlines()
    assert len(notes) == server.connections == 4
    assert all("the certificate is for another name" in note for note in notes)
