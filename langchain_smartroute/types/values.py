"""Values before a call: classification, features, conversation, decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from langchain_smartroute.types.words import (
    Difficulty,
    Modality,
    SchemaMethod,
    Script,
    Tier,
    Turn,
)

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

__all__ = [
    "Classification",
    "Conversation",
    "RequestFeatures",
    "RoutingDecision",
    "rounded_shares",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A classifier's result for a request.

    Attributes:
        scores: Task → probability in [0, 1]. The highest is the task; of equal
            ones the first. Empty: nothing known, the task is `general`.
        difficulty: The classifier's own view, or `None` to leave it to the
            evidence in the request.
        source: Name of the classifier, such as `patterns`.

    Example:
        >>> Classification(scores={"legal": 0.9, "general": 0.1}, difficulty="hard").task
        'legal'
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
        answer_tokens: The longest answer that the caller asked for, in tokens
            (`max_tokens`), or `None`.
        tools: How many tools are bound.
        tool_choice: Whether a tool call is forced.
        schema: How structured output is asked for: by a method, by `"any"` method that the
            candidate has, or `None`: not at all.
        turn: Who spoke last.
        user_turns: How many messages of the user the history has.
        system_messages: Whether the history has a system message.
        asked_at: When the request was made, for prices that depend on it.
        tags: The caller's tags of the call.
        metadata: The metadata of the call's config, for rules such as one for a plan of your
            customers. Never shown in a repr.

    Example:
        >>> features = RequestFeatures(text="what a rule reads", task="code", input_tokens=12)
        >>> features.task, features.input_tokens, "what a rule reads" in repr(features)
        ('code', 12, False)
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
    tags: frozenset[str] = frozenset()
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)


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
        opinions: Aliases that are asked the same request in parallel, to compare answers.
        classified_by: Which classifier said what the task is, and which failed.
        sticks: Whether it becomes its conversation's route; a model that the caller or a rule
            named does not.
        predicted: Alias → how good its answer is expected to be, in [0, 1]; empty where
            the policy predicts nothing.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:4000/v1")
        >>> decision = router.explain("Translate to German: good morning")  # calls no model
        >>> decision.model, decision.reason
        ('glm-5.1', 'translation in tier balanced of the routing table')
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


def rounded_shares(shares: Mapping[str, float], *, parts: int) -> dict[str, float]:
    """Round shares half up, so that a platform's last bits do not show in a decision.

    Args:
        shares: Name → share, in [0, 1].
        parts: Number of steps from 0 to 1, such as 10,000 for four decimals.

    Returns:
        Name → share, a whole number of steps.

    Example:
        >>> from langchain_smartroute.types import rounded_shares
        >>> rounded_shares({"code": 2 / 3, "math": 1 / 3}, parts=100)
        {'code': 0.67, 'math': 0.33}
    """
    return {name: int(share * parts + 0.5) / parts for name, share in shares.items()}
