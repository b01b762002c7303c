"""Which agents are seen as stuck, and how well: precision and recall on a labelled set.

The set was written for this project, with its labels, beside the signs themselves: it says
what they are meant to see and to leave alone, not how often agents get stuck.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, convert_to_messages

from langchain_smartroute import ConfigurationError, StuckSigns

SET = Path(__file__).with_name("stuck_trajectories.jsonl")
TRAJECTORIES = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]


def messages_of(trajectory):
    messages = []
    for entry in trajectory["messages"]:
        if entry["role"] == "tool":
            status = entry.get("status", "success")
            named = {"tool_call_id": entry["tool_call_id"], "name": entry["name"]}
            messages.append(ToolMessage(entry["content"], status=status, **named))
        elif entry["role"] == "assistant":
            messages.append(AIMessage(entry["content"], tool_calls=entry.get("tool_calls", [])))
        else:
            messages += convert_to_messages([entry])
    return messages


def interval(hits, n, z=1.96):
    """Wilson's 95 % interval."""
    middle = (hits / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(hits / n * (1 - hits / n) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, min(1.0, middle + half)


def told(name, hits, n):
    low, high = interval(hits, n)
    return f"{name:<22} {hits}/{n} = {hits / n:.2f} ({low:.2f}–{high:.2f})"  # noqa: RUF001 - a range


def test_the_signs_find_most_and_cry_wolf_seldom():
    seen = {t["id"]: StuckSigns().found(messages_of(t)) for t in TRAJECTORIES}
    stuck = [t for t in TRAJECTORIES if t["stuck"]]
    found = [t for t in TRAJECTORIES if seen[t["id"]]]
    right = [t for t in found if t["stuck"]]
    print()
    print(f"{len(TRAJECTORIES)} trajectories, {len(stuck)} of them stuck")
    print(told("precision", len(right), len(found)))
    print(told("recall", len(right), len(stuck)))
    for sign in dict.fromkeys(t["sign"] for t in stuck):
        of_it = [t for t in stuck if t["sign"] == sign]
        print(told(f"recall: {sign}", sum(bool(seen[t["id"]]) for t in of_it), len(of_it)))
    print("missed:", *(t["id"] for t in stuck if not seen[t["id"]]))
    print("in error:", *(t["id"] for t in found if not t["stuck"]))
    assert len(TRAJECTORIES) >= 60
    assert len(right) / len(found) >= 0.9
    assert len(right) / len(stuck) >= 0.8
