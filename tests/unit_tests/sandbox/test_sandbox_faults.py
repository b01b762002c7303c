from __future__ import annotations

import contextlib
import json
import time

import httpx
import pytest
from langchain_openai import ChatOpenAI

from langchain_smartroute.sandbox import FAULT_KINDS, Fault
from langchain_smartroute.sandbox.faults import FaultPlan

CONTENT = "Explain Monty Hall"
WHOLE = "Hello! How can I help you today?"
WITH_USAGE = {"stream_options": {"include_usage": True}}
CHINESE = "给我讲讲罗马"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


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


def test_a_fault_occurs_a_given_number_of_times(client, sandbox):
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


def test_truncate_ends_properly_without_any_sign_of_an_end(client, sandbox):
    sandbox.set_fault("small", Fault(kind="truncate", after_tokens=3))
    events = client.events(CONTENT, **WITH_USAGE)
    assert len(content_of(events)) == 3
    assert "[DONE]" not in events
    assert not any('"usage"' in event for event in events)
    assert all('"finish_reason": null' in event for event in events)
    whole = client.text(CONTENT, model="thinker")
    (choice,) = client.ask(CONTENT)["choices"]
    assert choice["finish_reason"] is None
    assert choice["message"]["content"] == "".join(content_of(events))
    assert whole.startswith(choice["message"]["content"])


def test_truncate_cuts_the_arguments_of_a_tool_call(client, sandbox):
    sandbox.set_fault("small", Fault(kind="truncate", after_tokens=2))
    asked = {"content": "What's the weather in San Francisco?", "tools": [WEATHER]}
    (choice,) = client.ask(**asked)["choices"]
    cut = choice["message"]["tool_calls"][0]["function"]["arguments"]
    chunks = [json.loads(event) for event in client.events(**asked)]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert "".join(call["function"]["arguments"] for call in calls) == cut
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut)


def test_drip_sends_one_byte_at_a_time(client, sandbox):
    sandbox.set_fault("small", Fault(kind="drip", seconds=0.0002))
    began = time.monotonic()
    body = client.post("Hello").content
    assert time.monotonic() - began >= len(body) * 0.0002
    assert json.loads(body)["choices"][0]["message"]["content"] == WHOLE
    asked = {"model": "small", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    with client.http.stream("POST", "/chat/completions", json=asked) as response:
        parts = response.iter_raw()
        assert b"".join(next(parts) for _ in range(6)) == b"data: "


def test_split_divides_multi_byte_characters(client, sandbox):
    whole = client.text(CHINESE)
    assert not whole.isascii()
    sandbox.set_fault("small", Fault(kind="split"))
    body = {
        "model": "small",
        "stream": True,
        "messages": [{"role": "user", "content": CHINESE}],
    }
    with client.http.stream("POST", "/chat/completions", json=body) as response:
        parts = list(response.iter_raw())
    torn = [part for part in parts if not _decodes(part)]
    assert torn
    events = b"".join(parts).decode().split("\n\n")
    assert "".join(content_of(e.removeprefix("data: ") for e in events if e)) == whole
    assert client.text(CHINESE) == whole


def _decodes(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_heartbeat_sends_signals_without_content(client, sandbox):
    sandbox.set_fault("small", Fault(kind="heartbeat", amount=4, seconds=0.02))
    began = time.monotonic()
    events = client.events("Hello")
    assert time.monotonic() - began >= 4 * 0.02
    assert [event for event in events if event.startswith(":")] == [": still here"] * 2
    parsed = [event for event in events if not event.startswith(":")]
    first_four = [json.loads(event)["choices"][0]["delta"]["content"] for event in parsed[:4]]
    assert first_four == ["", "", "", "Hello!"]
    response = client.post("Hello")
    assert response.text.startswith("\n" * 4 + "{")
    assert response.json()["choices"][0]["message"]["content"] == WHOLE


def test_heartbeat_goes_on_until_the_client_leaves(client, sandbox):
    sandbox.set_fault("small", Fault(kind="heartbeat", seconds=0.001))
    body = {"model": "small", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    with client.http.stream("POST", "/chat/completions", json=body) as response:
        lines = response.iter_lines()
        seen = [next(lines) for _ in range(200)]
    assert not any("Hello" in line for line in seen)
    assert _eventually(lambda: sandbox.requests[-1].disconnected)


def _eventually(is_so, *, within_s=5.0):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.005)
    return False


def test_huge(client, sandbox):
    sandbox.set_fault("small", Fault(kind="huge", amount=12_345))
    assert len(client.text("Hello")) == 12_345
    assert len("".join(content_of(client.events("Hello")))) == 12_345


def test_duplicate_tells_the_end_twice_and_the_usage_in_every_chunk(client, sandbox):
    healthy = client.chunks("Hello", **WITH_USAGE)[-1]["usage"]
    sandbox.set_fault("small", Fault(kind="duplicate"))
    chunks = client.chunks("Hello", **WITH_USAGE)
    assert all("usage" in chunk for chunk in chunks)
    assert [chunk["usage"] for chunk in chunks if not chunk["choices"]] == [healthy] * 2
    ends = [c["finish_reason"] for chunk in chunks for c in chunk["choices"] if c["finish_reason"]]
    assert ends == ["stop", "stop"]
    assert "".join(content_of(map(json.dumps, chunks))) == WHOLE
    assert client.text("Hello") == WHOLE


@pytest.mark.parametrize("amount", [-7, 0, 10**15])
def test_bad_usage(client, sandbox, amount):
    sandbox.set_fault("small", Fault(kind="bad_usage", amount=amount))
    told = [client.ask("Hello")["usage"], client.chunks("Hello", **WITH_USAGE)[-1]["usage"]]
    for usage in told:
        counts = [usage[f"{name}_tokens"] for name in ("prompt", "completion", "total")]
        assert counts == [amount] * 3


def test_redirect(client, sandbox):
    sandbox.set_fault("small", Fault(kind="redirect", location="http://127.0.0.1:9/elsewhere"))
    response = client.post()
    assert response.status_code == 307
    assert response.headers["location"] == "http://127.0.0.1:9/elsewhere"
    with pytest.raises(ValueError, match="location"):
        Fault(kind="redirect")


def test_hold_open_is_complete_but_for_its_end(client, sandbox):
    sandbox.set_fault("small", Fault(kind="hold_open", seconds=0.1))
    began = time.monotonic()
    events = client.events("Hello")
    assert time.monotonic() - began >= 0.1
    assert '"finish_reason": "stop"' in events[-1]
    assert "".join(content_of(events)) == WHOLE
    assert client.text("Hello") == WHOLE


def test_reject_prefill(client, sandbox):
    sandbox.set_fault("small", Fault(kind="reject_prefill"))
    asked = {"role": "user", "content": "Hello"}
    status, error = client.error([asked, {"role": "assistant", "content": "Hel"}])
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert client.text([asked]) == WHOLE
    history = [asked, {"role": "assistant", "content": "Hi."}, asked]
    assert client.text(history) == WHOLE


def test_a_fault_begins_after_so_many_requests(client, sandbox):
    sandbox.set_fault("small", Fault(kind="status", after=2, times=1))
    assert [client.post().status_code for _ in range(4)] == [200, 200, 500, 200]


def test_a_fault_lasts_a_given_time_from_its_first_occurrence():
    now = [100.0]
    plan = FaultPlan({"a": Fault(kind="html", after=1, for_s=60)}, clock=lambda: now[0])
    assert plan.take("a") is None
    now[0] += 1_000
    for seconds, strikes in ((0, True), (59.9, True), (0.1, False), (5, False)):
        now[0] += seconds
        assert (plan.take("a") is not None) == strikes
    plan.reset()
    assert plan.take("a") is None
    assert plan.take("a")


def test_records_say_when_requests_arrived(client, sandbox):
    before = time.monotonic()
    client.ask()
    client.ask()
    first, second = (record.at_s for record in sandbox.requests)
    assert before <= first <= second <= time.monotonic()


@pytest.mark.parametrize("kind", FAULT_KINDS)
@pytest.mark.parametrize("stream", [True, False])
def test_every_fault_ends_by_itself_and_the_server_lives_on(client, sandbox, kind, stream):
    seconds = 0.0 if kind == "drip" else 0.02
    fault = Fault(kind=kind, times=1, seconds=seconds, amount=1, location="http://127.0.0.1:9")
    sandbox.set_fault("small", fault)
    model = ChatOpenAI(
        model="small", base_url=sandbox.base_url, api_key="x", max_retries=0, timeout=5
    )
    with contextlib.suppress(Exception):  # which one is langchain-openai's business
        list(model.stream("Hello")) if stream else model.invoke("Hello")
    assert model.invoke("Hello").text == "Hello! How can I help you today?"
    assert sandbox.requests[0].fault == kind


def test_reset_restores_the_faults_of_the_constructor():
    plan = FaultPlan({"a": Fault(kind="html", times=1)})
    assert plan.take("a")
    assert plan.take("a") is None
    plan.set("b", Fault(kind="empty"))
    plan.reset()
    assert plan.take("a")
    assert plan.take("b") is None


@pytest.mark.parametrize(
    "fields",
    [
        {"status": 200},
        {"times": -1},
        {"after": -1},
        {"for_s": -0.1},
        {"after_tokens": -1},
        {"seconds": -0.1},
        {"amount": -1},
    ],
)
def test_impossible_numbers_are_refused(fields):
    with pytest.raises(ValueError, match="must"):
        Fault(kind="status", **fields)
