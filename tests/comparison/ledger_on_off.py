"""Prints the client's CPU per call with a ledger and without one.

    python tests/comparison/ledger_on_off.py

`smartroute bench all --with tests/comparison/ledger_on_off.py` puts it beside all figures.

The model answers at once, so that all time is ours. `handler` keeps records in memory,
`ledger` writes them into SQLite. The kinds take turns call by call, so that a machine that
grows slower does so for all. A round ends before the ledger's thread begins to write; what
it takes to write the round's records is measured after it, and added.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from statistics import median

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from langchain_smartroute import MemoryLedger, SmartRouterRunnable, SqlLedger
from langchain_smartroute.bench.figure_pages import shown_spread
from langchain_smartroute.bench.figures import Figure, tell

CALLS, ROUNDS, PARTS = 200, 45, 9
TABLE = "A record"
NOTE = (
    "CPU of a call beyond that without a ledger, writing it included: 45 rounds of 200 calls, "
    "the medians of five rounds each."
)
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


def spent(calls, rounds):
    """Kind → microseconds of CPU of a call in each round."""
    ledger = SqlLedger(f"sqlite:///{tempfile.mkdtemp()}/costs.db")
    ledger.open()
    routers = {
        "off": SmartRouterRunnable.from_models({"a": Model()}),
        "handler": SmartRouterRunnable.from_models({"a": Model()}, ledger=MemoryLedger()),
        "ledger": SmartRouterRunnable.from_models({"a": Model()}, ledger=ledger),
    }
    found = {name: [] for name in routers}
    for _ in range(rounds):
        gc.collect()
        taken = dict.fromkeys(routers, 0.0)
        for _ in range(calls):
            for name, router in routers.items():
                before = time.process_time()
                router.invoke("Hello there")
                taken[name] += time.process_time() - before
        before = time.process_time()
        ledger.flush()
        taken["ledger"] += time.process_time() - before
        for name, seconds in taken.items():
            found[name].append(seconds / calls * 1e6)
    ledger.close()
    return found


def figures(found):
    """What a record, and SQLite beside it, add: medians of several rounds each."""
    for row, name in (("made", "handler"), ("written to SQLite", "ledger")):
        more = [one - off for one, off in zip(found[name], found["off"], strict=True)]
        size = max(1, len(more) // PARTS)
        samples = [median(more[at : at + size]) for at in range(0, len(more), size)]
        yield Figure(table=TABLE, row=row, column="CPU, µs", samples=tuple(samples))


def main(arguments):
    calls, rounds = (5, 2) if "--quick" in arguments else (CALLS, ROUNDS)
    found = list(figures(spent(calls, rounds)))
    if "--figures" in arguments:
        tell(found, notes={TABLE: NOTE})
        return
    for figure in found:
        print(f"a record {figure.row}: {shown_spread(figure)} µs of CPU a call")


if __name__ == "__main__":
    main(sys.argv[1:])
