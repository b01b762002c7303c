"""The values that the rooms of this package pass to one another, frozen.

Nothing here does any work or imports another room. Money is
`Decimal` US dollars; `None` means unknown and is never shown as zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.types.caught import Caught
    from langchain_smartroute.types.values import (
        Attempt,
        Classification,
        Conversation,
        Figures,
        RequestFeatures,
        RoutingDecision,
        Usage,
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
            "caught": "Caught",
            "values": (
                "Attempt Classification Conversation Figures RequestFeatures RoutingDecision Usage"
            ),
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
]
