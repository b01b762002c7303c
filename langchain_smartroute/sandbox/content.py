"""Parses the content of a message into text and attachments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_smartroute.sandbox.api_error import ApiError

__all__ = ["Attachment", "read_content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An image, audio clip or document.

    Attributes:
        kind: `image`, `audio` or `pdf`.
        media_type: Such as `image/png`.
        size: Bytes, or `None` when only a reference was sent.
    """

    kind: str
    media_type: str
    size: int | None


def read_content(content: Any, index: int) -> tuple[str, tuple[Attachment, ...]]:
    """Split the content of message number `index` into text and attachments.

    Raises:
        ApiError: If a block is of an unknown type or has no value.
    """
    if content is None or isinstance(content, str):
        return content or "", ()
    texts: list[str] = []
    attachments: list[Attachment] = []
    for number, block in enumerate(content if isinstance(content, list) else [content]):
        where = f"messages[{index}].content[{number}]"
        kind = block.get("type") if isinstance(block, dict) else None
        try:
            if kind in ("text", "refusal"):
                texts.append(str(block[kind]))
            elif kind in _READERS:
                attachments.append(_READERS[kind](block[kind]))
            else:
                raise _unknown(kind, where)
        except (KeyError, TypeError, AttributeError) as error:
            raise ApiError(
                400,
                f"Missing required parameter: '{where}.{kind}'.",
                param=f"{where}.{kind}",
                code="missing_required_parameter",
            ) from error
    return "\n".join(texts), tuple(attachments)


def _unknown(kind: Any, where: str) -> ApiError:
    return ApiError(
        400,
        f"Invalid value: {kind!r}. Supported values are: 'text', 'image_url', 'input_audio', "
        "'refusal', and 'file'.",
        param=f"{where}.type",
        code="invalid_value",
    )


def _image(value: Any) -> Attachment:
    url: str = value if isinstance(value, str) else value["url"]
    media_type, size = _data_url(url)
    return Attachment(kind="image", media_type=media_type or "image", size=size)


def _audio(value: Any) -> Attachment:
    name = value.get("format", "wav")
    return Attachment(kind="audio", media_type=f"audio/{name}", size=_decoded(value["data"]))


def _file(value: Any) -> Attachment:
    if "file_id" in value:
        return Attachment(kind="pdf", media_type="application/pdf", size=None)
    media_type, size = _data_url(value["file_data"])
    return Attachment(kind="pdf", media_type=media_type or "application/pdf", size=size)


_READERS = {"image_url": _image, "input_audio": _audio, "file": _file}


def _data_url(url: str) -> tuple[str, int | None]:
    if not url.startswith("data:"):
        return "", None
    head, _, data = url.partition(",")
    return head.removeprefix("data:").partition(";")[0], _decoded(data)


def _decoded(data: str) -> int:
    """The number of bytes that base64 text encodes, without decoding it."""
    return len(data) * 3 // 4 - data[-2:].count("=")
