"""Prints the client's CPU per call with a ledger and without one.

    python tests/comparison/ledger_on_off.py

The model answers at once, so that all time is ours. `handler` keeps records in memory,
`ledger` writes them into SQLite, the thread that writes included. Rounds are many, one kind
after the other, and the least of each counts: on a busy machine the others measure what else
it does.
"""

from __future__ import annotations

import gc
import tempfile
import time

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from langchain_smartroute import MemoryLedger, SmartRouterRunnable, SqlLedger

CALLS, ROUNDS = 500, 20
USAGE = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}


class Model(BaseChatModel):
    """Answers at once."""

    model_name: str = "gpt-4o-mini"

    @property
    def _llm_type(self):
        return "instant"

    def _generate(self, *_args, **_kwargs):
        answer = AIMessage("ok", usage_metadata=dict(USAGE))
        return ChatResult(generations=[ChatGeneration(message=answer)])


def main():
    ledger = SqlLedger(f"sqlite:///{tempfile.mkdtemp()}/costs.db")
    ledger.open()
    routers = {
        "off": SmartRouterRunnable.from_models({"a": Model()}),
        "handler": SmartRouterRunnable.from_models({"a": Model()}, ledger=MemoryLedger()),
        "ledger": SmartRouterRunnable.from_models({"a": Model()}, ledger=ledger),
    }
    found = {name: [] for name in routers}
    for _ in range(ROUNDS):
        for name, router in routers.items():
            gc.collect()
            began = time.process_time()
            for _ in range(CALLS):
                router.invoke("Hello there")
            if name == "ledger":
                ledger.flush()
            found[name].append((time.process_time() - began) / CALLS * 1e6)
    least = {name: min(values) for name, values in found.items()}
    print({name: round(value) for name, value in least.items()}, "µs of CPU a call, the least of")
    print(f"{ROUNDS} rounds of {CALLS:,}; records +{least['handler'] - least['off']:.0f},", end=" ")
    print(f"SQLite +{least['ledger'] - least['handler']:.0f}")
    ledger.close()


if __name__ == "__main__":
    main()
