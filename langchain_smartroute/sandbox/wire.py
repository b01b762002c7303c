"""One connection: sends bytes, waits, and detects that the client has disconnected.

All waiting ends at once when the client disconnects or the server stops. Stopping shuts the
socket down, so the server's flag tells the two cases apart.
"""

from __future__ import annotations

import math
import os
import socket
import struct
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from langchain_smartroute.sandbox.playback import Send, Wait

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping

    from langchain_smartroute.sandbox.playback import Step

__all__ = ["RESET_ON_CLOSE", "Disconnected", "Wire"]

RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""`SO_LINGER` with zero seconds: closing sends a TCP reset."""


class Disconnected(Exception):  # noqa: N818 - what happened, not an error
    """The connection has ended: by the client, by a fault, or by `stop()`.

    Attributes:
        by_client: Whether the client ended it.
    """

    def __init__(self, *, by_client: bool) -> None:
        super().__init__("by the client" if by_client else "by the sandbox")
        self.by_client = by_client


class Wire:
    """Sends answers over one socket.

    Args:
        connection: The socket.
        stopping: Set when the server stops.
    """

    def __init__(self, connection: socket.socket, *, stopping: threading.Event) -> None:
        self._connection = connection
        self._stopping = stopping

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a complete answer at once."""
        self._write(_head(status, {**headers, "Content-Length": str(len(body))}) + body)

    def play(
        self, headers: Mapping[str, str], steps: Iterable[Step], *, length: int | None = None
    ) -> None:
        """Send an answer step by step, with status 200.

        Args:
            headers: Its headers.
            steps: The steps of its body.
            length: The announced length in bytes; `None`: chunked encoding is used.
        """
        chunked = length is None
        size = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(length)}
        self._write(_head(200, {**headers, **size}))
        for step in steps:
            if isinstance(step, Send):
                self._write(b"%x\r\n%s\r\n" % (len(step.data), step.data) if chunked else step.data)
            elif isinstance(step, Wait):
                self.wait(step.seconds)
            else:
                raise Disconnected(by_client=False)
        if chunked:
            self._write(b"0\r\n\r\n")

    def wait(self, seconds: float) -> None:
        """Wait without sending anything.

        Raises:
            Disconnected: If the client disconnects or the server stops meanwhile.
        """
        if seconds <= 0:
            return
        end = time.monotonic() + seconds
        self._connection.settimeout(None if math.isinf(seconds) else seconds)
        try:
            if not self._connection.recv(1, socket.MSG_PEEK):
                raise self._over()
        except TimeoutError:
            return
        except OSError as error:
            raise self._over() from error
        finally:
            self._connection.settimeout(None)
        # The client has already sent its next request, so the socket stays readable: only wait.
        remaining = None if math.isinf(seconds) else max(0.0, end - time.monotonic())
        if self._stopping.wait(remaining):
            raise self._over()

    def reset(self) -> None:
        """Make closing the connection send a TCP reset."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        raise Disconnected(by_client=False)

    def _write(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise self._over() from error

    def _over(self) -> Disconnected:
        return Disconnected(by_client=not self._stopping.is_set())


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
