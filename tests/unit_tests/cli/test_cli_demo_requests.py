from __future__ import annotations

import base64
import struct
import zlib

from langchain_smartroute.classify import PatternClassifier, extract_features
from langchain_smartroute.cli.demo_requests import demo_requests


def test_no_request_is_asked_twice():
    texts = [request.text for request in demo_requests()]
    assert len(texts) == len(set(texts)) >= 40


def test_requests_come_in_several_scripts():
    classifier = PatternClassifier()
    scripts = {
        extract_features([request.message], classifier=classifier).script
        for request in demo_requests()
    }
    assert {"latin", "cjk", "cyrillic", "arabic", "devanagari"} <= scripts


def test_the_picture_is_a_valid_png_of_64_by_64_pixels():
    request = next(request for request in demo_requests() if request.image)
    text, picture = request.message.content
    assert text == {"type": "text", "text": request.text}
    data = base64.b64decode(picture["base64"], validate=True)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, rest = {}, data[8:]
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        kind, body = rest[4:8], rest[8 : 8 + length]
        assert struct.unpack(">I", rest[8 + length : 12 + length]) == (zlib.crc32(kind + body),)
        chunks[kind], rest = body, rest[12 + length :]
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (64, 64)
    assert len(zlib.decompress(chunks[b"IDAT"])) == 64 * (1 + 3 * 64)
