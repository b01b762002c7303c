"""The quality predictor: fitted means and later feedback."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.routing.evidence import Findings, Tally
from langchain_smartroute.types import new_lock

if TYPE_CHECKING:
    from langchain_smartroute.routing.gains import TextGains
    from langchain_smartroute.types import RequestFeatures

__all__ = ["QualityPredictor"]

_MOST_TEXTS = 16_384
_NO_GAINS: Mapping[str, float] = {}

Tallies = Mapping[tuple[str, str], Mapping[str, Tally]]
"""(Alias, task) → difficulty → received scores."""


class QualityPredictor:
    """Predicts quality per candidate, and learns from scores.

    An empty one knows only the catalog's priors. `fit` finds means per model, task and
    difficulty, drawn together as far as the data is too thin to tell them apart, and what
    the words of a request add, where cross-validation shows that they add anything. `learn`
    counts scores as they come in. Predicting changes nothing.

    Attributes:
        findings: What was fitted; its `card` says how, in words and figures.
        text_gains: What the words of a request add; `None`: nothing.
        revision: Rises with every score that is learned.
        path: The file that it was last saved to or loaded from; `None`: there is none.
        sharing: What keeps it in step with other workers' predictors; `None`: nothing does.

    Args:
        tallies: Alias and task → difficulty → the scores that came in before.

    Example:
        >>> predictor = QualityPredictor()
        >>> predictor.learn("small", task="math", difficulty="hard", score=0.0)
        >>> predictor.revision, predictor.tallies("small", "math")["hard"].scores
        (1, 1)
    """

    def __init__(
        self,
        findings: Findings | None = None,
        *,
        text_gains: TextGains | None = None,
        tallies: Tallies | None = None,
    ) -> None:
        self.findings = findings or Findings()
        self.text_gains = text_gains
        self.revision = 0
        self.path: Path | None = None
        self.sharing: Any = None
        self._tallies: dict[tuple[str, str], Mapping[str, Tally]] = dict(tallies or {})
        self._remote_tallies: Tallies = {}
        self._lock = new_lock()
        self._gains: dict[bytes, Mapping[str, float]] = {}

    def __repr__(self) -> str:
        fitted, learned = len(self.findings.levels), sum(t.scores for t in self._all_tallies())
        return f"{type(self).__name__}({fitted} models fitted, {learned} scores learned)"

    @classmethod
    def fit(
        cls,
        prompts: Sequence[str],
        models: Sequence[str],
        scores: Sequence[float],
        *,
        tasks: Sequence[str],
        difficulties: Sequence[str] | None = None,
        priors: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Self:
        """Fit on scores of answers; the same rows give the same predictor.

        Args:
            prompts: What was asked, a row per answer.
            models: Whose answer it was: the alias in the catalog.
            scores: How good it was, in [0, 1].
            tasks: What kind of request it was, as the classifier says it.
            difficulties: How hard it was; left out: not told apart.
            priors: Alias → task → what to expect before any score, such as a catalog's;
                with few rows the means are drawn towards it.

        Raises:
            ConfigurationError: If the rows do not match, or a score is not in [0, 1].
        """
        # numpy is imported on first use.
        from langchain_smartroute.routing.learning import learned  # noqa: PLC0415

        found = learned(
            prompts,
            models,
            scores,
            tasks=tasks,
            difficulties=difficulties,
            priors=priors or {},
        )
        return cls(found.findings, text_gains=found.gains)

    def learn(
        self, alias: str, *, task: str, difficulty: str, score: float, count: int = 1
    ) -> None:
        """Count a score; every policy with this predictor knows it from its next decision on.

        Args:
            alias: Whose answer was scored.
            task: The request's task.
            difficulty: The request's difficulty.
            score: In [0, 1]; of several answers, their mean.
            count: How many answers.
        """
        with self._lock:
            old = self._tallies.get((alias, task), {})
            new = old.get(difficulty, Tally()).plus(count, score * count)
            # Replaced as a whole, as other threads may be reading.
            self._tallies[alias, task] = {**old, difficulty: new}
            self.revision += 1

    def hear(self, others: Tallies) -> None:
        """Take over what other workers have learned, in place of what was heard before.

        Args:
            others: Alias and task → difficulty → their scores.
        """
        with self._lock:
            if others == self._remote_tallies:
                return
            self._remote_tallies = dict(others)
            self.revision += 1

    def tallies(self, alias: str, task: str) -> Mapping[str, Tally]:
        """Difficulty → the scores that came in for a candidate and task, here and elsewhere.

        Args:
            alias: The candidate.
            task: The task; one without scores gives an empty mapping.
        """
        return _sum(
            self._tallies.get((alias, task), {}), self._remote_tallies.get((alias, task), {})
        )

    def gains(self, features: RequestFeatures) -> Mapping[str, float]:
        """Alias → by how much a request's words move the prediction; empty: not at all."""
        if self.text_gains is None or features.task not in self.text_gains.tasks:
            return _NO_GAINS
        # No text is stored, for privacy.
        key = hashlib.blake2b(features.text.encode(errors="surrogatepass"), digest_size=16).digest()
        gains = self._gains.get(key)
        if gains is None:
            gains = self.text_gains.of(features.text)
            if len(self._gains) >= _MOST_TEXTS:
                self._gains = {}
            self._gains[key] = gains
        return gains

    @property
    def is_blank(self) -> bool:
        """Whether nothing was fitted or learned."""
        return not (self.findings.levels or self._tallies or self._remote_tallies)

    def digest(self) -> str:
        """A hash of what is known, equal in processes that know the same."""
        return hashlib.sha256(self._serialised({}).encode()).hexdigest()

    def save(self, path: str | Path, *, aim: Mapping[str, Any] | None = None) -> None:
        """Write everything that is known to a file.

        Args:
            path: The file.
            aim: What the policy aims at, to be kept beside it.

        Raises:
            ConfigurationError: If it cannot be written.
        """
        content = self._serialised(aim or {})
        try:
            Path(path).write_text(content, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"{path}: cannot be written ({error.strerror}); give another path"
            ) from error
        self.path = Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` has written.

        Raises:
            ConfigurationError: If it cannot be read, is something else, is damaged, or
                comes from a newer version.
        """
        return cls.load_with_aim(path)[0]

    @classmethod
    def load_with_aim(cls, path: str | Path) -> tuple[Self, Mapping[str, Any]]:
        """Read what `save` has written, with the policy's aim.

        Raises:
            ConfigurationError: If it cannot be read, is something else, is damaged, or
                comes from a newer version.
        """
        from langchain_smartroute.routing.saved import read  # noqa: PLC0415

        try:
            content = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise ConfigurationError(
                f"{path}: cannot be read ({error.strerror}); correct the path"
            ) from error
        saved = read(content, name=str(path))
        predictor = cls(saved.findings, text_gains=saved.gains, tallies=saved.tallies)
        predictor.path = Path(path)
        return predictor, saved.aim

    @property
    def card(self) -> Mapping[str, Any]:
        """How it was fitted, for people."""
        return self.findings.card

    def _serialised(self, aim: Mapping[str, Any]) -> str:
        from langchain_smartroute.routing.saved import written  # noqa: PLC0415

        return written(self.findings, self.text_gains, self._all_sums(), aim=aim)

    def _all_sums(self) -> Tallies:
        with self._lock:
            local, remote = dict(self._tallies), self._remote_tallies
        places = {**local, **remote}
        return {place: _sum(local.get(place, {}), remote.get(place, {})) for place in places}

    def _all_tallies(self) -> Sequence[Tally]:
        return [tally for by_level in self._all_sums().values() for tally in by_level.values()]


def _sum(local: Mapping[str, Tally], remote: Mapping[str, Tally]) -> Mapping[str, Tally]:
    """The sum of this process's scores and others'."""
    if not remote:
        return local
    return {d: local.get(d, Tally()).plus(*remote.get(d, Tally())) for d in {**local, **remote}}
