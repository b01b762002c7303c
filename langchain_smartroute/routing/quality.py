"""The quality policy: the cheapest candidate with sufficient predicted quality."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_smartroute.routing.aim import AIMS, TIER_KEEPS, Aim, Offer, weakness
from langchain_smartroute.routing.outlook import Outlook
from langchain_smartroute.routing.policy import RulesFirst
from langchain_smartroute.routing.predictor import QualityPredictor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.preference import Wish
    from langchain_smartroute.types import RequestFeatures, Tier

__all__ = ["QualityPolicy"]

_BY_TIER = {tier: Aim(keep=keep) for tier, keep in TIER_KEEPS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPolicy(RulesFirst):
    """Decides by rules, then by predicted quality and price.

    The other attributes are those of `RulesFirst`: hard limits, rules, conversations,
    ceilings and the caller's own model mean the same as with the routing table.

    Attributes:
        predictor: Says how good each candidate's answer is expected to be; it may learn
            between decisions, and a decision follows from what it knows at that time.
        bar: The quality that an answer is expected to have. At most one of this and the
            next three is given; with none the tier says what to keep of the best
            candidate's quality: 85 % (`budget`), 95 % (`balanced`) or all of it.
        keep: The share of the best candidate's quality.
        give_up: What may be lost against the best candidate, in points of quality.
        worth_usd: What an answer of quality 1 is worth against one of 0, in US dollars:
            the candidate with the most worth left after its price is taken.
        aim: These four, checked.
        outlook: What the predictor expects of the candidates.

    Raises:
        ConfigurationError: If more than one of them is given, or one is out of range.

    Example:
        >>> from langchain_smartroute import Catalog, QualityPolicy, RequestFeatures, RouteOptions
        >>> policy = QualityPolicy(catalog=Catalog.load("default"), bar=0.8)
        >>> decision = policy.decide(RequestFeatures(task="math"), RouteOptions(), decision_id="1")
        >>> decision.model, decision.reason
        ('deepseek-reasoner', 'predicted 0.90 for math, bar 0.80; cheapest of 2 that clear it')
    """

    predictor: QualityPredictor = field(default_factory=QualityPredictor)
    bar: float | None = None
    keep: float | None = None
    give_up: float | None = None
    worth_usd: Decimal | None = None
    aim: Aim = field(init=False, repr=False, compare=False)
    outlook: Outlook = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the candidates."""
        RulesFirst.__post_init__(self)
        aim = Aim(bar=self.bar, keep=self.keep, give_up=self.give_up, worth_usd=self.worth_usd)
        object.__setattr__(self, "aim", aim)
        outlook = Outlook(self.predictor, self.catalog.models)
        object.__setattr__(self, "outlook", outlook)

    @property
    def version(self) -> str:
        """Name and version."""
        return "quality/1"

    def save(self, path: str | Path) -> None:
        """Write what the predictor knows, and the aim, to a file.

        Raises:
            ConfigurationError: If it cannot be written.
        """
        self.predictor.save(path, aim=self.aim.given)

    @classmethod
    def load(cls, path: str | Path, **settings: Any) -> Self:
        """Read what `save` has written.

        Args:
            path: The file.
            **settings: Attributes that override the file's.

        Raises:
            ConfigurationError: If it cannot be read, is something else, is damaged, or
                comes from a newer version.
        """
        predictor, aim = QualityPredictor.load_with_aim(path)
        # An aim in the settings replaces the file's.
        kept = {} if AIMS & settings.keys() else aim
        return cls(**{"predictor": predictor, **kept, **settings})

    def preference(self, features: RequestFeatures, options: RouteOptions) -> QualityPreference:
        """The preference for a request by predicted quality and price."""
        return QualityPreference(self, features, options)


class QualityPreference:
    """The preference for one request by predicted quality and price."""

    def __init__(
        self, policy: QualityPolicy, features: RequestFeatures, options: RouteOptions
    ) -> None:
        self._policy = policy
        self._features = features
        self._options = options
        self._prediction = predicted = policy.outlook.predict(features)
        self._offers_made: dict[str, Offer] = {}
        self._ranked: Sequence[tuple[str, float]] = predicted.ranked
        if predicted.has_equals:
            offers = sorted(self._offers(self._ranked), key=weakness)
            self._offers_made = {offer.alias: offer for offer in offers}
            self._ranked = [(offer.alias, offer.quality) for offer in offers]

    def wanted(self, excluded: Collection[str], /) -> Iterator[Wish]:
        """The aim's choice among candidates that can serve the request within its ceiling."""
        able = self._ranked
        if excluded:
            able = [ranked for ranked in able if ranked[0] not in excluded]
        ceiling = self._options.max_cost_usd
        if ceiling is not None:
            fitting = (offer for offer in self._offers(able) if offer.fits(ceiling))
            able = [(offer.alias, offer.quality) for offer in fitting] or able
        if able:
            # All further candidates come from `others`.
            aim = self._policy.aim
            if aim.is_open:
                aim = _BY_TIER[self._options.tier]
            usual = self._usual_best(able)
            full_usd = None if usual == able[0][0] else self._cost_usd(usual)
            yield aim.choose(self._offers(able), task=self._features.task, full_usd=full_usd)
        else:
            default = self._policy.catalog.default_alias
            yield default, "default, as no candidate's quality is known"
        yield from self.others()

    def _offers(self, ranked: Iterable[tuple[str, float]]) -> Iterator[Offer]:
        """Offers, each made when it is asked for, as most aims look at the best alone."""
        if self._offers_made:
            return (self._offers_made[alias] for alias, _ in ranked)
        cost, features = self._policy.roster.cost_usd, self._features
        return (Offer(alias, quality, cost(alias, features)) for alias, quality in ranked)

    def _cost_usd(self, alias: str) -> Decimal | None:
        return self._policy.roster.cost_usd(alias, self._features)

    def _usual_best(self, able: Sequence[tuple[str, float]]) -> str:
        """The candidate that is best at the task in general."""
        known = self._policy.outlook.at(self._features.task)
        if able is self._ranked and not known.has_equals:
            return known.ranked[0][0]
        return max(able, key=lambda ranked: known.by_alias.get(ranked[0], 0.0))[0]

    def others(self) -> Iterator[Wish]:
        """All candidates, the best first, ties by cost, unknown ones last."""
        task = self._features.task
        for alias, quality in self._ranked:
            yield alias, f"next best for {task}, predicted {quality:.2f}"
        for alias in self._policy.catalog.models:
            if alias not in self._prediction.by_alias:
                yield alias, "its quality is unknown"

    def names(self, _alias: str) -> bool:
        """`False`, as candidates of unknown quality are never wanted."""
        return False

    def quality(self, alias: str, task: str) -> float | None:
        """Predicted quality of a candidate at a task in general."""
        return self._policy.outlook.expected(alias, task)

    def predicted(self) -> Mapping[str, float]:
        """Alias → predicted quality, rounded to four decimals."""
        return dict(self._prediction.rounded)

    def reach(self, _tier: Tier) -> str:
        """Description of the candidates compared with a ceiling."""
        return "candidate that can serve this request"
