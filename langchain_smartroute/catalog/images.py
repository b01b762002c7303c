"""Converts image blocks to forms that every model class can read.

`ChatOpenAI` converts LangChain's own `image` blocks, OpenAI's `image_url` and most of
Anthropic's. What it does not, measured with langchain-openai 1.7.3:

| form | sent as |
|---|---|
| `image` with base64, without `mime_type` | ValueError |
| Anthropic's `image` with a base64 source, without `media_type` | nothing: dropped in silence |
| `image_url` with a plain text address | unchanged; the API refuses it |
| `input_image` (Responses API), `media` (Gemini) | unchanged; the API refuses it |
| a bare text among blocks, `input_text` | unchanged; the API refuses it |

These are converted here. An image that is only an id in one provider's store cannot be.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

__all__ = ["standard_blocks"]

Block = dict[str, Any]

_BEGINNINGS = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
}
"""Start of an image's base64 text → its media type."""


def standard_blocks(content: list[Any]) -> list[Any]:
    """Convert content blocks to forms that `ChatOpenAI` and other LangChain classes can read.

    Args:
        content: The blocks of a message; never changed.

    Returns:
        The same list where nothing has to change, else a new one.
    """
    if not any(map(_may_change, content)):
        return content
    converted = [_standard(block) for block in content]
    if all(new is old for new, old in zip(converted, content, strict=True)):
        return content
    return converted


def _may_change(block: Any) -> bool:
    return not isinstance(block, dict) or block.get("type") in _CONVERSIONS


def _standard(block: Any) -> Any:
    if isinstance(block, str):
        return {"type": "text", "text": block}
    convert = _CONVERSIONS.get(block.get("type")) if isinstance(block, dict) else None
    return block if convert is None else convert(block)


def _image(block: Block) -> Block:
    """Add a missing media type, if the data show it."""
    source = block.get("source")
    if isinstance(source, dict):
        found = None if source.get("media_type") else _media_type(source.get("data"))
        return block if found is None else {**block, "source": {**source, "media_type": found}}
    if block.get("mime_type") or "url" in block:
        return block
    found = _media_type(block.get("base64") or block.get("data"))
    return block if found is None else {**block, "mime_type": found}


def _image_url(block: Block) -> Block:
    address = block.get("image_url")
    if not isinstance(address, str):
        return block
    detail = {"detail": block["detail"]} if block.get("detail") else {}
    return {"type": "image_url", "image_url": {"url": address, **detail}}


def _media(block: Block) -> Block:
    mime_type, data, uri = block.get("mime_type"), block.get("data"), block.get("file_uri")
    if not isinstance(mime_type, str) or not mime_type.startswith("image/"):
        return block
    if isinstance(data, bytes):
        data = base64.b64encode(data).decode("ascii")
    if isinstance(data, str) and data:
        return {"type": "image", "base64": data, "mime_type": mime_type}
    if isinstance(uri, str) and uri.startswith(("http://", "https://")):
        return {"type": "image", "url": uri, "mime_type": mime_type}
    return block


def _input_text(block: Block) -> Block:
    return {"type": "text", "text": block.get("text") or ""}


def _media_type(data: Any) -> str | None:
    text = data if isinstance(data, str) else ""
    return next((kind for start, kind in _BEGINNINGS.items() if text.startswith(start)), None)


_CONVERSIONS: dict[Any, Callable[[Block], Block]] = {
    "image": _image,
    "image_url": _image_url,
    "input_image": _image_url,
    "input_text": _input_text,
    "media": _media,
}
