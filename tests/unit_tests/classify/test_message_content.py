"""Content in every dialect is read; content in none of them does no harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from langchain_smartroute.classify import PatternClassifier, extract_features
from langchain_smartroute.classify.content import own_text, read_content
from langchain_smartroute.classify.tokens import (
    AUDIO_TOKENS,
    IMAGE_TOKENS,
    LOW_DETAIL_IMAGE_TOKENS,
    PDF_TOKENS,
    VIDEO_TOKENS,
)

PDF = "application/pdf"


def _only(block):
    (part,) = read_content([block])
    return part


@pytest.mark.parametrize(
    ("block", "modality"),
    [
        ({"type": "image", "base64": "AAAA", "mime_type": "image/png"}, "image"),
        ({"type": "image", "source_type": "url", "url": "https://e.com/x.png"}, "image"),
        ({"type": "image", "source": {"type": "base64", "data": "AAAA"}}, "image"),
        ({"type": "image_url", "image_url": {"url": "https://e.com/x.png"}}, "image"),
        ({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}, "image"),
        ({"type": "input_image", "image_url": "https://e.com/x"}, "image"),
        ({"type": "media", "mime_type": "image/jpeg", "data": "AAAA"}, "image"),
        ({"type": "file", "url": "https://e.com/scan.PNG?size=1"}, "image"),
        ({"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}, "audio"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}, "audio"),
        ({"type": "file", "file": {"filename": "memo.mp3", "file_id": "f"}}, "audio"),
        ({"type": "file", "base64": "AAAA", "mime_type": PDF}, "pdf"),
        ({"type": "file", "file": {"file_data": f"data:{PDF};base64,AAAA"}}, "pdf"),
        ({"type": "input_file", "file_id": "file-1"}, "pdf"),
        ({"type": "document", "source": {"type": "base64", "media_type": PDF}}, "pdf"),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain",
                                         "data": "some words"}}, "text"),
        ({"type": "file", "mime_type": "application/zip", "base64": "AAAA"}, "text"),
        ({"type": "file", "file": {"filename": "a.csv"}}, "text"),
        ({"type": "thinking", "thinking": "hm"}, "text"),
        ({"type": "tool_use", "name": "f", "input": {}}, "text"),
        ({"type": "mystery"}, "text"),
        ({}, "text"),
    ],
)  # fmt: skip
def test_each_dialects_blocks_have_their_modality(block, modality):
    part = _only(block)
    assert part.modality == modality
    assert part.tokens >= 0


def test_images_inside_tool_results_and_documents_are_seen():
    image = {"type": "image", "source": {"type": "base64", "data": "AAAA"}}
    wrapped = {"type": "document", "source": {"type": "content", "content": [image]}}
    parts = read_content([{"type": "tool_result", "content": [image, wrapped]}])
    assert [p.modality for p in parts] == ["image", "image"]
    assert {p.origin for p in parts} <= {"own", "attached"}


def test_media_tokens_are_flat_or_by_size():
    low = {"type": "image_url", "image_url": {"url": "https://e.com", "detail": "low"}}
    assert _only(low).tokens == LOW_DETAIL_IMAGE_TOKENS
    assert _only({"type": "image"}).tokens == IMAGE_TOKENS
    assert _only({"type": "audio", "file_id": "f"}).tokens == AUDIO_TOKENS
    assert _only({"type": "file", "file_id": "f"}).tokens == PDF_TOKENS
    assert _only({"type": "video", "base64": "A" * 10_000_000}).tokens == VIDEO_TOKENS
    mebibyte = "A" * (1_000_000 * 4 // 3)
    wav = {"type": "audio", "base64": mebibyte, "mime_type": "audio/wav"}
    mp3 = {"type": "audio", "base64": mebibyte, "mime_type": "audio/mpeg"}
    assert _only(mp3).tokens > _only(wav).tokens > 0
    pdf = {"type": "file", "base64": mebibyte, "mime_type": PDF}
    assert 10 * 1500 <= _only(pdf).tokens <= 11 * 1500


def test_reading_order_is_kept():
    assert own_text(read_content(["a", ["b", {"text": "c"}], "d"])) == "a\nb\nc\nd"


def test_bytes_are_attached_and_other_values_are_nothing():
    assert [p.origin for p in read_content(b"abcd")] == ["attached"]
    assert read_content(None) == read_content(3.5) == read_content([None, 1]) == []


def test_cyclic_and_deep_content_ends():
    cyclic = []
    cyclic.append(cyclic)
    assert read_content(cyclic) == []
    deep = "x"
    for _ in range(50_000):
        deep = [deep]
    assert own_text(read_content(deep)) == "x"


KEYS = st.sampled_from(
    ["type", "text", "source", "file", "data", "url", "image_url", "content", "mime_type", "input",
     "media_type", "detail", "file_data", "input_audio", "thinking", "format", "filename"]
)  # fmt: skip
KINDS = st.sampled_from(
    ["text", "image", "image_url", "audio", "input_audio", "file", "document", "tool_result",
     "tool_use", "thinking", "video", "media", "data:", "http://", "application/pdf", "text/plain"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | KINDS | st.binary()
CONTENT = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS | st.text() | st.integers(), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(CONTENT)
def test_no_content_raises(content):
    message = HumanMessage.model_construct(content=content, type="human")
    features = extract_features([message, message], classifier=PatternClassifier())
    assert features.input_tokens >= 0
    assert abs(sum(features.scores.values()) - 1) < 1e-9
