"""A local server that speaks the OpenAI protocol, with named faults.

For a demo without a key, for users' own tests, and for ours:

    with SandboxServer(models=[SandboxModel(name="small")]) as sandbox:
        model = ChatOpenAI(model="small", base_url=sandbox.base_url, api_key="none")
        model.invoke("What is 2 + 3?")
"""

from langchain_smartroute.sandbox.faults import FAULT_KINDS, Fault, FaultKind
from langchain_smartroute.sandbox.models import SandboxModel
from langchain_smartroute.sandbox.records import RequestRecord
from langchain_smartroute.sandbox.server import SandboxServer

__all__ = [
    "FAULT_KINDS",
    "Fault",
    "FaultKind",
    "RequestRecord",
    "SandboxModel",
    "SandboxServer",
]
