"""The values that the rooms of this package pass to one another, frozen.

Nothing here imports anything of the package or does any work. Money is
`Decimal` US dollars; `None` means unknown and is never shown as zero.
"""

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
