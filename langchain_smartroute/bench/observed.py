"""Observations of the caller and of the provider, on which verdicts are based."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Arrival", "KnownAnswer", "Observed", "Reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """The answer of a healthy model.

    Attributes:
        text: The complete text.
        input_tokens: The prompt's tokens, as the server counts them.
        output_tokens: The answer's.
    """

    text: str
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The result of one call.

    Attributes:
        text: The text that the caller received, up to an error if there was one.
        seconds: Duration of the call.
        error: The exception raised; `None`: there was none.
        hung: Whether it had to be cancelled.
        model: The model in the answer, by its name on the server.
        usage: Input and output tokens reported by the answer.
        billed: Model → input and output tokens counted by LangChain's own usage handler.
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
    """One request that reached the server.

    Attributes:
        role: `primary` or `fallback`.
        at_s: Time of arrival, in seconds since the first call.
        continues: Whether its last message is an assistant's.
    """

    role: str
    at_s: float
    continues: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """All observations of one contestant with one fault.

    Attributes:
        known: The answer of a healthy model.
        primary: The primary's name on the server.
        fallback: The fallback's name on the server.
        replies: The result of each call.
        arrivals: The requests that reached the server.
        afterwards: The result of a call after the primary had recovered.
    """

    known: KnownAnswer
    primary: str
    fallback: str
    replies: Sequence[Reply]
    arrivals: Sequence[Arrival]
    afterwards: Reply | None = None

    @property
    def reply(self) -> Reply:
        """The result of the first call."""
        return self.replies[0]

    @property
    def slowest_s(self) -> float:
        """Duration of the slowest call."""
        return max(reply.seconds for reply in self.replies)

    def attempts(self, role: str) -> int:
        """Number of requests that reached the primary or the fallback."""
        return sum(arrival.role == role for arrival in self.arrivals)

    def is_complete(self, reply: Reply | None) -> bool:
        """Whether a call returned the complete answer."""
        return reply is not None and reply.error is None and reply.text == self.known.text
