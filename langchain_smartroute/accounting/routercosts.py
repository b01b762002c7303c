"""The handler of a router's own ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from typing_extensions import override

from langchain_smartroute.accounting.callback import CostCallbackHandler, by_attempt
from langchain_smartroute.accounting.identity import keys_of
from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.types import Attempt

__all__ = ["RouterCosts"]


class RouterCosts(CostCallbackHandler):
    """The handler of a router's own ledger.

    It watches only the runs of which the router does not know all by itself; of the others
    the router gives it the records, when it says that a request has ended. So it need not
    look at the runs of chains to know which model runs are a request's.
    """

    ignore_chain = True

    @property
    def keeps_texts(self) -> bool:
        """Whether prompts and answers are kept, which are read off the runs."""
        return self._redact is not None

    def keys_of(self, metadata: Mapping[str, Any]) -> dict[str, str]:
        """Whose call it is, by the metadata of a run."""
        return keys_of(metadata, self._keys)

    def settle(
        self, decision_id: str, attempts: Sequence[Attempt], records: Iterable[CallRecord]
    ) -> None:
        """Take a request that has ended.

        Args:
            decision_id: Its decision.
            attempts: All that was tried.
            records: Those of the runs that nobody watched.
        """
        found = list(records)
        if decision_id in self._open or decision_id in self._held:
            found += self._settled(decision_id, attempts)
            found.sort(key=by_attempt)
        for record in found:
            self._emit(record)

    @override
    def _is_held(self, decision_id: str | None) -> TypeGuard[str]:
        return decision_id is not None
