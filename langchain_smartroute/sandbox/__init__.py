"""A local server that speaks the OpenAI protocol, with named faults.

For a demo without a key, for users' own tests, and for ours:

    with SandboxServer(models=[SandboxModel(name="small")]) as sandbox:
        model = ChatOpenAI(model="small", base_url=sandbox.base_url, api_key="none")
        model.invoke("What is 2 + 3?")

`sandbox_models(catalog)` gives a catalog's models with what each of them can do.
"""

from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.faults import FAULT_KINDS, Fault, FaultKind
from langchain_smartroute.sandbox.models import SandboxModel
from langchain_smartroute.sandbox.records import RequestRecord
from langchain_smartroute.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from langchain_smartroute.sandbox.catalog_models import sandbox_models

__all__ = [
    "FAULT_KINDS",
    "Fault",
    "FaultKind",
    "RequestRecord",
    "SandboxModel",
    "SandboxServer",
    "sandbox_models",
]


def __getattr__(name: str) -> Any:
    """Import what needs a catalog on first use; the rest is standard library only."""
    if name != "sandbox_models":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from langchain_smartroute.sandbox.catalog_models import sandbox_models  # noqa: PLC0415

    return sandbox_models
