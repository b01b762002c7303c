"""HTTP request handler of the sandbox: reads requests and logs them."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.api_error import ApiError
from langchain_smartroute.sandbox.exchange import Exchange
from langchain_smartroute.sandbox.records import RequestRecord
from langchain_smartroute.sandbox.wire import Disconnected, Wire

if TYPE_CHECKING:
    from langchain_smartroute.sandbox.loopback import LoopbackServer

__all__ = ["SandboxHandler"]

_SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "cookie"})


class SandboxHandler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Print nothing: requests are in the server's own log."""

    def do_GET(self) -> None:
        """Answer `GET`."""
        self._serve()

    def do_POST(self) -> None:
        """Answer `POST`."""
        self._serve()

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - the base's names

    def _serve(self) -> None:
        state = self.server.state
        path = self.path.partition("?")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        key = headers.get("authorization", "").removeprefix("Bearer ")
        shown = {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}
        record = state.log.open(
            RequestRecord(method=self.command, path=path, headers=shown, at_s=time.monotonic())
        )
        exchange = Exchange(state, Wire(self.connection, stopping=state.stopping), record)
        try:
            length = headers.get("content-length", "0")
            if "transfer-encoding" in headers or not length.isdecimal():
                self.close_connection = True
                exchange.refuse(ApiError(411, "Send the body with a valid Content-Length."))
                return
            raw = self.rfile.read(int(length))
            exchange.run(self.command, path, key=key, raw=raw)
        except Disconnected as over:
            self.close_connection = True
            state.log.change(record, disconnected=over.by_client)
