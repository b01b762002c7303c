"""Thoughts that only their provider can tell from forged ones."""

from __future__ import annotations

import hashlib


def signature(provider: str, thought: str) -> str:
    return hashlib.sha256(f"{provider}'s own key:{thought}".encode()).hexdigest()
