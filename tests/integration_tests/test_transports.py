"""The two transports of asynchronous calls: whatever holds for one holds for the other."""

from __future__ import annotations

import asyncio
import base64
import gc
import selectors
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from types import AsyncGeneratorType
from urllib.parse import urlsplit

import pytest
import trustme

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution import chosen_transport, clients, transport
from langchain_smartroute.execution.aio import AioClient

TRANSPORTS = pytest.mark.parametrize("connections", ["httpx", "aiohttp"])
LONG = 20


class Handler(BaseHTTPRequestHandler):
    """Answers `{}`, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers.items()), body))
        if self.server.meet is not None:
            self.server.meet.wait(LONG)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "session=of-somebody-else; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        """Nothing: tests read what is printed."""


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True
    meet = None

    def handle_error(self, request, client_address):
        """A client that hangs up is no news."""


@contextmanager
def serving(handler=Handler, *, context=None):
    server = Server(("127.0.0.1", 0), handler)
    server.asked = []
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(url, connections, *, times=1, **settings):
    async def asking():
        client = transport.async_client(asyncio.get_running_loop(), connections)
        posts = [client.post(url, timeout=LONG, **settings) for _ in range(times)]
        return await asyncio.gather(*posts)

    return asyncio.run(asking())


def url_of(server):
    return f"http://127.0.0.1:{server.server_port}/v1/chat?a=%2F&b=c%20d"


# ---- which one --------------------------------------------------------------------------


def router(**settings):
    return SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1", **settings)


def test_the_repr_names_the_transport_that_is_used():
    assert "transport='aiohttp'" in repr(router())
    assert "transport='httpx'" in repr(router(transport="httpx"))


def test_without_aiohttp_the_stock_transport_is_used(monkeypatch):
    monkeypatch.setattr(clients, "find_spec", lambda name: None)
    assert chosen_transport("auto") == "httpx"
    assert "transport='httpx'" in repr(router())
    with pytest.raises(ConfigurationError, match=r'pip install "langchain-smartroute\[fast\]"'):
        router(transport="aiohttp")


def test_a_transport_of_ones_own_choice_is_written_and_read():
    assert "transport" not in router().to_config()
    written = router(transport="httpx").to_config()
    assert "transport='httpx'" in repr(SmartRouterRunnable.from_config(written))


# ---- requests ---------------------------------------------------------------------------


def test_both_send_the_same_request():
    with serving() as server:
        for connections in ("httpx", "aiohttp"):
            post(url_of(server), connections, json={"text": "ü"}, headers={"X-One": "two"})
    (path, headers, body), (same_path, same_headers, same_body) = server.asked
    assert (path, body) == (same_path, same_body)
    assert path.endswith("?a=%2F&b=c%20d")
    assert {n.lower(): v for n, v in headers.items()} == {
        n.lower(): v for n, v in same_headers.items()
    }


@TRANSPORTS
def test_a_large_body_arrives_whole(connections):
    """A picture has megabytes; aiohttp warns of such a body in one piece."""
    large = b"x" * 3_000_000
    with serving() as server:
        post(url_of(server), connections, content=large)
    assert server.asked[0][2] == large


def test_no_cookie_of_one_request_is_sent_with_another():
    """The client of httpx has its own jar; the session below must not have a second one."""
    with serving() as server:

        async def asking():
            client = transport.async_client(asyncio.get_running_loop(), "aiohttp")
            await client.post(url_of(server))
            client.cookies.clear()
            await client.post(url_of(server))

        asyncio.run(asking())
    assert "Cookie" not in server.asked[1][1]


@TRANSPORTS
def test_as_many_connections_as_calls(connections):
    """All calls are answered only once all of them have arrived."""
    calls = 150
    with serving() as server:
        server.meet = threading.Barrier(calls)
        assert len(post(url_of(server), connections, times=calls)) == calls


# ---- failures ---------------------------------------------------------------------------


def raw(script):
    """A server of one connection that follows a script."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                script(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listening, thread


def hangs_up(connection):
    """Close without a word."""


def resets(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def cuts(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")


def cuts_chunks(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{")


def babbles(connection):
    connection.sendall(b"no HTTP at all\r\n\r\n")


def is_slow(connection):
    connection.recv(1)


@pytest.mark.parametrize(
    "script", [hangs_up, resets, cuts, cuts_chunks, babbles, is_slow], ids=lambda f: f.__name__
)
def test_both_call_a_failure_the_same(script):
    """By the class and, for an answer that was cut, by its words it is decided what follows."""
    seen = {}
    for connections in ("httpx", "aiohttp"):
        listening, thread = raw(script)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"

        async def asking(connections=connections, url=url):
            client = transport.async_client(asyncio.get_running_loop(), connections)
            await client.post(url, timeout=0.3)

        with pytest.raises(transport._http.RequestError) as caught:
            asyncio.run(asking())
        thread.join(LONG)
        listening.close()
        said = str(caught.value)
        seen[connections] = type(caught.value), "complete message body" in said
    # Both words for a cut are known to execution.faults.
    assert seen["httpx"][0] is seen["aiohttp"][0]
    assert seen["aiohttp"][1] == script.__name__.startswith("cuts")


@TRANSPORTS
def test_a_refused_connection_is_a_connection_error(connections):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(transport._http.ConnectError):
        post(f"http://127.0.0.1:{port}/v1", connections)


# ---- what the environment says ----------------------------------------------------------


class Proxy(Handler):
    """Passes requests on, plain ones and tunnels."""

    def do_POST(self):
        self.server.asked.append(("plain", dict(self.headers.items()), b""))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        there = HTTPConnection(parts.netloc)
        there.request("POST", parts.path, body)
        answer = there.getresponse()
        self.send_response(answer.status)
        said = answer.read()
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        there.close()

    def do_CONNECT(self):
        self.server.asked.append(("tunnel", dict(self.headers.items()), b""))
        host, _, port = self.path.partition(":")
        self.send_response(200)
        self.end_headers()
        # Not select(), which takes no file number beyond 1,023: a long run of tests opens many.
        with (
            socket.create_connection((host, int(port))) as there,
            selectors.DefaultSelector() as either,
        ):
            ends = {self.connection: there, there: self.connection}
            for end in ends:
                either.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in either.select(LONG):
                    end = key.fileobj
                    data = end.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[end].sendall(data)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "authority.pem"
    made.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return file, context


ASK = """
import asyncio, sys
from langchain_smartroute.execution import transport
async def asking():
    client = transport.async_client(asyncio.get_running_loop(), sys.argv[1])
    for url in sys.argv[2:]:
        try:
            print((await client.post(url, content=b"hi", timeout=20)).status_code)
        except transport._http.RequestError as error:
            print(type(error).__name__)
asyncio.run(asking())
"""


def asked_elsewhere(connections, *urls, **environment):
    """What a process with its own environment gets; certificates are read once in each."""
    done = subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-W", "error", "-c", ASK, connections, *urls],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@TRANSPORTS
def test_a_certificate_authority_of_ones_own_is_trusted(connections, authority):
    file, context = authority
    with serving(context=context) as server:
        url = f"https://127.0.0.1:{server.server_port}/v1"
        assert asked_elsewhere(connections, url, SSL_CERT_FILE=str(file)) == ["200"]
        assert asked_elsewhere(connections, url) == ["ConnectError"]


@TRANSPORTS
@pytest.mark.parametrize("secret", ["", "user:pass@"], ids=["open", "with a password"])
def test_a_proxy_of_the_environment_is_used(connections, authority, secret):
    file, context = authority
    with serving() as plain, serving(context=context) as tls, serving(Proxy) as proxy:
        at = f"http://{secret}127.0.0.1:{proxy.server_port}"
        names = {"HTTP_PROXY": at, "HTTPS_PROXY": at, "NO_PROXY": "localhost"}
        urls = (
            url_of(plain),
            f"https://127.0.0.1:{tls.server_port}/v1",
            f"http://localhost:{plain.server_port}/v1",
        )
        found = asked_elsewhere(connections, *urls, SSL_CERT_FILE=str(file), **names)
        assert found == ["200"] * 3
    assert [way for way, _, _ in proxy.asked] == ["plain", "tunnel"]
    known = f"Basic {base64.b64encode(b'user:pass').decode()}" if secret else None
    for _, headers, _ in proxy.asked:
        assert headers.get("Proxy-Authorization") == known


def test_a_proxy_that_aiohttp_does_not_know_is_the_stock_transports(monkeypatch):
    client = AioClient()
    stock = transport.DefaultAsyncHttpxClient()
    pytest.importorskip("socksio")
    proxy = transport._http.Proxy("socks5://127.0.0.1:9")
    built = client._init_proxy_transport(proxy, verify=True, limits=transport._POOL)
    assert type(built) is type(stock._transport)


# ---- the end of a loop ------------------------------------------------------------------

ENDS = {
    "asyncio.run, twice": "asyncio.run(asking()); asyncio.run(asking())",
    "a stream that is still held": "held = asyncio.run(left_open()); del held",
    "a stream that was just left": "asyncio.run(left_at_the_end())",
    "a loop closed by hand": (
        "loop = asyncio.new_event_loop(); loop.run_until_complete(asking()); loop.close()"
    ),
    "uvloop": (
        "import uvloop; loop = uvloop.new_event_loop(); loop.run_until_complete(asking());"
        " loop.close()"
    ),
    "the end of the process": (
        "loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop);"
        " loop.run_until_complete(asking()); import atexit;"
        # Of an open loop Python itself would complain.
        " atexit.register(lambda: None); close_last(loop)"
    ),
}
USE = """
import asyncio, atexit, sys
from langchain_smartroute import SmartRouterRunnable, SpendLimit

def close_last(loop):
    # Handlers run in reverse: this one was registered before those of the transports.
    early.append(loop)

early = []
atexit.register(lambda: [loop.close() for loop in early])
catalog = {"models": {"only": {}}, "default": "only"}
router = SmartRouterRunnable.from_catalog(
    catalog=catalog, base_url=sys.argv[2], transport=sys.argv[1]
)
limited = SmartRouterRunnable.from_catalog(
    catalog=catalog, base_url=sys.argv[2], transport=sys.argv[1],
    spend_limits=[SpendLimit(tokens=1_000_000, per="day")], state=sys.argv[3] or None,
)

async def asking():
    await asyncio.gather(*(router.ainvoke("What is 2 + 3?") for _ in range(3)))
    async for _ in router.astream("What is 2 + 3?"):
        pass
    async for _ in router.astream("What is 2 + 3?"):
        break

async def left_open():
    stream = limited.astream("What is 2 + 3?")
    async for _ in stream:
        return stream

async def left_at_the_end():
    async for _ in limited.astream("What is 2 + 3?"):
        break

"""


@TRANSPORTS
@pytest.mark.parametrize("state", ["memory", "redis"])
def test_nothing_is_left_open_when_a_loop_ends(connections, state, request):
    """No "Unclosed client session", no "Event loop is closed", no ResourceWarning, no hold.

    One process, in which a loop ends in each way, the last one with the process.
    """
    from langchain_smartroute.sandbox import SandboxModel, SandboxServer

    ends = [code for end, code in ENDS.items() if end != "uvloop" or find_spec("uvloop")]
    assert_free = "assert [one.reserved for one in limited.limit_status()] == [0]"
    code = "\n".join([USE, *ends, assert_free])
    url = "" if state == "memory" else request.getfixturevalue("redis_url")
    with SandboxServer(models=[SandboxModel(name="only")]) as server:
        done = subprocess.run(  # noqa: S603 - the text above
            [sys.executable, "-W", "error", "-c", code, connections, server.base_url, url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def still_open():
    """Asynchronous generators of a client's stream that have begun and not ended."""
    gc.collect()
    found = [g for g in gc.get_objects() if isinstance(g, AsyncGeneratorType) and g.ag_frame]
    packages = ("openai", "httpx", "httpx2", "langchain_openai")
    return [
        g.__qualname__ for g in found if g.ag_frame.f_globals["__name__"].split(".")[0] in packages
    ]


async def left_early(router):
    stream = router.astream("What is 2 + 3?")
    async for chunk in stream:
        if chunk.text:
            break
    await stream.aclose()
    return still_open()


async def cancelled(router):
    arrived = asyncio.Event()

    async def reading():
        async for chunk in router.astream("What is 2 + 3?"):
            if chunk.text:
                arrived.set()

    task = asyncio.create_task(reading())
    await arrived.wait()
    task.cancel()
    await asyncio.wait([task])
    return still_open()


async def read_to_its_end(router):
    async for _ in router.astream("What is 2 + 3?"):
        pass
    return still_open()


@TRANSPORTS
@pytest.mark.parametrize("use", [left_early, cancelled, read_to_its_end])
async def test_what_a_stream_is_made_of_is_closed_with_it(connections, use):
    """Each of a dozen generators was left to the event loop when the one around it was closed.

    A loop that ended in the meantime said "coroutine method 'aclose' of 'Response.aiter_raw'
    was never awaited", somewhere in a later test.
    """
    from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer

    catalog = {"models": {"only": {}}, "default": "only"}
    with SandboxServer(models=[SandboxModel(name="only")]) as server:
        if use is cancelled:
            server.set_fault("only", Fault(kind="stall", after_tokens=1))
        router = SmartRouterRunnable.from_catalog(
            catalog=catalog, base_url=server.base_url, transport=connections
        )
        assert await use(router) == []
