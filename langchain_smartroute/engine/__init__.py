"""From a request to a chain that is ready to be called."""

from langchain_smartroute.engine.checking import Cascade
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

__all__ = [
    "Cascade",
    "Conversations",
    "Engine",
    "Feedback",
    "Recollection",
    "Request",
    "SharedLessons",
    "Visit",
    "conversation_key",
]
