"""The engine: turns a request into a decision and a chain that is ready to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.engine.checking import Cascade, advised
    from langchain_smartroute.engine.conversation import (
        Conversations,
        Recollection,
        Visit,
        conversation_key,
    )
    from langchain_smartroute.engine.engine import Engine
    from langchain_smartroute.engine.feedback import Feedback
    from langchain_smartroute.engine.lessons import SharedLessons
    from langchain_smartroute.engine.request import Request
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "checking": "Cascade advised",
            "conversation": "Conversations Recollection Visit conversation_key",
            "engine": "Engine",
            "feedback": "Feedback",
            "lessons": "SharedLessons",
            "request": "Request",
        },
    )

__all__ = [
    "Cascade",
    "Conversations",
    "Engine",
    "Feedback",
    "Recollection",
    "Request",
    "SharedLessons",
    "Visit",
    "advised",
    "conversation_key",
]
