"""Literal types that the parts of this package share."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "DIFFICULTIES",
    "MODALITIES",
    "TASKS",
    "TIERS",
    "Difficulty",
    "Modality",
    "Outcome",
    "Purpose",
    "SchemaMethod",
    "Script",
    "Sticky",
    "StreamPolicy",
    "Task",
    "Tier",
    "Turn",
]

Task = Literal[
    "code",
    "classification",
    "reasoning",
    "math",
    "translation",
    "creative",
    "summarization",
    "extraction",
    "vision",
    "general",
]
"""Kind of request. A routing table may have further tasks of its own."""

Difficulty = Literal["easy", "medium", "hard"]
Tier = Literal["budget", "balanced", "quality"]
Modality = Literal["text", "image", "audio", "pdf"]
Outcome = Literal["accepted", "rejected", "failed", "cancelled", "cached", "discarded"]
"""Outcome of an attempt; `discarded`: successful, but not meant to be returned."""

Purpose = Literal["answer", "second_opinion", "judge"]
"""Purpose of an attempt: to be returned, to be compared with, or to judge another one."""

SchemaMethod = Literal["json_schema", "json_mode", "function_calling"]
"""How structured output is asked for; the names are LangChain's."""

Script = Literal["latin", "cjk", "cyrillic", "arabic", "devanagari", "other", "none"]
"""The writing system that most letters of a text belong to; `none`: no letters."""

StreamPolicy = Literal["first_token", "buffer"]
"""When a stream is passed on: from its first content, or once it is checked."""

Sticky = Literal["rise", "pin", "turn", "off"]
"""How a conversation keeps its route: it may only rise, never changes, or is chosen anew at
each turn or at each call."""

Turn = Literal["user", "tool_result", "assistant"]
"""Role of the last message: the user, a tool (inside a tool loop), or the assistant."""

TASKS: tuple[Task, ...] = get_args(Task)
DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
TIERS: tuple[Tier, ...] = get_args(Tier)
MODALITIES: tuple[Modality, ...] = get_args(Modality)
