"""What LangChain's standard suites download, served from here, and servers that follow a script."""

from __future__ import annotations

import io
import wave

import httpx
import pytest
from scripted import Server

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def silence() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 80)
    return target.getvalue()


@pytest.fixture
def served_media(monkeypatch):
    """The pictures, PDFs and sounds of the standard suites, without a network."""
    monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "langchain-smartroute tests")
    media = {".png": PNG, ".pdf": PDF, ".wav": silence()}

    def download(url, **kwargs):
        return httpx.Response(200, content=media[url[-4:]])

    monkeypatch.setattr(httpx, "get", download)


@pytest.fixture
def serve():
    """Starts servers that send the same bytes to each request, or another kind of them."""
    running = []

    def start(sent, kind=Server, **settings):
        server = kind(sent)
        for name, value in settings.items():
            setattr(server, name, value)
        running.append(server)
        return server

    yield start
    for server in running:
        server.listener.close()
