"""A compressed answer is unpacked in parts, whatever the HTTP package does by itself."""

from __future__ import annotations

import gzip
import zlib

import pytest

from langchain_smartroute.errors import AnswerTooLongError
from langchain_smartroute.execution import unpacking


class UnpacksAll:
    """As version 1 of httpx does: all that it is given at once."""

    def __init__(self):
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.most = 0

    def decode(self, data):
        unpacked = self._zlib.decompress(data)
        self.most = max(self.most, len(unpacked))
        return unpacked

    def flush(self):
        return self._zlib.flush()


@pytest.fixture
def unpacks_all(monkeypatch):
    monkeypatch.setattr(unpacking, "_ALL_AT_ONCE", True)
    return UnpacksAll()


def test_a_bomb_is_noticed_before_it_is_unpacked(unpacks_all):
    """64 kB from the network became 64 MB, or 2 GB with zstd, before anything was counted."""
    bomb = gzip.compress(b"a" * 60_000_000)
    capped = unpacking.CappedDecoder(unpacks_all, max_chars=1_000, by_line=False)
    with pytest.raises(AnswerTooLongError):
        capped.decode(bomb)
    assert unpacks_all.most <= 1_000_000


def test_an_answer_in_parts_is_the_same_answer(unpacks_all):
    answer = bytes(range(256)) * 2_000
    capped = unpacking.CappedDecoder(unpacks_all, max_chars=1_000, by_line=False)
    assert capped.decode(gzip.compress(answer)) + capped.flush() == answer
