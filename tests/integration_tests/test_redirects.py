"""Redirects within a host, such as from an old address to a new one: the request stays the same."""

from __future__ import annotations

import pytest
from scripted import Server, call, delta, plain, router_of, streamed


class MovedServer(Server):
    """Answers only what is posted to the new address; the rest is moved, or 405."""

    status = 307

    def answer(self, connection):
        if not self.line.startswith(b"POST"):
            connection.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        elif b" /v2/chat/completions " not in self.line or b"Hello" not in self.body:
            moved = b"HTTP/1.1 %d Moved\r\nLocation: /v2/chat/completions\r\n" % self.status
            connection.sendall(moved + b"Content-Length: 0\r\n\r\n")
        else:
            super().answer(connection)


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_request_that_has_moved_is_posted_again(serve, way, transport, status):
    """After 301 and 302 it was fetched with GET: 405, "the request itself was refused".

    So answered every server behind a proxy that leads from `http` to `https`.
    """
    parts = delta("fine", "stop"), "data: [DONE]\n\n"
    sent = streamed(*parts) if "stream" in way else plain()
    server = serve(sent, kind=MovedServer, status=status)
    answer = call(router_of(server, transport=transport), way)
    told = answer.response_metadata["smartroute"]
    assert (answer.text, len(told["attempts"]), server.asked) == ("fine", 1, 2)
