"""HTTP clients bounded in time, size and place, against a server that follows no rules."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
import weakref
from contextlib import suppress
from functools import partial

import pytest
from bounding import bound_by
from hand_clock import Clock

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.errors import AnswerTooLongError, ForeignRedirectError
from langchain_smartroute.execution import TimeLimits, transport
from langchain_smartroute.execution.bounds import AttemptBounds

SOON = 0.2
LONG = 20
HEADERS = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
CHUNKED = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"
CAP = 1_000_000
"""Bytes that a plain body may have beside the answer's characters."""


class RawServer:
    """Accepts connections and lets a script write to each; keeps what it was sent."""

    def __init__(self, script):
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.received = []
        self.hung_up = threading.Event()
        self._stop = threading.Event()
        self._connections = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def _accept(self):
        with suppress(OSError):
            while not self._stop.is_set():
                connection, _ = self._listening.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection):
        with connection, suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                part = connection.recv(65536)
                if not part:
                    return
                received += part
            self.received.append(received)
            try:
                self._script(self, connection)
                while not self._stop.is_set() and connection.recv(65536):
                    pass
            finally:
                self.hung_up.set()

    def waits(self, seconds=LONG):
        """Silence, until the server stops."""
        self._stop.wait(seconds)
        return not self._stop.is_set()

    def stop(self):
        self._stop.set()
        # Closing alone does not wake a thread that accepts.
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._listening.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LONG)


@pytest.fixture
def serve():
    """Start a server that follows a script; it ends with the test."""
    started = []

    def start(script):
        server = RawServer(script)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def bounds_of(seconds=LONG, *, max_answer_chars=1):
    limits = TimeLimits(timeout_s=seconds)
    return AttemptBounds(limits, max_answer_chars=max_answer_chars)


def ask(server, bounds=None, *, timeout=LONG, **settings):
    with bound_by(bounds):
        return transport.blocking_client().post(server.url, timeout=timeout, **settings)


def aask(server, bounds=None, *, connections="httpx", **settings):
    """Ask in a loop of its own."""

    async def asking():
        client = transport.async_client(asyncio.get_running_loop(), connections)
        with bound_by(bounds):
            return await client.post(server.url, timeout=LONG, **settings)

    return asyncio.run(asking())


aask_by_aiohttp = partial(aask, connections="aiohttp")
ASKING = pytest.mark.parametrize(
    "asking", [ask, aask, aask_by_aiohttp], ids=["blocking", "async", "aiohttp"]
)
TRANSPORTS = pytest.mark.parametrize("connections", ["httpx", "aiohttp"])


# ---- time -------------------------------------------------------------------------------


def drips(server, connection):
    connection.sendall(CHUNKED)
    while server.waits(SOON / 5):
        connection.sendall(b"1\r\n \r\n")


def drips_headers(server, connection):
    connection.sendall(HEADERS)
    while server.waits(SOON / 5):
        connection.sendall(b"X-More: yes\r\n")


def is_silent(server, connection):
    """Nothing; the connection stays open until the client closes it."""


def is_silent_after_its_headers(server, connection):
    connection.sendall(CHUNKED)


@pytest.mark.parametrize(
    "script",
    [drips, drips_headers, is_silent, is_silent_after_its_headers],
    ids=lambda f: f.__name__,
)
def test_whatever_arrives_a_call_ends_when_its_time_is_up(serve, script):
    """A client's own time-out begins anew with every byte."""
    server = serve(script)
    began = time.monotonic()
    with pytest.raises(transport._http.ReadTimeout):
        ask(server, bounds_of(SOON))
    assert SOON <= time.monotonic() - began + 0.01 < LONG / 2
    assert server.hung_up.wait(LONG)


def test_a_clients_own_shorter_time_out_stays(serve):
    began = time.monotonic()
    with pytest.raises(transport._http.ReadTimeout):
        ask(serve(is_silent), bounds_of(LONG), timeout=SOON)
    assert time.monotonic() - began < LONG / 2


def test_without_bounds_a_clients_own_time_out_counts(serve):
    with pytest.raises(transport._http.ReadTimeout):
        ask(serve(is_silent), None, timeout=SOON)


def test_a_call_whose_time_is_up_before_it_begins_does_not_connect(serve):
    server = serve(is_silent)
    with pytest.raises(transport._http.ConnectTimeout):
        ask(server, bounds_of(-1))
    assert server.received == []


def answers(server, connection):
    connection.sendall(HEADERS + b"Content-Length: 2\r\n\r\n{}")


@ASKING
def test_a_server_in_order_is_heard(serve, asking):
    assert asking(serve(answers), bounds_of()).json() == {}


def test_a_time_out_is_that_of_the_limits():
    limits = TimeLimits(connect_timeout_s=3, timeout_s=None)
    assert transport.timeout_of(limits) == transport._http.Timeout(None, connect=3, pool=None)


class Recording:
    """In the place of httpcore's network: writes down which time-out it was given."""

    def __init__(self):
        self.timeouts = []
        self.slept = []
        self.closed = False

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.timeouts.append(timeout)
        return self

    def connect_unix_socket(self, path, timeout=None, socket_options=None):
        self.timeouts.append(timeout)
        return self

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.timeouts.append(timeout)
        return self

    def read(self, max_bytes, timeout=None):
        self.timeouts.append(timeout)
        return b"read"

    def write(self, buffer, timeout=None):
        self.timeouts.append(timeout)

    def sleep(self, seconds):
        self.slept.append(seconds)

    def close(self):
        self.closed = True

    def get_extra_info(self, info):
        return f"the {info}"


def each_wait(backend, timeout):
    """Every operation that waits, with the exception for a wait that is over before it began."""
    core = transport._core
    stream = transport._BoundedStream(backend)
    bounded = transport.BoundedBackend(backend)
    return [
        (lambda: bounded.connect_tcp("host", 1, timeout=timeout), core.ConnectTimeout),
        (lambda: bounded.connect_unix_socket("path", timeout=timeout), core.ConnectTimeout),
        (lambda: stream.start_tls(None, "host", timeout=timeout), core.ConnectTimeout),
        (lambda: stream.read(9, timeout=timeout), core.ReadTimeout),
        (lambda: stream.write(b"x", timeout=timeout), core.WriteTimeout),
    ]


@pytest.mark.parametrize(
    ("own", "left", "waited"),
    [(5, 3, 3), (2, 3, 2), (None, 3, 3), (5, None, 5), (None, None, None)],
)
def test_every_wait_is_the_shorter_of_the_clients_and_the_attempts(own, left, waited):
    network = Recording()
    bounds = AttemptBounds(TimeLimits(timeout_s=left), clock=Clock())
    with bound_by(bounds):
        for wait, _ in each_wait(network, own):
            wait()
    assert network.timeouts == [waited] * 5


def test_no_wait_begins_when_the_time_is_up():
    network, clock = Recording(), Clock()
    bounds = AttemptBounds(TimeLimits(timeout_s=3), clock=clock)
    clock.now += 3
    with bound_by(bounds):
        for wait, error in each_wait(network, 5):
            with pytest.raises(error, match="time is up"):
                wait()
    assert network.timeouts == []


def test_what_does_not_wait_is_passed_on():
    network = Recording()
    bounded = transport.BoundedBackend(network)
    stream = bounded.connect_tcp("host", 1)
    assert stream.read(9) == b"read"
    assert stream.get_extra_info("socket") == "the socket"
    assert isinstance(stream.start_tls(None), type(stream))
    stream.close()
    bounded.sleep(2)
    assert (network.closed, network.slept) == (True, [2])


def test_every_connection_of_the_blocking_client_is_bounded(monkeypatch):
    """Those through a proxy too, which the client keeps beside its own."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    client = transport.DefaultHttpxClient()
    try:
        transport._bind_reads(client)
        ways = [client._transport, *filter(None, client._mounts.values())]
        assert len(ways) > 1
        for way in ways:
            assert isinstance(way._pool._network_backend, transport.BoundedBackend)
    finally:
        client.close()


# ---- place ------------------------------------------------------------------------------


def redirects_to(url):
    def script(server, connection):
        there = url(server) if callable(url) else url
        connection.sendall(
            b"HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nContent-Length: 0\r\n"
            + f"Location: {there}\r\n\r\n".encode()
        )

    return script


KEY = {"Authorization": "Bearer sk-not-for-anyones-eyes"}


@ASKING
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["other host", "other port"])
def test_a_redirect_to_another_place_is_refused_and_nothing_is_sent_there(serve, asking, host):
    other = serve(answers)
    server = serve(redirects_to(f"http://{host}:{other.port}/v1"))
    with pytest.raises(ForeignRedirectError) as caught:
        asking(server, bounds_of(), headers=KEY, content=b"the prompt")
    assert other.received == []
    assert "sk-not" not in str(caught.value)
    # It said that 127.0.0.1 had redirected to 127.0.0.1.
    told = f"127.0.0.1:{server.port} redirected the request to http://{host}:{other.port}, which"
    assert told in str(caught.value)


@ASKING
@pytest.mark.parametrize("where", ["/v1/elsewhere", "full"])
def test_a_redirect_to_the_same_place_is_followed_with_the_key(serve, asking, where):
    def script(server, connection):
        if b" /v1/elsewhere " in server.received[-1]:
            answers(server, connection)
            return
        there = where if where != "full" else f"{server.url}/elsewhere"
        redirects_to(there)(server, connection)

    server = serve(script)
    assert asking(server, bounds_of(), headers=KEY).json() == {}
    assert b"sk-not-for-anyones-eyes" in server.received[-1]


@pytest.mark.parametrize(
    ("asked", "wanted", "is_refused"),
    [
        ("http://a.example/v1", "https://a.example/v1", False),
        ("https://a.example/v1", "https://a.example:443/v2", False),
        ("https://a.example/v1", "/v2", False),
        ("https://a.example/v1", "http://a.example/v1", True),
        ("https://a.example/v1", "https://b.example/v1", True),
        ("https://a.example/v1", "https://a.example.b.example/v1", True),
        ("https://a.example/v1", "//b.example/v1", True),
        ("https://a.example/v1", "https://a.example:8443/v1", True),
        ("https://a.example/v1", "https://a.example@b.example/v1", True),
    ],
)
def test_the_same_place_is_the_same_host_and_port_and_no_less_secret(asked, wanted, is_refused):
    http = transport._http
    response = http.Response(308, headers={"location": wanted}, request=http.Request("POST", asked))
    if is_refused:
        with pytest.raises(ForeignRedirectError):
            transport._receive(response)
    else:
        transport._receive(response)


def test_a_redirect_without_a_place_is_the_clients_to_judge():
    http = transport._http
    transport._receive(http.Response(304, request=http.Request("POST", "http://a.example")))


# ---- size -------------------------------------------------------------------------------

PART = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


def never_stops(server, connection):
    connection.sendall(CHUNKED)
    while server.waits(0):
        connection.sendall(PART)


def says(size, kind="application/json", *, word=b"x"):
    def script(server, connection):
        connection.sendall(
            f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {size}\r\n\r\n".encode()
        )
        connection.sendall(word * (size // len(word)))

    return script


@ASKING
def test_a_body_without_an_end_is_not_read_to_its_end(serve, asking):
    server = serve(never_stops)
    with pytest.raises(AnswerTooLongError, match="max_answer_chars = 7;") as caught:
        asking(server, bounds_of(max_answer_chars=7))
    assert caught.value.limit_chars == 7
    assert server.hung_up.wait(LONG)


@ASKING
def test_a_body_of_just_the_longest_length_is_read(serve, asking):
    size = CAP + 64 * 3
    assert len(asking(serve(says(size)), bounds_of(max_answer_chars=3)).content) == size
    with pytest.raises(AnswerTooLongError):
        asking(serve(says(size + 1)), bounds_of(max_answer_chars=3))


@ASKING
def test_of_a_stream_only_the_bytes_of_each_line_are_counted(serve, asking):
    """Its text is, as it comes; its wrapping is many times as long."""
    kind = "text/event-stream; charset=utf-8"
    server = serve(says(2 * CAP, kind, word=b"x\n"))
    assert len(asking(server, bounds_of(max_answer_chars=1)).content) == 2 * CAP
    server = serve(says(2 * CAP, kind))
    with pytest.raises(AnswerTooLongError):
        asking(server, bounds_of(max_answer_chars=1))


@ASKING
def test_outside_of_an_attempt_nothing_is_counted(serve, asking):
    assert len(asking(serve(says(CAP + 1000)), None).content) == CAP + 1000


# ---- event loops ------------------------------------------------------------------------


def test_there_is_one_blocking_client():
    assert transport.blocking_client() is transport.blocking_client()


@TRANSPORTS
def test_each_loop_has_one_client_which_is_closed_with_it(connections):
    seen = []

    async def look():
        loop = asyncio.get_running_loop()
        seen.append(transport.async_client(loop, connections))
        assert transport.async_client(loop, connections) is seen[-1]
        assert not seen[-1].is_closed

    for _ in range(2):
        asyncio.run(look())
    assert seen[0] is not seen[1]
    assert [client.is_closed for client in seen] == [True, True]


def test_outside_of_a_loop_there_is_a_client_that_nobody_calls():
    assert transport.async_client(None) is transport.async_client(None)


@TRANSPORTS
def test_a_loop_that_has_ended_is_forgotten(serve, connections):
    """With its client, or a program that calls `asyncio.run` again and again grows."""
    server = serve(answers)
    loops = []

    async def asking():
        loop = asyncio.get_running_loop()
        loops.append(weakref.ref(loop))
        await transport.async_client(loop, connections).post(server.url)

    for _ in range(3):
        asyncio.run(asking())
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3


# ---- the same through a router ----------------------------------------------------------

CATALOG = {"models": {"only": {}}, "default": "only"}


@pytest.fixture
def router_of():
    def make(server, **settings):
        return SmartRouterRunnable.from_catalog(
            catalog=CATALOG, base_url=server.url, api_key="sk-secret", **settings
        )

    return make


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_a_routers_key_and_prompt_do_not_follow_a_redirect(serve, router_of, mode):
    other = serve(answers)
    router = router_of(serve(redirects_to(f"http://localhost:{other.port}/v1")))
    with pytest.raises(ForeignRedirectError):
        _ = router.invoke("hi") if mode == "invoke" else asyncio.run(router.ainvoke("hi"))
    assert other.received == []


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_a_router_waits_for_a_slow_drip_no_longer_than_it_says(serve, router_of, mode):
    router = router_of(serve(drips), timeout_s=SOON)
    with pytest.raises(TimeoutError) as caught:
        _ = router.invoke("hi") if mode == "invoke" else asyncio.run(router.ainvoke("hi"))
    assert caught.value.limit == "timeout_s"


def test_a_router_works_in_one_loop_after_another_and_forgets_them():
    from langchain_smartroute.sandbox import SandboxModel, SandboxServer

    loops = []

    async def asking(router):
        loops.append(weakref.ref(asyncio.get_running_loop()))
        return (await router.ainvoke("What is 2 + 3?")).content

    with SandboxServer(models=[SandboxModel(name="only")]) as sandbox:
        router = SmartRouterRunnable.from_catalog(catalog=CATALOG, base_url=sandbox.base_url)
        said = [asyncio.run(asking(router)) for _ in range(3)]
        assert said == [router.invoke("What is 2 + 3?").content] * 3
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3
