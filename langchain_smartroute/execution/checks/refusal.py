"""The refusal check: the model declines to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.classify import user_request
from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.declines import HELPS, OPENINGS, SPEAKS_OF_REFUSING
from langchain_smartroute.execution.checks.prose import answer_text, as_prose, plain
from langchain_smartroute.execution.checks.wording import compiled, triggered

__all__ = ["RefusalCheck"]

_REASON = "refusal"
_OPENING_CHARS = 400
_LONGEST_CHARS = 1_200
"""Longest text that can be a refusal as a whole, in characters."""

_HELP_FROM_CHARS = 160
_OWN_CHARS = 20
"""Number of characters at the start in which help is not searched for."""

_LEADING = " \t\r\n#>-_*…!¡¿😔🙏😞⚠️🚫"


@dataclass(frozen=True, slots=True)
class RefusalCheck(BuiltinCheck):
    """Rejects an answer that declines: in the provider's field, or in its opening words.

    Reads English, German, French, Spanish, Portuguese, Italian, Russian, Chinese,
    Japanese and Korean; the first 400 characters. It accepts a refusal that the
    user asked for (a letter that declines, a translation of one), one that is only
    quoted, and an answer that declines a part and goes on to help.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> RefusalCheck()([], AIMessage("I'm sorry, but I can't help with that."))
        'refusal'
        >>> RefusalCheck()([], AIMessage("I can't find a bug in this code."))
    """

    name: ClassVar[str] = "refusal"
    early: ClassVar[bool] = True

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:
        """Return `refusal` if the model declines."""
        if _marked(answer):
            return _REASON
        text = answer_text(answer)
        if not text or len(text) > _LONGEST_CHARS or answer.tool_calls or "```" in text:
            return None
        prose = as_prose(plain(text))
        if not _declines(prose) or _goes_on(prose):
            return None
        asked = user_request(messages).full_text.lower()
        return None if triggered(SPEAKS_OF_REFUSING, asked) else _REASON


def _marked(answer: AIMessage) -> bool:
    """Whether the provider marks the answer as a refusal."""
    if answer.additional_kwargs.get("refusal"):
        return True
    blocks = answer.content if isinstance(answer.content, list) else ()
    marked = any(isinstance(b, dict) and b.get("type") == "refusal" for b in blocks)
    return marked or answer.response_metadata.get("stop_reason") == "refusal"


def _declines(prose: str) -> bool:
    opening = prose.lstrip(_LEADING)[:_OPENING_CHARS]
    return any(
        triggered(wording.triggers, opening)
        and compiled(wording.expression).match(opening) is not None
        for wording in OPENINGS
    )


def _goes_on(prose: str) -> bool:
    """Whether an answer declines only a part and helps with the rest."""
    return len(prose) >= _HELP_FROM_CHARS and triggered(HELPS, prose[_OWN_CHARS:])
