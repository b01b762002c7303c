"""Estimates input tokens from text alone, without a vocabulary or a download.

The router needs the approximate length of a prompt before it has chosen a model and thus a
tokenizer. The weights below are tokens per character of each class, set so that the estimate is
at or slightly above the newer tokenizers (OpenAI's o200k, DeepSeek) in each script: an estimate
that is too high reserves slightly more money, one that is too low may fail the call. Measured
on prompts in 14 languages, per language: 1.0-1.5 times o200k, 0.7-1.4 times DeepSeek; the older
cl100k needs up to twice as many tokens for Arabic and Hindi.

Media are counted flat or by size, see `IMAGE_TOKENS` and what follows it.
"""

from __future__ import annotations

from langchain_smartroute.classify.characters import byte_classes, sample

__all__ = [
    "AUDIO_TOKENS",
    "CALL_TOKENS",
    "IMAGE_TOKENS",
    "LOW_DETAIL_IMAGE_TOKENS",
    "MESSAGE_TOKENS",
    "PDF_TOKENS",
    "VIDEO_TOKENS",
    "audio_tokens",
    "pdf_tokens",
    "structure_tokens",
    "text_tokens",
]

MESSAGE_TOKENS = 4
"""Tokens of role and separators per message."""

CALL_TOKENS = 8
"""Tokens of id, type and separators per tool call or tool schema."""

IMAGE_TOKENS = 765
"""One 1024 x 1024 image in high detail for gpt-4o: 85 + 4 tiles of 170.

Source: the model table of npm image-token-meter 1.0.0, checked 2026-11-23. Other
makers' models take up to twice as many at that size.
"""

LOW_DETAIL_IMAGE_TOKENS = 85
"""One image in low detail for gpt-4o; source as above."""

AUDIO_TOKENS = 1000
"""Audio of unknown size: an assumption, 100 seconds at ten tokens a second."""

PDF_TOKENS = 7500
"""A PDF of unknown size: an assumption, five pages of 1,500 tokens."""

VIDEO_TOKENS = 8000
"""A video: an assumption, so that its base64 text is not counted as words."""

_PAGE_TOKENS = 1500
_PAGE_BYTES = 100_000
_MOST_PAGES = 100
_AUDIO_TOKENS_A_SECOND = 10
_WAV_BYTES_A_SECOND = 32_000
_CODED_BYTES_A_SECOND = 8_000

_WEIGHTS: tuple[tuple[bytes, float], ...] = (
    (b"l", 0.80),
    (b"y", 0.37),
    (b"r", 0.46),
    (b"i", 0.55),
    (b"v", 0.80),
    (b"h", 0.90),
    (b"g", 0.80),
    (b"k", 0.80),
    (b"w", 0.80),
    (b"s", 0.80),
    (b"e", 2.00),
    (b"o", 0.50),
)
_PLAIN = 1 / 4.4
"""Tokens per ASCII letter or space in ordinary text."""

_UNBROKEN = 0.72
"""The same in long texts without spaces: base64, hashes, minified code."""

_PUNCTUATION = 0.60
_DIGIT = 0.50
_UNBROKEN_FROM_CHARS = 64
_UNBROKEN_CHARS_A_SPACE = 40


def text_tokens(text: str) -> int:
    """Estimate the tokens of `text`; long texts are sampled and extrapolated."""
    size = len(text)
    if not size:
        return 0
    seen = sample(text)
    count = byte_classes(seen).count
    letters, spaces = count(b"a"), count(b" ")
    unbroken = size >= _UNBROKEN_FROM_CHARS and spaces * _UNBROKEN_CHARS_A_SPACE < letters
    tokens = (
        letters * (_UNBROKEN if unbroken else _PLAIN)
        + spaces * _PLAIN
        + count(b".") * _PUNCTUATION
        + count(b"0") * _DIGIT
    )
    if not seen.isascii():
        tokens += sum([weight * count(letter) for letter, weight in _WEIGHTS])
    return int(tokens * size / len(seen)) + 1


def structure_tokens(value: object, *, most_nodes: int = 20_000) -> int:
    """Estimate the tokens of `value` written as JSON: tool arguments, tool schemas.

    Cyclic and very deep values are safe: at most `most_nodes` nodes are visited.
    """
    tokens = 0.0
    waiting = [value]
    while waiting and most_nodes:
        most_nodes -= 1
        node = waiting.pop()
        if isinstance(node, str):
            tokens += text_tokens(node)
        elif isinstance(node, dict):
            tokens += len(node)
            waiting += node
            waiting += node.values()
        elif isinstance(node, list | tuple | set | frozenset):
            tokens += 1
            waiting += node
        elif isinstance(node, bytes):
            tokens += len(node) * _UNBROKEN
        else:
            tokens += 1
    return int(tokens)


def audio_tokens(size_bytes: int | None, *, wav: bool = False) -> int:
    """Estimate the tokens of an audio file: 16 kHz 16-bit for `wav`, else 64 kbit/s."""
    if size_bytes is None:
        return AUDIO_TOKENS
    a_second = _WAV_BYTES_A_SECOND if wav else _CODED_BYTES_A_SECOND
    return _AUDIO_TOKENS_A_SECOND * (1 + size_bytes // a_second)


def pdf_tokens(size_bytes: int | None) -> int:
    """Estimate the tokens of a PDF: 1,500 a page, 100 kB a page, at most 100 pages."""
    if size_bytes is None:
        return PDF_TOKENS
    return _PAGE_TOKENS * min(_MOST_PAGES, 1 + size_bytes // _PAGE_BYTES)
