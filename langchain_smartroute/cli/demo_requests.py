"""The requests of the demo: a fixed, mixed list, two of them with a picture."""

from __future__ import annotations

import base64
import struct
import tomllib
import zlib
from dataclasses import dataclass
from importlib import resources
from itertools import cycle, islice

from langchain_core.messages import HumanMessage

__all__ = ["DemoRequest", "demo_requests"]

_FILE = "demo_requests.toml"
_SIDE = 64
_COLOURS = (b"\xd0\x30\x30", b"\x30\x90\x30", b"\x30\x50\xc0", b"\xf0\xc0\x30")
"""Red, green, blue and yellow: the picture's bars from left to right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRequest:
    """One request of the demo.

    Attributes:
        text: Text of the request.
        image: Whether the demo's picture goes with it.
    """

    text: str
    image: bool = False

    @property
    def message(self) -> HumanMessage:
        """The request as a message."""
        if not self.image:
            return HumanMessage(self.text)
        picture = {"type": "image", "base64": _picture(), "mime_type": "image/png"}
        return HumanMessage([{"type": "text", "text": self.text}, picture])


def demo_requests(count: int | None = None) -> list[DemoRequest]:
    """The demo's requests.

    Args:
        count: Number of requests, repeating the list if necessary; `None`: each once.
    """
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    found = [DemoRequest(**entry) for entry in tomllib.loads(text)["requests"]]
    return list(islice(cycle(found), len(found) if count is None else count))


def _picture() -> str:
    """A PNG of four vertical bars, in base64."""
    row = b"\x00" + b"".join(colour * (_SIDE // len(_COLOURS)) for colour in _COLOURS)
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = (
        _chunk(b"IHDR", header),
        _chunk(b"IDAT", zlib.compress(row * _SIDE)),
        _chunk(b"IEND", b""),
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode("ascii")


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
