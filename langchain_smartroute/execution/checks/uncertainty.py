"""The uncertainty check: an answer that doubts its own correctness is rejected.

The reference design's wordings ("might be wrong", "not entirely sure", "could be",
"possibly") taken literally reject ordinary text: an essay's "it could be argued", a
probability, a quotation, a translation. Here they count where the answer speaks of
its own correctness. In unclear cases the check accepts, since a needless escalation costs
money, while accepting costs no more than having no check.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.classify import PatternClassifier, user_request
from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.doubts import DOUBTS
from langchain_smartroute.execution.checks.prose import (
    answer_text,
    as_prose,
    head_and_tail,
    plain,
)
from langchain_smartroute.execution.checks.wording import Language, Wording, sentences_of

__all__ = ["UncertaintyCheck"]

_WINDOW_CHARS = 6_000
_WORDS_OF_OTHERS = frozenset({"translation", "creative"})
"""Tasks whose answers contain statements of others, such as a text's author or a character."""


class _Hint(NamedTuple):
    """A wording whose triggers occur in the answer."""

    language: Language
    wording: Wording
    triggers: list[str]


@dataclass(frozen=True, slots=True)
class UncertaintyCheck(BuiltinCheck):
    """Rejects a reasoning or math answer that doubts its own correctness.

    Reads English, German, French, Spanish, Russian, Chinese and Japanese; the first
    and the last 6,000 characters, without code, quotations and thoughts.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> UncertaintyCheck()([], AIMessage("The answer could be 42."))
        'uncertain'
        >>> UncertaintyCheck()([], AIMessage("It could be argued that 42 is even."))
    """

    name: ClassVar[str] = "uncertainty"
    tasks: ClassVar[frozenset[str] | None] = frozenset({"reasoning", "math"})

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:
        """Return `uncertain` if the answer doubts itself."""
        text = plain(head_and_tail(answer_text(answer), _WINDOW_CHARS))
        hints = list(_hints(text))
        if not hints or not _doubts(sentences_of(as_prose(text)), hints):
            return None
        asked = PatternClassifier().classify(user_request(messages)).task
        return None if asked in _WORDS_OF_OTHERS else "uncertain"


def _hints(text: str) -> Iterator[_Hint]:
    """The languages and wordings whose triggers occur in `text`."""
    for language in DOUBTS:
        for wording, triggers in language.hinted_in(text):
            yield _Hint(language, wording, triggers)


def _doubts(sentences: list[str], hints: list[_Hint]) -> bool:
    """Whether one of `sentences` expresses doubt about the answer."""
    return any(
        any(trigger in sentence for trigger in hint.triggers)
        and hint.language.says(hint.wording, sentence)
        for sentence in sentences
        for hint in hints
    )
