"""Waits that providers ask for in headers of their own: `Retry-After` is often missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from scripted import Server, call, delta, plain, router_of, streamed

LIMITED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n"
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])


class LimitingServer(Server):
    """Refuses its first request, with headers of its own."""

    limits = b""

    def answer(self, connection):
        refused = LIMITED + self.limits + b"\r\n"
        connection.sendall(refused if self.asked == 1 else self.sent)


@pytest.fixture
def limiting():
    running = []

    def start(way, limits):
        done = "data: [DONE]\n\n"
        running.append(
            LimitingServer(streamed(delta("fine", "stop"), done) if "stream" in way else plain())
        )
        running[-1].limits = "".join(f"{n}: {v}\r\n" for n, v in limits.items()).encode()
        return running[-1]

    yield start
    for server in running:
        server.listener.close()


def tried(router, way):
    answer = call(router, way)
    return [attempt["model"] for attempt in answer.response_metadata["smartroute"]["attempts"]]


@EVERY_WAY
@pytest.mark.parametrize(
    "limits",
    [
        {"retry-after-ms": "20"},
        {"Retry-After": "20ms"},
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"},
        {"X-RateLimit-Reset": "0.02"},
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "20ms",
            "x-ratelimit-remaining-tokens": "900",
            "x-ratelimit-reset-tokens": "6m0s",
        },
    ],
    ids=["ms", "with a unit", "of OpenAI", "of Together", "one of two"],
)
def test_a_short_wait_is_kept_however_it_is_said(limiting, way, limits):
    """Without `Retry-After` the next model was asked at once, which may be a dearer one."""
    assert tried(router_of(limiting(way, limits)), way) == ["one", "one"]


@EVERY_WAY
@pytest.mark.parametrize(
    "limits",
    [
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"},
        {"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "20ms"},
        {"x-ratelimit-reset-requests": "20ms", "x-ratelimit-reset-tokens": "6m0s"},
        {"retry-after": "60", "x-ratelimit-reset-requests": "20ms"},
        {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": None},
    ],
    ids=["long", "not exhausted", "either", "said otherwise", "of Anthropic"],
)
def test_a_long_or_unknown_wait_goes_to_the_next_model(limiting, way, limits):
    later = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    server = limiting(way, {name: said or later for name, said in limits.items()})
    assert tried(router_of(server), way) == ["one", "two"]
