"""Candidates that are not asked because their breakers are open are named in the error."""

from __future__ import annotations

import pytest
from scripted import Server, call, delta, plain, router_of, streamed

from langchain_smartroute import ChainExhaustedError


class FailingServer(Server):
    """Fails for the models that it is told."""

    failing = b""

    def answer(self, connection):
        model = b"two" if b'"two"' in self.body else b"one"
        broken = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(broken if model == self.failing else self.sent)


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
def test_who_was_not_asked_is_said(way):
    """The error said that no other may be tried, of one of two candidates, and not why."""
    parts = delta("fine", "stop"), "data: [DONE]\n\n"
    server = FailingServer(streamed(*parts) if "stream" in way else plain())
    router = router_of(server, breaker={"min_calls": 2, "open_s": 600})
    server.failing = b"two"
    chosen = router.with_route(model="two")
    assert call(chosen, way).text == "fine"
    assert router.health()["two"].state == "open"
    server.failing = b"one"
    with pytest.raises(ChainExhaustedError) as told:
        call(router, way)
    server.listener.close()
    said = "no other may be tried, as the breakers of the rest are open (two); the last one said"
    assert said in str(told.value)
    assert [attempt.model for attempt in told.value.attempts] == ["one", "one"]
