"""Tracks which candidates of a chain may still be tried."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_smartroute.execution.faults import Fault
from langchain_smartroute.execution.link import Link

__all__ = ["Succession"]


class Succession:
    """The candidates of a chain, with the faults and rejections so far.

    Args:
        links: The candidates, in order.
        input_tokens: Estimated tokens of the request.
        reroutes_filtered: Whether to fall back when a content filter has refused the prompt.
    """

    def __init__(
        self, links: Sequence[Link], *, input_tokens: int, reroutes_filtered: bool
    ) -> None:
        self.links = links
        self.faults: list[Fault] = []
        self._input_tokens = input_tokens
        self._reroutes_filtered = reroutes_filtered
        self._failed: list[tuple[Link, Fault]] = []
        self._rejected: list[Link] = []
        self._differing: list[Link] = []

    def failed(self, link: Link, fault: Fault) -> None:
        """Note that a candidate failed."""
        self.faults.append(fault)
        if not (fault.kind == "filtered" and self._reroutes_filtered):
            self._failed.append((link, fault))

    def rejected(self, link: Link, *, differing: Sequence[Link] = ()) -> None:
        """Note that a candidate's answer was rejected.

        Args:
            link: The candidate.
            differing: Candidates whose second opinions differed, which have answered as well.
        """
        self._rejected.append(link)
        self._differing += differing

    def admits(self, link: Link) -> bool:
        """Whether a candidate may still be tried."""
        if link.spare and all(fault.stand_in != link.alias for fault in self.faults):
            return False
        return all(
            link.may_follow(other, fault, input_tokens=self._input_tokens)
            for other, fault in self._failed
        ) and (
            all(link.is_stronger_than(other) for other in self._rejected)
            and not any(link.alias == o.alias or o.is_stronger_than(link) for o in self._differing)
        )

    def after(self, link: Link) -> list[Link]:
        """The candidates that may still be tried after one."""
        at = self.links.index(link)
        return [later for later in self.links[at + 1 :] if self.admits(later)]
