"""The frozen values that the rooms of this package pass to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from langchain_smartroute.types.words import (
    Difficulty,
    Modality,
    Outcome,
    Purpose,
    SchemaMethod,
    Script,
    Tier,
    Turn,
)

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

__all__ = [
    "Attempt",
    "Classification",
    "Conversation",
    "Figures",
    "RequestFeatures",
    "RoutingDecision",
    "Usage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a classifier makes of a request.

    Attributes:
        scores: Task → probability in [0, 1]. The highest is the task; of equal
            ones the first. Empty: nothing known, the task is `general`.
        difficulty: The classifier's own view, or `None` to leave it to the
            evidence in the request.
        source: Which classifier spoke, such as `patterns`.
    """

    scores: Mapping[str, float]
    difficulty: Difficulty | None = None
    source: str = "custom"

    @property
    def task(self) -> str:
        """The task with the highest score."""
        return max(self.scores, key=self.scores.__getitem__, default="general")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFeatures:
    """What is known of a request before any model is called.

    Attributes:
        text: What the user asks now (bounded; for rules and classifiers). Never
            shown in a repr, logged or stored.
        task: The task with the highest score.
        scores: Task → probability.
        difficulty: How hard the request looks.
        classified_by: Which classifier decided, with the reason where it failed.
        inputs: Every modality in the whole history that will be sent.
        script: The main writing system of `text`.
        input_tokens: Estimate for the whole history, tools and schema included.
        answer_tokens: The answer's room the caller asked for (`max_tokens`), or `None`.
        tools: How many tools are bound.
        tool_choice: Whether a tool call is forced.
        schema: How structured output is wanted: a method, `"any"` method, or `None`.
        turn: Who spoke last.
        user_turns: How many messages of the user the history has.
        system_messages: Whether the history has a system message.
        asked_at: When the request was made, for prices that depend on it.
    """

    text: str = field(default="", repr=False)
    task: str = "general"
    scores: Mapping[str, float] = field(default_factory=dict)
    difficulty: Difficulty = "medium"
    classified_by: str = "none"
    inputs: frozenset[Modality] = frozenset({"text"})
    script: Script = "none"
    input_tokens: int = 0
    answer_tokens: int | None = None
    tools: int = 0
    tool_choice: bool = False
    schema: SchemaMethod | Literal["any"] | None = None
    turn: Turn = "user"
    user_turns: int = 0
    system_messages: bool = False
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a decision needs to know of the conversation that a request belongs to.

    Attributes:
        last: Alias of the candidate that answered last; `None`: unknown.
        in_loop: Whether results of tools that it called are being answered.
        route: Alias of the conversation's route; `None`: it has none, or is not known.
        prefix_tokens: Estimated tokens of what `last` has read of this request before.
        cached: Whether `last`'s provider can be expected to have them in its prompt cache.
        stuck: Why the agent seems stuck; empty: it does not.
        notes: What else was noticed, such as a store that does not answer.
    """

    last: str | None = None
    in_loop: bool = False
    route: str | None = None
    prefix_tokens: int = 0
    cached: bool = False
    stuck: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDecision:
    """Which candidates should answer a request, in which order, and why.

    Attributes:
        id: Unique per decision; every run, record and trace of the call carries it.
        model: Alias of the route: the candidate that is called first.
        chain: Aliases in the order in which they are tried, `model` first.
        chain_reasons: Alias → why it has its place in the chain.
        excluded: Alias → why the candidate was ruled out before the call.
        task: The request's task.
        difficulty: The request's difficulty.
        tier: The tier that the table was read in.
        scores: Task → probability.
        estimated_cost_usd: Estimate for one call of `model`; `None` if its price is unknown.
        policy: Name and version of the policy that decided.
        reason: Why `model` is the route, in words.
        notes: What else was noticed on the way, such as a rule whose target was infeasible.
        checks: Names of the checks that the answer must pass.
        opinions: Aliases that are asked the same at the same time, to compare answers.
        classified_by: Which classifier said what the task is, and which failed.
        sticks: Whether it becomes its conversation's route; the caller's own word does not.
        predicted: Alias → how good its answer is expected to be, in [0, 1]; empty where
            the policy predicts nothing.
    """

    id: str
    model: str
    chain: tuple[str, ...]
    task: str
    difficulty: Difficulty
    tier: Tier
    reason: str
    policy: str
    chain_reasons: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    estimated_cost_usd: Decimal | None = None
    notes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    opinions: tuple[str, ...] = ()
    classified_by: str = ""
    sticks: bool = True
    predicted: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Explain the decision in a few lines that a person can read."""
        cost = self.estimated_cost_usd
        share = self.scores.get(self.task)
        lines = [
            f"{self.model}  ({self.reason})",
            f"  task        {self.task}"
            + (f" ({share:.0%})" if share is not None else "")
            + (f", by {self.classified_by}" if self.classified_by else ""),
            f"  difficulty  {self.difficulty}",
            f"  tier        {self.tier}",
            f"  estimate    {'unknown price' if cost is None else f'${cost:f}'}",
        ]
        if self.opinions:
            lines.append(f"  compared    with {', '.join(self.opinions)}")
        if len(self.chain) > 1:
            lines.append("  fallbacks")
            lines += [f"    {a}: {self.chain_reasons.get(a, '')}" for a in self.chain[1:]]
        if self.predicted:
            best = sorted(self.predicted.items(), key=lambda found: -found[1])
            lines.append(f"  predicted   {', '.join(f'{a} {share:.2f}' for a, share in best)}")
        if self.checks:
            lines.append(f"  checks      {', '.join(self.checks)}")
        if self.excluded:
            lines.append("  excluded")
            lines += [f"    {alias}: {why}" for alias, why in self.excluded.items()]
        lines += [f"  note        {note}" for note in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one model run.

    Attributes:
        input_tokens: All input tokens, cached and audio ones included.
        output_tokens: All output tokens, reasoning included.
        cache_read_tokens: The part of the input that was read from the provider's cache.
        cache_write_tokens: The part of the input that was written to it.
        cache_write_1h_tokens: The part of `cache_write_tokens` that is kept for an hour.
        reasoning_tokens: The part of the output that is reasoning.
        input_audio_tokens: The part of the input that is sound.
        output_audio_tokens: The part of the output that is sound.
        input_image_tokens: The part of the input that is pictures.
        output_image_tokens: The part of the output that is pictures.
        service_tier: What the provider says it served the call under, such as `flex` or
            `batch`; `None`: its standard one.
        estimated: Whether the provider reported nothing and these are our estimate.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    service_tier: str | None = None
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of one candidate.

    Attributes:
        model: The candidate's alias.
        outcome: `accepted`, `rejected` (a check said no), `failed` (an error),
            `cancelled`, `cached`, or `discarded` (a second opinion or a judgement).
        reason: What went wrong, empty for an accepted answer.
        latency_s: Seconds from the call to its end.
        cost_usd: Cost of this attempt; `None` when unknown.
        status: The HTTP status of a failure, where there was one.
        message: What the provider said of a failure, in its own words. They may
            repeat the prompt, so they are in no repr, log or trace.
        request_id: The provider's id of a failed request, where it gave one.
        purpose: What it is for: the `answer`, a `second_opinion` to compare it with, or to
            `judge` it. Only answers are returned; the others are cost alone.
    """

    model: str
    outcome: Outcome
    reason: str = ""
    latency_s: float = 0.0
    cost_usd: Decimal | None = None
    status: int | None = None
    message: str | None = field(default=None, repr=False)
    request_id: str | None = None
    purpose: Purpose = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one request cost, and what the baseline would have charged for its answer.

    Attributes:
        cost_usd: All attempts together; `None` when one of them is unknown.
        baseline: Alias of the model that savings are measured against; `None`: none.
        baseline_cost_usd: The accepted answer's tokens at its price; 0 for an answer out
            of the cache, or none; `None` when unknown.
    """

    cost_usd: Decimal | None
    baseline: str | None = None
    baseline_cost_usd: Decimal | None = None

    @property
    def savings_usd(self) -> Decimal | None:
        """What routing saved; negative where it cost more."""
        if self.cost_usd is None or self.baseline_cost_usd is None:
            return None
        return self.baseline_cost_usd - self.cost_usd
