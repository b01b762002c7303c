"""What a caller got and what the provider saw: all that a verdict is based on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Arrival", "KnownAnswer", "Observed", "Reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """What a healthy model answers.

    Attributes:
        text: The whole text.
        input_tokens: The prompt's tokens, as the server counts them.
        output_tokens: The answer's.
    """

    text: str
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call ended with.

    Attributes:
        text: What the caller was given, up to an error if there was one.
        seconds: How long it took.
        error: What was raised.
        hung: Whether it had to be cancelled.
        model: The server's name of the model that the answer names.
        usage: The input and output tokens that the answer names.
        billed: Model → input and output tokens that LangChain's own usage handler counted.
    """

    text: str
    seconds: float
    error: BaseException | None = None
    hung: bool = False
    model: str | None = None
    usage: tuple[int, int] | None = None
    billed: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request as the server saw it.

    Attributes:
        role: `primary` or `fallback`.
        at_s: When it came, in seconds since the first call was made.
        continues: Whether its messages end with one of the assistant.
    """

    role: str
    at_s: float
    continues: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """All that was seen of one contestant under one fault.

    Attributes:
        known: What a healthy model answers.
        primary: The server's name of the primary.
        fallback: The server's name of the fallback.
        replies: What each call ended with.
        arrivals: What reached the server.
        afterwards: What a call ended with once the primary was healthy again.
    """

    known: KnownAnswer
    primary: str
    fallback: str
    replies: Sequence[Reply]
    arrivals: Sequence[Arrival]
    afterwards: Reply | None = None

    @property
    def reply(self) -> Reply:
        """The first call's end."""
        return self.replies[0]

    @property
    def slowest_s(self) -> float:
        """How long the slowest call took."""
        return max(reply.seconds for reply in self.replies)

    def attempts(self, role: str) -> int:
        """How many requests reached the primary or the fallback."""
        return sum(arrival.role == role for arrival in self.arrivals)

    def is_complete(self, reply: Reply | None) -> bool:
        """Whether a call ended with the whole answer."""
        return reply is not None and reply.error is None and reply.text == self.known.text
