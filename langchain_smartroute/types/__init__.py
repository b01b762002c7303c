"""Frozen values that the parts of this package exchange.

Nothing here imports other parts of the package or does any work. Money is `Decimal` US dollars;
`None` means unknown and is never shown as zero. The package also has common tools: errors as
values, locks that are safe after a fork, and clients that are closed with their event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.types.attempts import Attempt, Figures, Usage
    from langchain_smartroute.types.caught import Caught, causes_of, steers_graph
    from langchain_smartroute.types.forks import (
        before_forking,
        in_forked_process,
        new_lock,
        new_lock_against_forks,
        not_while_forking,
        renewed_in_forks,
    )
    from langchain_smartroute.types.loops import LoopClients
    from langchain_smartroute.types.urls import without_password
    from langchain_smartroute.types.values import (
        Classification,
        Conversation,
        RequestFeatures,
        RoutingDecision,
        rounded_shares,
    )
    from langchain_smartroute.types.words import (
        DIFFICULTIES,
        MODALITIES,
        TASKS,
        TIERS,
        Difficulty,
        Modality,
        Outcome,
        Purpose,
        SchemaMethod,
        Script,
        Sticky,
        StreamPolicy,
        Task,
        Tier,
        Turn,
    )
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "attempts": "Attempt Figures Usage",
            "caught": "Caught causes_of steers_graph",
            "forks": (
                "before_forking in_forked_process new_lock new_lock_against_forks "
                "not_while_forking renewed_in_forks"
            ),
            "loops": "LoopClients",
            "values": "Classification Conversation RequestFeatures RoutingDecision rounded_shares",
            "urls": "without_password",
            "words": (
                "DIFFICULTIES MODALITIES TASKS TIERS Difficulty Modality Outcome Purpose "
                "SchemaMethod Script Sticky StreamPolicy Task Tier Turn"
            ),
        },
    )

__all__ = [
    "DIFFICULTIES",
    "MODALITIES",
    "TASKS",
    "TIERS",
    "Attempt",
    "Caught",
    "Classification",
    "Conversation",
    "Difficulty",
    "Figures",
    "LoopClients",
    "Modality",
    "Outcome",
    "Purpose",
    "RequestFeatures",
    "RoutingDecision",
    "SchemaMethod",
    "Script",
    "Sticky",
    "StreamPolicy",
    "Task",
    "Tier",
    "Turn",
    "Usage",
    "before_forking",
    "causes_of",
    "in_forked_process",
    "new_lock",
    "new_lock_against_forks",
    "not_while_forking",
    "renewed_in_forks",
    "rounded_shares",
    "steers_graph",
    "without_password",
]
