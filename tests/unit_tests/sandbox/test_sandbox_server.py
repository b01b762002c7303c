from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import httpx
import pytest

from langchain_smartroute.sandbox import (
    FAULT_KINDS,
    Fault,
    SandboxModel,
    SandboxServer,
)

HELLO = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}


def wait_until(condition, timeout_s=2.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.005)


BEFORE = set()


@pytest.fixture(autouse=True)
def _threads_of_other_suites():
    """Servers of a session's fixtures may still be up: only what a test starts is its own."""
    BEFORE.clear()
    BEFORE.update(threading.enumerate())


def sandbox_threads():
    now = set(threading.enumerate()) - BEFORE
    return [thread for thread in now if thread.name.startswith("sandbox-")]


def test_only_loopback_hosts_are_served():
    for host in ("0.0.0.0", "192.168.1.5", "example.com"):  # noqa: S104 - refused
        with pytest.raises(ValueError, match="loopback"):
            SandboxServer(host=host)


def test_localhost_is_served():
    with SandboxServer(host="localhost") as server:
        assert server.base_url.startswith("http://localhost:")


def test_a_model_name_may_occur_once():
    with pytest.raises(ValueError, match="given twice"):
        SandboxServer(models=[SandboxModel(name="a"), SandboxModel(name="a")])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"inputs": frozenset({"smell"})}, "smell"),
        ({"structured_output": frozenset({"xml"})}, "xml"),
        ({"context_window": 0}, "token limits"),
        ({"max_output_tokens": -1}, "token limits"),
        ({"latency_s": -1}, "latency"),
        ({"tokens_per_s": 0}, "speed"),
    ],
)
def test_an_impossible_model_is_refused(fields, told):
    with pytest.raises(ValueError, match=told):
        SandboxModel(name="odd", **fields)


def test_the_address_is_known_only_while_it_runs():
    server = SandboxServer()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.base_url
    with server:
        assert server.base_url.startswith("http://127.0.0.1:")
        assert server.base_url.endswith("/v1")
        with pytest.raises(RuntimeError, match="already running"):
            server.start()
    server.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.base_url


def test_it_can_be_started_again_and_keeps_its_records():
    server = SandboxServer()
    for _ in range(2):
        with server:
            assert httpx.post(server.base_url + "/chat/completions", json=HELLO).is_success
    assert len(server.requests) == 2


def test_it_serves_ipv6():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with SandboxServer(host="::1") as server:
        assert server.base_url.startswith("http://[::1]:")
        assert httpx.get(server.base_url + "/models").is_success


def test_health_and_models():
    with SandboxServer(models=[SandboxModel(name="a"), SandboxModel(name="b")]) as server:
        health = httpx.get(server.base_url.removesuffix("/v1") + "/health")
        assert health.json() == {"status": "ok"}
        models = httpx.get(server.base_url + "/models").json()
        assert [item["id"] for item in models["data"]] == ["a", "b"]


def test_a_key_is_checked_and_never_kept():
    with SandboxServer(api_key="geheim-ü") as server:
        url = server.base_url + "/chat/completions"
        wrong = httpx.post(url, json=HELLO, headers={"Authorization": "Bearer other"})
        assert wrong.status_code == 401
        assert wrong.json()["error"]["code"] == "invalid_api_key"
        assert httpx.post(url, json=HELLO).status_code == 401
    with SandboxServer(api_key="k-123") as server:
        right = httpx.post(
            server.base_url + "/chat/completions",
            json=HELLO,
            headers={"Authorization": "Bearer k-123", "X-Team": "blue"},
        )
        assert right.is_success
        (record,) = server.requests
        assert record.headers["x-team"] == "blue"
        assert "k-123" not in repr(dict(record.headers))


def test_a_record_tells_what_was_asked_and_answered():
    with SandboxServer(faults={"ill": Fault(kind="status", status=503)}) as server:
        url = server.base_url + "/chat/completions"
        httpx.post(url, json={**HELLO, "stream": True})
        httpx.post(url, json={**HELLO, "model": "ill"})
        healthy, ill = server.requests
        assert (healthy.method, healthy.path) == ("POST", "/v1/chat/completions")
        assert (healthy.model, healthy.stream, healthy.status) == ("any", True, 200)
        assert healthy.body["messages"] == HELLO["messages"]
        assert (healthy.fault, healthy.disconnected) == (None, False)
        assert (ill.status, ill.fault) == (503, "status")
        server.reset()
        assert server.requests == ()


def test_only_the_latest_ten_thousand_records_are_kept():
    from langchain_smartroute.sandbox.records import RequestLog, RequestRecord

    log = RequestLog()
    first = log.open(RequestRecord(method="GET", path="/0"))
    for number in range(1, 10_001):
        log.open(RequestRecord(method="GET", path=f"/{number}"))
    log.change(first, status=200)
    assert len(log.snapshot()) == 10_000
    assert log.snapshot()[0].path == "/1"


def test_two_hundred_parallel_requests_are_answered_at_once():
    latency_s = 0.2
    with SandboxServer(models=[SandboxModel(name="any", latency_s=latency_s)]) as server:
        address = server.base_url.split("/")[2]
        gate = threading.Barrier(200)

        def ask(number):
            gate.wait()
            connection = HTTPConnection(address, timeout=60)
            body = json.dumps({**HELLO, "stream": number % 2 == 0})
            connection.request("POST", "/v1/chat/completions", body)
            with contextlib.closing(connection), connection.getresponse() as answer:
                return answer.status, b"today" in answer.read()

        began = time.monotonic()
        with ThreadPoolExecutor(200) as pool:
            assert list(pool.map(ask, range(200))) == [(200, True)] * 200
        took = time.monotonic() - began
        assert took < 200 * latency_s / 3, "the requests were answered one after the other"
        assert len(server.requests) == 200


def test_stopping_ends_hanging_connections_at_once_and_leaves_nothing():
    faults = {"any": Fault(kind="hang"), "stuck": Fault(kind="stall", after_tokens=1)}
    server = SandboxServer(faults=faults).start()
    url = server.base_url + "/chat/completions"

    def ask(name):
        with pytest.raises(httpx.TransportError):
            httpx.post(url, json={**HELLO, "model": name, "stream": True}, timeout=20)

    idle = socket.create_connection(("127.0.0.1", int(url.split(":")[2].split("/")[0])))
    with ThreadPoolExecutor(10) as pool:
        for name in ("any", "stuck") * 5:
            pool.submit(ask, name)
        wait_until(lambda: len(server.requests) == 10)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 1
    idle.close()
    assert sandbox_threads() == []
    assert not any(record.disconnected for record in server.requests)
    with pytest.raises(httpx.ConnectError):
        httpx.post(url, json=HELLO)


def test_a_client_that_leaves_is_noticed_while_the_model_thinks():
    with SandboxServer(models=[SandboxModel(name="any", latency_s=30)]) as server:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.base_url + "/chat/completions", json=HELLO, timeout=0.1)
        wait_until(lambda: server.requests[0].disconnected)
        assert server.requests[0].status is None


def test_a_client_that_leaves_ends_its_stream():
    with SandboxServer(models=[SandboxModel(name="any", tokens_per_s=20)]) as server:
        body = {**HELLO, "stream": True}
        with httpx.stream("POST", server.base_url + "/chat/completions", json=body) as response:
            next(response.iter_lines())
        wait_until(lambda: server.requests[0].disconnected)
        wait_until(lambda: len(sandbox_threads()) == 1)


def test_waiting_goes_on_when_the_next_request_is_already_there():
    """Pipelined requests are answered in order, and the wait keeps its length."""
    models = [SandboxModel(name="any", latency_s=0.1)]
    body = b'{"model": "any", "messages": [{"role": "user", "content": "Hello"}]}'
    request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s"
    with SandboxServer(models=models) as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            began = time.monotonic()
            connection.sendall(request % (len(body), body))
            wait_until(lambda: len(server.requests) == 1)
            connection.sendall(request % (len(body), body))
            received = b""
            while received.count(b"HTTP/1.1 200 OK") < 2:
                received += connection.recv(65536)
            assert time.monotonic() - began >= 0.2


def test_a_failure_of_the_sandbox_itself_is_told_when_it_stops(monkeypatch):
    server = SandboxServer().start()

    def broken(*args, **kwargs):
        raise LookupError("broken inside")

    monkeypatch.setattr("langchain_smartroute.sandbox.exchange.complete", broken)
    with pytest.raises(httpx.TransportError):
        httpx.post(server.base_url + "/chat/completions", json=HELLO)
    with pytest.raises(ExceptionGroup, match="sandbox failed") as caught:
        server.stop()
    assert isinstance(caught.value.exceptions[0], LookupError)


def test_nothing_is_written_to_the_terminal(capfd):
    with SandboxServer() as server:
        httpx.post(server.base_url + "/chat/completions", json=HELLO)
        httpx.get(server.base_url + "/nothing")
        port = int(server.base_url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"not http at all\r\n\r\n")
            connection.recv(1024)
    assert capfd.readouterr() == ("", "")


def test_every_kind_of_fault_is_listed_in_the_error_for_an_unknown_one():
    with pytest.raises(ValueError, match="Unknown fault kind 'flood'") as caught:
        Fault(kind="flood")
    assert all(kind in str(caught.value) for kind in FAULT_KINDS)
