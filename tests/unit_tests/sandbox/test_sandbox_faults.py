from __future__ import annotations

import contextlib
import json
import time

import httpx
import pytest
from langchain_openai import ChatOpenAI

from langchain_smartroute.sandbox import FAULT_KINDS, Fault

CONTENT = "Explain Monty Hall"


def content_of(events):
    parsed = [json.loads(event) for event in events if event != "[DONE]"]
    choices = [choice for chunk in parsed for choice in chunk.get("choices", [])]
    return [c["delta"]["content"] for c in choices if c["delta"].get("content")]


def streamed_until_it_breaks(client):
    body = {
        "model": "small",
        "stream": True,
        "messages": [{"role": "user", "content": CONTENT}],
    }
    events = []
    with (
        pytest.raises(httpx.TransportError),
        client.http.stream("POST", "/chat/completions", json=body) as response,
    ):
        events.extend(line.removeprefix("data: ") for line in response.iter_lines() if line)
    return events


def test_status(client, sandbox):
    sandbox.set_fault(
        "small", Fault(kind="status", status=429, retry_after="7", message="Slow down")
    )
    response = client.post()
    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"
    assert response.json()["error"] == {
        "message": "Slow down",
        "type": "requests",
        "param": None,
        "code": None,
    }
    assert client.post(stream=True).status_code == 429
    assert client.post(model="thinker").status_code == 200


@pytest.mark.parametrize(
    ("status", "kind"),
    [(402, "invalid_request_error"), (503, "server_error"), (529, "server_error")],
)
def test_status_has_the_type_of_its_class(client, sandbox, status, kind):
    sandbox.set_fault("small", Fault(kind="status", status=status, code="told"))
    code, error = client.error()
    assert (code, error["type"], error["code"]) == (status, kind, "told")


def test_status_with_a_page(client, sandbox):
    sandbox.set_fault("small", Fault(kind="status", status=502, body="<h1>Bad gateway</h1>"))
    response = client.post()
    assert (response.status_code, response.text) == (502, "<h1>Bad gateway</h1>")
    assert response.headers["content-type"].startswith("text/html")


def test_a_fault_strikes_so_many_times(client, sandbox):
    sandbox.set_fault("small", Fault(kind="status", times=2))
    assert [client.post().status_code for _ in range(4)] == [500, 500, 200, 200]
    sandbox.set_fault("small", Fault(kind="status"))
    assert [client.post().status_code for _ in range(3)] == [500, 500, 500]
    sandbox.set_fault("small", None)
    assert client.post().status_code == 200


def test_hang(client, sandbox):
    sandbox.set_fault("small", Fault(kind="hang"))
    with pytest.raises(httpx.ReadTimeout):
        client.http.post(
            "/chat/completions",
            json={"model": "small", "messages": [{"role": "user", "content": "x"}]},
            timeout=0.1,
        )
    sandbox.set_fault("small", Fault(kind="hang", seconds=0.05))
    with pytest.raises(httpx.RemoteProtocolError):
        client.post()


def test_slow_first_token(client, sandbox):
    sandbox.set_fault("small", Fault(kind="slow_first_token", seconds=0.15))
    body = {"model": "small", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    began = time.monotonic()
    with client.http.stream("POST", "/chat/completions", json=body) as response:
        assert time.monotonic() - began < 0.15
        lines = response.iter_lines()
        first_text = next(line for line in lines if '"content": "H' in line)
        assert first_text
        assert time.monotonic() - began >= 0.15
        list(lines)
    began = time.monotonic()
    assert client.text("Hello")
    assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize("stream", [True, False])
def test_reset(client, sandbox, stream):
    sandbox.set_fault("small", Fault(kind="reset"))
    with pytest.raises(httpx.ReadError, match="reset"):
        client.post(stream=stream)


def test_cut(client, sandbox):
    sandbox.set_fault("small", Fault(kind="cut", after_tokens=3))
    events = streamed_until_it_breaks(client)
    assert len(content_of(events)) == 3
    assert not any('"finish_reason": "stop"' in event for event in events)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post()


def test_cut_before_the_end_of_an_answer_that_is_shorter(client, sandbox):
    sandbox.set_fault("small", Fault(kind="cut", after_tokens=9999))
    events = streamed_until_it_breaks(client)
    assert "".join(content_of(events)).endswith("1/3.")
    assert not any('"finish_reason": "stop"' in event for event in events)


def test_stall(client, sandbox):
    sandbox.set_fault("small", Fault(kind="stall", after_tokens=2, seconds=0.1))
    began = time.monotonic()
    events = client.events(CONTENT)
    assert time.monotonic() - began >= 0.1
    assert events[-1] == "[DONE]"
    assert client.text(CONTENT)
    sandbox.set_fault("small", Fault(kind="stall", after_tokens=2))
    with client.http.stream(
        "POST",
        "/chat/completions",
        json={"model": "small", "stream": True, "messages": [{"role": "user", "content": "Hello"}]},
        timeout=0.1,
    ) as response:
        events = []
        with pytest.raises(httpx.ReadTimeout):
            events.extend(line for line in response.iter_lines() if line)
    assert len(content_of(event.removeprefix("data: ") for event in events)) == 2


def test_malformed_event(client, sandbox):
    sandbox.set_fault("small", Fault(kind="malformed_event", after_tokens=1))
    events = client.events("Hello")
    with pytest.raises(json.JSONDecodeError):
        json.loads(events[2])
    with pytest.raises(json.JSONDecodeError):
        client.post().json()


def test_no_done(client, sandbox):
    sandbox.set_fault("small", Fault(kind="no_done"))
    assert '"finish_reason": "stop"' in client.events("Hello")[-1]
    assert client.text("Hello")


def test_error_event(client, sandbox):
    sandbox.set_fault("small", Fault(kind="error_event", after_tokens=1, message="Overloaded"))
    *_, last = client.events("Hello")
    assert json.loads(last)["error"]["message"] == "Overloaded"
    assert client.post().json()["error"]["type"] == "server_error"


def test_empty(client, sandbox):
    sandbox.set_fault("small", Fault(kind="empty"))
    for stream in (True, False):
        response = client.post(stream=stream)
        assert (response.status_code, response.content) == (200, b"")


def test_empty_choices(client, sandbox):
    sandbox.set_fault("small", Fault(kind="empty_choices"))
    assert all(chunk["choices"] == [] for chunk in client.chunks("Hello"))
    assert client.ask("Hello")["choices"] == []


def test_html(client, sandbox):
    sandbox.set_fault("small", Fault(kind="html"))
    response = client.post()
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


def test_no_usage(client, sandbox):
    sandbox.set_fault("small", Fault(kind="no_usage"))
    chunks = client.chunks("Hello", stream_options={"include_usage": True})
    assert not any("usage" in chunk for chunk in chunks)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert "usage" not in client.ask("Hello")


@pytest.mark.parametrize("kind", FAULT_KINDS)
@pytest.mark.parametrize("stream", [True, False])
def test_every_fault_ends_by_itself_and_the_server_lives_on(client, sandbox, kind, stream):
    sandbox.set_fault("small", Fault(kind=kind, times=1, seconds=0.02))
    model = ChatOpenAI(
        model="small", base_url=sandbox.base_url, api_key="x", max_retries=0, timeout=5
    )
    with contextlib.suppress(Exception):  # which one is langchain-openai's business
        list(model.stream("Hello")) if stream else model.invoke("Hello")
    assert model.invoke("Hello").text == "Hello! How can I help you today?"
    assert sandbox.requests[0].fault == kind


def test_reset_restores_the_faults_of_the_constructor():
    from langchain_smartroute.sandbox.faults import FaultPlan

    plan = FaultPlan({"a": Fault(kind="html", times=1)})
    assert plan.take("a")
    assert plan.take("a") is None
    plan.set("b", Fault(kind="empty"))
    plan.reset()
    assert plan.take("a")
    assert plan.take("b") is None


@pytest.mark.parametrize(
    "fields", [{"status": 200}, {"times": -1}, {"after_tokens": -1}, {"seconds": -0.1}]
)
def test_impossible_numbers_are_refused(fields):
    with pytest.raises(ValueError, match="must"):
        Fault(kind="status", **fields)
