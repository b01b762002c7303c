"""Robustness to misleading suffixes: how often appended text causes a more expensive route.

Only suffixes that ask for nothing are used: nonsense, claims of difficulty, bare task words. A
router that ignores its input would pass that test, so the genuinely hard requests that still go
to a more expensive model are counted as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_smartroute.classify import UserRequest

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.classify import Classifier
    from langchain_smartroute.classify.training import Example
    from langchain_smartroute.types import Classification, Tier

__all__ = ["MisleadingFigures", "Routed", "misleading_figures"]

_PLAIN = ("general", "easy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """The route of a text by a classifier and a catalog's routing table.

    Attributes:
        classifier: The classifier to evaluate.
        catalog: Its routing table and prices are used.
        tier: The column of the table.

    Example:
        >>> from langchain_smartroute import Catalog, LinearClassifier
        >>> routed = Routed(classifier=LinearClassifier(), catalog=Catalog.load("default"))
        >>> routed.price_of_text("Prove that there is no largest prime")
        Decimal('2.19')
    """

    classifier: Classifier
    catalog: Catalog
    tier: Tier = "balanced"

    def price_of_text(self, text: str) -> Decimal:
        """Output price of a text's route, USD per million tokens."""
        classification = self.read(text)
        return self.price(classification.task, classification)

    def read(self, text: str) -> Classification:
        """Classify a text."""
        return self.classifier.classify(UserRequest(text=text))

    def price(self, task: str, classification: Classification) -> Decimal:
        """Output price of a task's model at the predicted difficulty; 0 where unknown."""
        return self.price_at(task, classification.difficulty or "medium")

    def price_at(self, task: str, difficulty: str) -> Decimal:
        """Output price of the model of a task and difficulty; 0 where unknown."""
        alias = self.catalog.table.look_up(task, self.tier, difficulty)  # type: ignore[arg-type]
        model = self.catalog.models[alias or self.catalog.default_alias]
        known = model.price and model.price.output_usd_per_mtok
        return known or Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MisleadingFigures:
    """Effect of misleading suffixes.

    Attributes:
        prompts: Number of prompts whose route is right without a suffix.
        shares: Suffix → share of those prompts that it moves to a more expensive model.
        hard: Number of genuinely hard requests.
        risen: How many of them go to a more expensive model than an easy general request.
    """

    prompts: int
    shares: Mapping[str, float]
    hard: int
    risen: int

    @property
    def mean(self) -> float:
        """Mean share over the suffixes."""
        return sum(self.shares.values()) / len(self.shares)

    @property
    def worst(self) -> str:
        """The suffix with the largest share."""
        return max(self.shares, key=self.shares.__getitem__)


def misleading_figures(
    ends: Sequence[str], *, prompts: Sequence[Example], hard: Sequence[str], routed: Routed
) -> MisleadingFigures:
    """Append every suffix to every prompt whose route is right, and compare the routes.

    Args:
        ends: The suffixes, including the separator before them.
        prompts: Labelled prompts, preferably not used for training.
        hard: Genuinely hard requests.
        routed: The classifier and the table.
    """
    right: list[tuple[str, Decimal]] = []
    for prompt in prompts:
        classification = routed.read(prompt.text)
        paid = routed.price(classification.task, classification)
        if paid == routed.price(prompt.task, classification):
            right.append((prompt.text, paid))
    pushed = {
        end: sum(routed.price_of_text(text + end) > paid for text, paid in right) for end in ends
    }
    plain = routed.price_at(*_PLAIN)
    return MisleadingFigures(
        prompts=len(right),
        shares={end: count / max(1, len(right)) for end, count in pushed.items()},
        hard=len(hard),
        risen=sum(routed.price_of_text(text) > plain for text in hard),
    )
