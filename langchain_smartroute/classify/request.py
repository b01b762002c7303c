"""Finds the user's request in a conversation.

In an agent the last message is often a tool result; the request is the last message of the
*user*. A follow-up ("and in Rust?") is incomplete by itself, so earlier user turns are added.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from langchain_smartroute.classify.characters import window
from langchain_smartroute.classify.content import own_text, read_content
from langchain_smartroute.classify.followup import is_follow_up
from langchain_smartroute.classify.roles import role_of
from langchain_smartroute.types import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["UserRequest", "user_request"]

_EARLIER_TURNS = 2
_TEXT: frozenset[Modality] = frozenset({"text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRequest:
    """What is classified: what the user asked.

    The words are never shown in a repr.

    Attributes:
        text: The user's last message: its first 2,300 and last 680 characters.
        earlier: Up to two earlier user turns, oldest first, bounded alike; only
            where `text` looks like a follow-up.
        modalities: What the user's last message holds; `text` always.

    Example:
        >>> from langchain_core.messages import AIMessage, HumanMessage
        >>> from langchain_smartroute.classify import user_request
        >>> chat = [HumanMessage("Sort a list in Python"), AIMessage("…"), HumanMessage("in Rust?")]
        >>> user_request(chat).earlier
        ('Sort a list in Python',)
    """

    text: str = field(repr=False)
    earlier: tuple[str, ...] = field(default=(), repr=False)
    modalities: frozenset[Modality] = frozenset({"text"})

    @property
    def full_text(self) -> str:
        """The earlier turns and the text, joined by line breaks: what classifiers read."""
        return "\n".join((*self.earlier, self.text))


def user_request(messages: Sequence[BaseMessage]) -> UserRequest:
    """Find what the user asked in `messages`. Never raises.

    Without a user's message it is what the last system message says, else the last
    assistant's; without those an empty text.
    """
    turns = (m for m in reversed(messages) if role_of(m) == "user")
    last = next(turns, None) or _stand_in(messages)
    if last is None:
        return UserRequest(text="")
    content = getattr(last, "content", None)
    if isinstance(content, str):
        # The common case: plain string content needs no parsing.
        text, modalities = window(content), _TEXT
    else:
        parts = read_content(content)
        text, modalities = own_text(parts), frozenset({"text", *(p.modality for p in parts)})
    earlier = _earlier(turns) if is_follow_up(text) else ()
    return UserRequest(text=text, earlier=earlier, modalities=modalities)


def _stand_in(messages: Sequence[BaseMessage]) -> BaseMessage | None:
    """The request of a conversation without a user's message."""
    for role in ("system", "assistant"):
        for message in reversed(messages):
            if role_of(message) == role:
                return message
    return None


def _earlier(turns: Iterable[BaseMessage]) -> tuple[str, ...]:
    """The texts of the latest turns with text, oldest first."""
    texts = (own_text(read_content(getattr(turn, "content", None))) for turn in turns)
    newest = islice((text for text in texts if text.strip()), _EARLIER_TURNS)
    return tuple(newest)[::-1]
