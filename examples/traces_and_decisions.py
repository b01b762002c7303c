"""What a trace and a decision file say of requests; a test of one's own routes.

Run it: python examples/traces_and_decisions.py
"""

from __future__ import annotations

import os
import tempfile
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler

from langchain_smartroute import Catalog, JsonlDecisions, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langchain_smartroute.testing import FixedClassifier, ScriptedChatModel, assert_route

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

QUESTIONS = (
    "Classify this ticket as billing or shipping: my card was charged twice",
    "Write a Python function to sort",
)


class Tags(BaseCallbackHandler):
    """Prints what a tracer can filter by."""

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,  # noqa: ARG002 - LangChain gives it
        messages: Sequence[Any],  # noqa: ARG002 - as above
        *,
        run_id: UUID,  # noqa: ARG002 - as above
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """A model is about to be called."""
        told = metadata or {}
        print("  tags:", ", ".join(tag for tag in tags or () if ":" in tag))
        print(f"  served by {told['ls_provider']}: {told['ls_model_name']}")


def look_at_traces(base_url: str | None) -> None:
    """Ask two questions and read the decisions back."""
    with tempfile.TemporaryDirectory() as folder:
        decisions = JsonlDecisions(f"{folder}/decisions.jsonl")
        router = SmartRouterRunnable.from_catalog(base_url=base_url, on_decision=decisions)
        for question in QUESTIONS:
            print(question)
            router.invoke(question, {"callbacks": [Tags()]})
        for record in decisions.records():
            print(f"{record.route}: {record.reason}")
            print(f"  ${record.cost_usd:f}, {record.baseline} ${record.baseline_cost_usd:f}")
            dearest = max(record.candidates, key=lambda found: found.estimated_cost_usd or 0)
            print(f"  not {dearest.alias}: {dearest.reason}")


def test_my_routes() -> None:
    """What one's own test would look like: no key, no network."""
    dead = ScriptedChatModel(script=[ConnectionError("no route to host")])
    strong = ScriptedChatModel(script=["your refund is on its way"])
    router = SmartRouterRunnable.from_models(
        {"fast": dead, "strong": strong},
        rules=[(lambda features: "refund" in features.text, "strong")],
        classifier=FixedClassifier(task="general", difficulty="easy"),
    )
    assert_route(router, "I want a refund", model="strong", reason="rule")
    assert_route(router, "Hello!", model="fast", chain=["fast", "strong"])
    told = router.invoke("Hello!").response_metadata["smartroute"]
    print([f"{attempt['model']} {attempt['outcome']}" for attempt in told["attempts"]][-1])


def main() -> None:
    """Look at traces, then test a route."""
    gateway = os.environ.get("SMARTROUTE_BASE_URL")
    models = sandbox_models(Catalog.load("default"))
    with nullcontext() if gateway else SandboxServer(models=models) as sandbox:
        if sandbox is not None:
            print("Answers are simulated by a local sandbox.")
        look_at_traces(sandbox.base_url if sandbox is not None else None)
    test_my_routes()
    print("routes are as expected")


if __name__ == "__main__":
    main()
