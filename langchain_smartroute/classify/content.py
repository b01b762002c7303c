"""Parses a message's content of any form into a flat list of parts.

Content is a string or a list of blocks, and blocks come in at least four
dialects (LangChain v1 and v0, OpenAI, Anthropic), nested, with keys missing or of
the wrong type. No key is assumed to exist, no value to have its type, and nothing recurses, so
no content can make a request fail before a model is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from langchain_smartroute.classify.characters import window
from langchain_smartroute.classify.tokens import (
    IMAGE_TOKENS,
    LOW_DETAIL_IMAGE_TOKENS,
    VIDEO_TOKENS,
    audio_tokens,
    pdf_tokens,
    structure_tokens,
    text_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_smartroute.types import Modality

__all__ = ["Part", "own_text", "read_content"]

_MOST_BLOCKS = 100_000
_DOCUMENT_TEXT = "text-plain"
_THOUGHT_TYPES = frozenset({"thinking", "reasoning"})
_CALL_TYPES = frozenset({"tool_use", "tool_call", "tool_call_chunk", "function_call"})
_MODALITY_OF_TYPE: Mapping[str, Modality] = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "audio": "audio",
    "input_audio": "audio",
}
_FILE_TYPES = frozenset({"file", "input_file", "document", "media"})
_INNER_KEYS = ("image_url", "input_audio", "audio", "file", "source")
_DATA_KEYS = ("base64", "data", "file_data", "url", "image_url")
_MIME_KEYS = ("mime_type", "media_type", "format")


class Part(NamedTuple):
    """One piece of a message's content.

    Attributes:
        modality: Kind of content; a text file counts as text.
        tokens: Estimated input tokens.
        text: The text; empty for media.
        origin: `own`: the author's words; `attached`: a tool result, document or reasoning;
            `call`: a tool call, which `tool_calls` may repeat.
    """

    modality: Modality
    tokens: int
    text: str = ""
    origin: Literal["own", "attached", "call"] = "own"


class _Payload(NamedTuple):
    """The data of a media block: its type, its size in bytes if known, and the data."""

    mime: str
    size_bytes: int | None
    data: str


def read_content(content: object) -> list[Part]:
    """Parse `content` into parts, in order. Never raises."""
    parts: list[Part] = []
    waiting: list[tuple[object, bool]] = [(content, True)]
    for _ in range(_MOST_BLOCKS):
        if not waiting:
            break
        node, own = waiting.pop()
        if isinstance(node, str):
            parts.append(_words(node, own=own))
        elif isinstance(node, dict):
            inner = _inner_content(node)
            if inner is None:
                parts.append(_read_block(node, own=own))
            else:
                waiting.append((inner, False))
        elif isinstance(node, list | tuple):
            waiting += [(item, own) for item in reversed(node)]
        elif isinstance(node, bytes):
            parts.append(Part("text", len(node) // 2, origin="attached"))
    return parts


def own_text(parts: Sequence[Part]) -> str:
    """The author's own words in `parts`, limited to the window."""
    return window("\n".join([window(p.text) for p in parts if p.text and p.origin == "own"]))


def _words(text: str, *, own: bool) -> Part:
    return Part("text", text_tokens(text), text, "own" if own else "attached")


def _inner_content(block: dict[Any, Any]) -> object | None:
    """The content inside a block: a tool result, or a document made of blocks."""
    if isinstance(block.get("text"), str):
        return None
    source = block.get("source")
    if isinstance(source, dict) and source.get("content") is not None:
        inner: object = source["content"]
        return inner
    return block.get("content")


def _read_block(block: dict[Any, Any], *, own: bool) -> Part:
    kind = block.get("type")
    name = kind if isinstance(kind, str) else ""
    if name in _FILE_TYPES:
        return _read_file(block)
    if isinstance(block.get("text"), str):
        return _words(block["text"], own=own and name != _DOCUMENT_TEXT)
    if name in _MODALITY_OF_TYPE:
        return _read_media(_MODALITY_OF_TYPE[name], block)
    if name in _THOUGHT_TYPES and isinstance(block.get(name), str):
        return _words(block[name], own=False)
    tokens = VIDEO_TOKENS if name.startswith("video") else structure_tokens(block)
    return Part("text", tokens, origin="call" if name in _CALL_TYPES else "attached")


def _read_media(modality: Modality, block: dict[Any, Any]) -> Part:
    payload = _payload(block)
    if modality == "image":
        low = "low" in (block.get("detail"), _inner(block).get("detail"))
        return Part("image", LOW_DETAIL_IMAGE_TOKENS if low else IMAGE_TOKENS)
    if modality == "audio":
        return Part("audio", audio_tokens(payload.size_bytes, wav="wav" in payload.mime))
    return Part("pdf", pdf_tokens(payload.size_bytes))


def _read_file(block: dict[Any, Any]) -> Part:
    """Parse a file by its type; an unknown type counts as PDF."""
    payload = _payload(block)
    family = payload.mime.partition("/")[0]
    if family == "image":
        return _read_media("image", block)
    if family == "audio":
        return _read_media("audio", block)
    if family == "text":
        tokens = text_tokens(payload.data)
        return Part("text", tokens or pdf_tokens(None), origin="attached")
    if payload.mime in {"", "application/pdf"}:
        return _read_media("pdf", block)
    return Part("text", pdf_tokens(payload.size_bytes), origin="attached")


def _inner(block: dict[Any, Any]) -> dict[Any, Any]:
    """The dict that holds the data in OpenAI's and Anthropic's forms."""
    for key in _INNER_KEYS:
        value = block.get(key)
        if isinstance(value, dict):
            return value
    return {}


def _payload(block: dict[Any, Any]) -> _Payload:
    holders = (_inner(block), block)
    mime = _first_text(holders, _MIME_KEYS).lower()
    data = _first_text(holders, _DATA_KEYS)
    if data.startswith("data:"):
        mime = mime or data[5:100].partition(";")[0].lower()
    elif data.startswith(("http://", "https://", "file:", "gs:", "s3:")):
        return _Payload(mime or _mime_of_name(data), None, "")
    name = _first_text(holders, ("filename", "name", "title"))
    size = len(data) * 3 // 4 if data else None
    return _Payload(mime or _mime_of_name(name), size, data)


def _first_text(holders: Sequence[dict[Any, Any]], keys: Sequence[str]) -> str:
    for holder in holders:
        for key in keys:
            value = holder.get(key)
            if isinstance(value, str) and value:
                return value
    return ""


def _mime_of_name(name: str) -> str:
    """A MIME type by file extension, for the types that affect routing."""
    ending = name.lower().rpartition(".")[2].partition("?")[0]
    if ending in {"png", "jpg", "jpeg", "gif", "webp"}:
        return "image/" + ending
    if ending in {"mp3", "wav", "ogg", "m4a", "flac"}:
        return "audio/" + ending
    return "text/plain" if ending in {"txt", "md", "csv"} else ""
