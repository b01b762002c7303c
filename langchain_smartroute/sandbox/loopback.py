"""The listening socket and the threads of its connections, which end with it."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
import threading
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.handler import SandboxHandler
from langchain_smartroute.sandbox.wire import RESET_ON_CLOSE

if TYPE_CHECKING:
    from langchain_smartroute.sandbox.state import SandboxState

__all__ = ["LoopbackServer", "is_loopback"]

_ACCEPT_POLL_S = 0.02
_JOIN_S = 5.0


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class LoopbackServer(ThreadingMixIn, TCPServer):
    """A thread per connection, as in the standard library's `ThreadingHTTPServer`.

    Unlike that class, it keeps track of its connections, so that closing it ends them, and it
    never looks up a host name.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, host: str, port: int, state: SandboxState) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.state = state
        self.failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        super().__init__((host, port), SandboxHandler)
        self._accepting = threading.Thread(
            target=self.serve_forever, args=(_ACCEPT_POLL_S,), name="sandbox-accept", daemon=True
        )
        self._accepting.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread."""
        thread = threading.Thread(
            target=self._run, args=(request, client_address), name="sandbox-answer", daemon=True
        )
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def _run(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; a `reset` fault has configured its socket to send a reset."""
        size = len(RESET_ON_CLOSE)
        with contextlib.suppress(OSError):
            if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, size) != RESET_ON_CLOSE:
                request.shutdown(socket.SHUT_WR)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base's
        """Keep an error of the sandbox for `end`; a client that disconnects is not an error."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.failures.append(error)

    def end(self) -> None:
        """Close the listening socket and every connection, and wait for their threads."""
        self.state.stopping.set()
        self.shutdown()
        self._accepting.join()
        self.server_close()
        with self._lock:
            open_connections = dict(self._connections)
        for connection in open_connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in open_connections:
            thread.join(_JOIN_S)
