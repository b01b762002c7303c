"""The handler of a router's own ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from typing_extensions import override

from langchain_smartroute.accounting.callback import CostCallbackHandler, by_attempt
from langchain_smartroute.accounting.identity import keys_of
from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.tracing import quietly
from langchain_smartroute.types import Attempt

__all__ = ["RouterCosts"]


class RouterCosts(CostCallbackHandler):
    """The handler of a router's own ledger.

    It watches only those model runs whose answers do not give the router all data of a record
    (see `execution.modelrun`). The records of the others come from the router at the end of the
    request, so runs of chains need not be watched to assign a run to its request.
    """

    ignore_chain = True

    @property
    def keeps_texts(self) -> bool:
        """Whether prompts and answers are stored; then every run has to be watched."""
        return self._redact is not None

    def keys_of(self, metadata: Mapping[str, Any]) -> dict[str, str]:
        """The caller of a run, from its metadata."""
        return keys_of(metadata, self._keys)

    def settle(
        self,
        decision_id: str,
        attempts: Sequence[Attempt],
        unmade: Iterable[Callable[[], CallRecord]],
    ) -> None:
        """Write the records of a finished request.

        Args:
            decision_id: Id of its decision.
            attempts: All its attempts, in order.
            unmade: Functions that return the records of the runs that were not watched. A ledger
                that writes in the background calls them there, many in a row, which takes a
                fraction of the time that one takes in between two calls.
        """
        if decision_id in self._open or decision_id in self._held:
            found = [make() for make in unmade]
            found += self._settled(decision_id, attempts)
            for record in sorted(found, key=by_attempt):
                self._emit(record)
            return
        # Of the class, as a wrapper's `__getattr__` would lead past the wrapper.
        if self._on_record is None and hasattr(type(self.ledger), "add_later"):
            for make in unmade:
                with quietly("ledger.add", said=self._said):
                    self.ledger.add_later(make)  # type: ignore[attr-defined] # looked for above
            return
        for make in unmade:
            self._emit(make())

    @override
    def _is_held(self, decision_id: str | None) -> TypeGuard[str]:
        return decision_id is not None
