"""The fast blocking transport behaves like the client's own, whatever the server does.

Each script is what a server sends. It is met by a client with httpcore's connections and by
the router's; both must come to the same response, or to the same class of error.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest
import trustme
from openai import DefaultHttpxClient

from langchain_smartroute.execution import idle
from langchain_smartroute.execution.http_packages import core, http
from langchain_smartroute.execution.transport import BoundedBackend
from langchain_smartroute.execution.wire import WireTransport

LONG = 20
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no certificate."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PLAIN = OK + b"Content-Length: 2\r\n\r\n{}"
SCRIPTS = {
    "a length": [PLAIN],
    "a length, byte by byte": [PLAIN[n : n + 1] for n in range(len(PLAIN))],
    "no body": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "an empty body": [OK + b"Content-Length: 0\r\n\r\n"],
    "until the end": [OK + b"\r\n{}", None],
    "HTTP/1.0": [b"HTTP/1.0 200 OK\r\n\r\n{}", None],
    "chunks": [OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"],
    "chunks with extensions and trailers": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX-Late: 1\r\n\r\n"
    ],
    "chunks beside a length": [
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ],
    "another answer is announced": [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", PLAIN],
    "another protocol": [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"],
    "go on first": [b"HTTP/1.1 100 Continue\r\n\r\n", PLAIN],
    "an error": [b"HTTP/1.1 503 Overloaded \xe9\r\nContent-Length: 3\r\n\r\nbad"],
    "headers twice, not in ASCII": [
        OK + b"X-A: 1\r\nX-A: \xe4\r\nX-Empty:\r\nContent-Length: 2\r\n\r\n{}"
    ],
    "no reason": [b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"],
    "nothing at all": [None],
    "half a head": [b"HTTP/1.1 200 OK\r\nContent-", None],
    "not HTTP": [b"220 mail.example.org ESMTP\r\n", None],
    "a header without a colon": [OK + b"Nonsense\r\nContent-Length: 2\r\n\r\n{}", None],
    "the same length twice": [OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"],
    "the same length twice in one header": [OK + b"Content-Length: 2, 2\r\n\r\n{}"],
    "two lengths in one header": [OK + b"Content-Length: 2, 1\r\n\r\n{}"],
    "two lengths": [OK + b"Content-Length: 2\r\nContent-Length: 1\r\n\r\n{}"],
    "no length at all": [OK + b"Content-Length: many\r\n\r\n{}", None],
    "a length of thousands of digits": [
        OK + b"Content-Length: " + b"1" * 5000 + b"\r\n\r\n{}",
        None,
    ],
    "a length below zero": [OK + b"Content-Length: -2\r\n\r\n{}", None],
    "a length and chunks": [
        OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ],
    "an unknown encoding": [OK + b"Transfer-Encoding: rot13\r\n\r\n{}", None],
    "a folded header": [OK + b"X-A: 1\r\n  2\r\nContent-Length: 2\r\n\r\n{}"],
    "lines without a return": [b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"],
    "a very long head": [OK + b"X-A: " + b"a" * 200_000 + b"\r\nContent-Length: 2\r\n\r\n{}"],
    "half a body": [OK + b"Content-Length: 20\r\n\r\n{}", None],
    "half a chunk": [OK + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{}", None],
    "chunks without their end": [OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", None],
    "half the size of a chunk": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1",
        None,
    ],
    "half the end of a chunk": [OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r", None],
    "half a trailer": [OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-A", None],
    "a chunk of no size": [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", None],
    "a reset": ["reset"],
    "a reset within the body": [OK + b"Content-Length: 20\r\n\r\n{}", "reset"],
    "silence": [OK, "silence"],
    "silence within the body": [OK + b"Content-Length: 20\r\n\r\n{}", "silence"],
}


class Server:
    """Sends a script to each connection, and remembers what it was asked."""

    def __init__(self, script, *, context=None):
        self.script = script
        self.asked = []
        self.connections = 0
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if context else ''}://localhost:{self.listener.getsockname()[1]}/v1"
        self.done = threading.Event()
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.done.set()
        self.listener.close()
        for connection in self.open:
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        self.connections += 1
        with suppress(OSError), connection:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self.open.append(connection)
                self._play(connection)

    def _play(self, connection):
        while data := _request(connection):
            self.asked.append(data)
            for part in self.script:
                if part == "silence":
                    self.done.wait(20)
                    return
                if part == "reset":
                    linger = b"\1\0\0\0\0\0\0\0"
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if part in ("reset", None):
                    return
                connection.sendall(part)


def _request(connection):
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536) or b"\r\n\r\n"
        length = int(data.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        while len(data.partition(b"\r\n\r\n")[2]) < length:
            data += connection.recv(65536)
    except OSError:
        return b""
    return data if data.strip() else b""


@pytest.fixture
def served():
    running = []

    def serve(*script, **settings):
        running.append(Server(script, **settings))
        return running[-1]

    yield serve
    for server in running:
        server.close()


@pytest.fixture
def clients():
    """Makes a client with httpcore's connections, or with ours."""
    made = []

    def client(*, ours, trusted=None):
        trusted = trusted or NOBODY
        found = DefaultHttpxClient(verify=trusted, timeout=0.3)
        if ours:
            found._transport = WireTransport(
                found._transport, backend=BoundedBackend(core.SyncBackend()), trusted=trusted
            )
        made.append(found)
        return found

    yield client
    for one in made:
        one.close()


def outcome(client, url, *, streamed=False):
    try:
        if streamed:
            with client.stream("POST", url, content=b"{}") as response:
                body = b"".join(response.iter_bytes())
        else:
            response = client.post(url, content=b"{}")
            body = response.content
    except http.HTTPError as error:
        return type(error)
    return response.status_code, response.reason_phrase, response.headers.raw_lower(), body


@pytest.fixture(autouse=True)
def lowered(monkeypatch):
    """Headers as HTTP compares them; h11 leaves out a length that is said twice."""

    def raw_lower(headers):
        once = ((name.lower(), value.replace(b"2, 2", b"2")) for name, value in headers.raw)
        return list(dict.fromkeys(once))

    monkeypatch.setattr(http.Headers, "raw_lower", raw_lower, raising=False)


@pytest.mark.parametrize(
    "script",
    [
        "half a body",
        "half a chunk",
        "half the end of a chunk",
        "chunks without their end",
    ],
)
def test_an_answer_that_was_cut_off_is_called_so(served, clients, script):
    """By these words a cut answer is told from one that came to nothing."""
    for ours in (True, False):
        with pytest.raises(http.RemoteProtocolError, match="without sending complete message body"):
            clients(ours=ours).post(served(*SCRIPTS[script]).url, content=b"{}")


def test_it_is_called_so_also_where_h11_leaves_open_what_was_cut(served, clients):
    with pytest.raises(http.RemoteProtocolError, match="without sending complete message body"):
        clients(ours=True).post(served(*SCRIPTS["half the size of a chunk"]).url, content=b"{}")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_both_kinds_of_connections_come_to_the_same(served, clients, script, streamed):
    server = served(*SCRIPTS[script])
    found = [outcome(clients(ours=o), server.url, streamed=streamed) for o in (True, False)]
    assert found[0] == found[1]


def test_both_send_the_same_request_in_one_write(served, clients):
    server = served(PLAIN)
    for ours in (True, False):
        clients(ours=ours).post(server.url, content=b'{"a": 1}', headers={"X-One": "two"})
    mine, others = (request.split(b"\r\n") for request in server.asked)
    assert mine[0] == others[0]
    assert sorted(map(bytes.lower, mine)) == sorted(map(bytes.lower, others))


def test_a_connection_is_used_again_once_its_answer_is_read(served, clients):
    server, client = served(PLAIN), clients(ours=True)
    for _ in range(3):
        assert client.post(server.url, content=b"{}").json() == {}
    assert server.connections == 1
    with client.stream("POST", server.url, content=b"{}"):
        """Nothing of it is read: what is left would be taken for the next answer."""
    client.post(server.url, content=b"{}")
    assert server.connections == 2


@pytest.mark.parametrize("ending", ["HTTP/1.0", "until the end", "chunks beside a length"])
def test_a_connection_whose_answer_ends_with_it_is_not_used_again(served, clients, ending):
    server, client = served(*SCRIPTS[ending]), clients(ours=True)
    for _ in range(2):
        assert client.post(server.url, content=b"{}").content == b"{}"
    assert server.connections == 2


def test_a_server_that_asks_to_close_is_obeyed(served, clients):
    server = served(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    client = clients(ours=True)
    for _ in range(2):
        client.post(server.url, content=b"{}")
    assert server.connections == 2


def test_a_kept_connection_that_its_server_closed_is_not_used(served, clients):
    server, client = served(PLAIN), clients(ours=True)
    client.post(server.url, content=b"{}")
    server.open[0].shutdown(socket.SHUT_RDWR)
    time.sleep(0.05)
    assert client.post(server.url, content=b"{}").json() == {}
    assert server.connections == 2


@pytest.mark.parametrize("said", [b"413 Too Large", b"429 Slow Down", None])
def test_an_answer_that_comes_before_all_is_sent_is_read(clients, said):
    """A proxy refuses a prompt with pictures by its length, and reads no more of it.

    It was a broken connection, so that the same model was asked again and none with more room.
    """
    answer = b"" if said is None else b"HTTP/1.1 " + said + b"\r\nContent-Length: 2\r\n\r\n{}"

    def refuse(listener):
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

    def asked(client, url):
        try:
            return client.post(url, content=b"x" * 30_000_000, timeout=LONG).status_code
        except (http.ReadError, http.WriteError, http.RemoteProtocolError):
            return None

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, args=[listener], daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        client = clients(ours=True)
        expected = None if said is None else int(said[:3])
        assert [asked(client, url), asked(clients(ours=False), url)] == [expected, expected]
        assert len(client._transport.unused) == 0
        listener.shutdown(socket.SHUT_RDWR)


def test_unexpected_bytes_are_not_an_answer(served, clients):
    """A second answer that follows the first one would be taken for that of the next request."""
    server, client = served(PLAIN + PLAIN.replace(b"{}", b"[]")), clients(ours=True)
    assert client.post(server.url, content=b"{}").content == b"{}"
    assert client.post(server.url, content=b"{}").content == b"{}"


def test_a_connection_is_not_kept_for_long(served, clients, monkeypatch):
    server, client = served(PLAIN), clients(ours=True)
    client.post(server.url, content=b"{}")
    monkeypatch.setattr(idle, "SECONDS", 0.0)
    client.post(server.url, content=b"{}")
    assert server.connections == 2


def test_not_more_connections_are_kept_than_is_said(served, clients, monkeypatch):
    monkeypatch.setattr(idle, "MOST", 1)
    server, client = served(PLAIN), clients(ours=True)
    opened = [client.send(client.build_request("POST", server.url), stream=True) for _ in range(3)]
    for response in opened:
        response.read()
        response.close()
    assert len(client._transport.unused) == 1


def test_it_counts_the_connections_to_all_servers_together(served, clients, monkeypatch):
    """A process that calls thousands of servers once each ran out of file descriptors."""
    monkeypatch.setattr(idle, "MOST", 2)
    servers, client = [served(PLAIN) for _ in range(4)], clients(ours=True)
    for server in servers:
        client.post(server.url, content=b"{}")
    assert len(client._transport.unused) == 2
    for server in reversed(servers):
        client.post(server.url, content=b"{}")
    assert [server.connections for server in servers] == [2, 2, 1, 1]


def test_a_call_of_another_server_closes_what_is_too_old(served, clients, monkeypatch):
    """The connections of a server that was never asked again stayed until the process ended."""
    one, other, client = served(PLAIN), served(PLAIN), clients(ours=True)
    client.post(one.url, content=b"{}")
    (kept,) = client._transport.unused._all
    monkeypatch.setattr(idle, "SECONDS", 0.0)
    client.post(other.url, content=b"{}")
    assert kept.wire.stream.get_extra_info("socket").fileno() == -1
    assert kept.origin not in client._transport.unused._of


def test_a_closed_client_keeps_no_connection_whose_answer_is_still_read(served, clients):
    """A stream that a thread read on while its process ended left its connection open."""
    server, client = served(PLAIN), clients(ours=True)
    response = client.send(client.build_request("POST", server.url), stream=True)
    client.close()
    response.read()
    response.close()
    assert len(client._transport.unused) == 0
    assert response.extensions["network_stream"].get_extra_info("socket").fileno() == -1


@pytest.mark.parametrize("fault", [ValueError("ours"), UnicodeError("ours"), TypeError("ours")])
def test_an_internal_error_is_not_reported_as_the_servers(served, clients, monkeypatch, fault):
    """Any ValueError was called a broken answer of the server, and its model asked again."""

    def broken(*_, **__):
        raise fault

    monkeypatch.setattr("langchain_smartroute.execution.wire.read_head", broken)
    with pytest.raises(type(fault), match="ours"):
        clients(ours=True).post(served(PLAIN).url, content=b"{}")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_does_not_speak_on_its_parents_connections(served, clients):
    server, client = served(PLAIN), clients(ours=True)
    client.post(server.url, content=b"{}")
    child = os.fork()
    if not child:
        os._exit(0 if not len(client._transport.unused) else 1)
    assert os.waitpid(child, 0)[1] == 0
    client.post(server.url, content=b"{}")
    assert server.connections == 1


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize(
    ("name", "value"),
    [("A", "b\r\nC: d"), ("A", "b\0"), ("A: b\r\nC", "d"), ("A B", "c"), ("", "a")],
    ids=["value of two", "NUL", "name of two", "blank in a name", "no name"],
)
def test_an_invalid_header_is_refused(served, clients, ours, name, value):
    with pytest.raises(http.LocalProtocolError):
        clients(ours=ours).post(served(PLAIN).url, content=b"{}", headers={name: value})


def test_a_request_whose_body_is_not_at_hand_goes_the_other_way(served, clients):
    server = served(PLAIN)
    assert clients(ours=True).post(server.url, content=iter([b"{}"])).json() == {}
    assert b"chunked" in server.asked[0].lower()


def test_a_server_with_a_trusted_certificate_is_spoken_to_in_tls(served, clients):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    server = served(PLAIN, context=context)
    client = clients(ours=True, trusted=trusted)
    for _ in range(2):
        assert client.post(server.url, content=b"{}", timeout=LONG).json() == {}
    assert server.connections == 1
    with pytest.raises(http.ConnectError):
        clients(ours=True).post(server.url, content=b"{}", timeout=LONG)


@pytest.mark.parametrize("ours", [True, False])
def test_a_refused_connection_is_a_connection_error(clients, ours):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with pytest.raises(http.ConnectError):
        clients(ours=ours).post(url, content=b"{}")
