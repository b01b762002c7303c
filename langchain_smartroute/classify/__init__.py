"""Classification: features of a request, extracted before any model is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.classify.base import (
        Classifier,
        ClassifierLike,
        as_classifier,
        classify_safely,
        classify_safely_async,
    )
    from langchain_smartroute.classify.chain import ClassifierChain
    from langchain_smartroute.classify.characters import script_of
    from langchain_smartroute.classify.difficulty import difficulty_of
    from langchain_smartroute.classify.embedding import EmbeddingClassifier
    from langchain_smartroute.classify.features import described, extract_features
    from langchain_smartroute.classify.history import message_tokens
    from langchain_smartroute.classify.judge import JudgeClassifier
    from langchain_smartroute.classify.linear import LinearClassifier
    from langchain_smartroute.classify.patterns import PatternClassifier
    from langchain_smartroute.classify.request import UserRequest, user_request
    from langchain_smartroute.classify.sendable import check_messages
    from langchain_smartroute.classify.steps import text_of
    from langchain_smartroute.classify.stuck import StuckSigns
    from langchain_smartroute.classify.tokens import structure_tokens, text_tokens
    from langchain_smartroute.classify.toolkit import toolkit_tokens
    from langchain_smartroute.classify.turns import TurnState, read_turn
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "base": "Classifier ClassifierLike as_classifier classify_safely classify_safely_async",
            "chain": "ClassifierChain",
            "characters": "script_of",
            "difficulty": "difficulty_of",
            "embedding": "EmbeddingClassifier",
            "features": "described extract_features",
            "history": "message_tokens",
            "judge": "JudgeClassifier",
            "linear": "LinearClassifier",
            "patterns": "PatternClassifier",
            "request": "UserRequest user_request",
            "sendable": "check_messages",
            "steps": "text_of",
            "stuck": "StuckSigns",
            "tokens": "structure_tokens text_tokens",
            "toolkit": "toolkit_tokens",
            "turns": "TurnState read_turn",
        },
    )

__all__ = [
    "Classifier",
    "ClassifierChain",
    "ClassifierLike",
    "EmbeddingClassifier",
    "JudgeClassifier",
    "LinearClassifier",
    "PatternClassifier",
    "StuckSigns",
    "TurnState",
    "UserRequest",
    "as_classifier",
    "check_messages",
    "classify_safely",
    "classify_safely_async",
    "described",
    "difficulty_of",
    "extract_features",
    "message_tokens",
    "read_turn",
    "script_of",
    "structure_tokens",
    "text_of",
    "text_tokens",
    "toolkit_tokens",
    "user_request",
]
