"""Detection of stuck agents: precision and recall on a labelled set.

The set was written for this project, with its labels, beside the signs themselves: it says
what they are meant to see and to leave alone, not how often agents get stuck.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, convert_to_messages

from langchain_smartroute import StuckSigns

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
    return f"{name:<22} {hits}/{n} = {hits / n:.2f} ({low:.2f}–{high:.2f})"


def test_the_signs_have_high_recall_and_precision():
    seen = {t["id"]: StuckSigns().found(messages_of(t)) for t in TRAJECTORIES}
    stuck = [t for t in TRAJECTORIES if t["stuck"]]
    found = [t for t in TRAJECTORIES if seen[t["id"]]]
    right = [t for t in found if t["stuck"]]
    lines = [
        f"{len(TRAJECTORIES)} trajectories, {len(stuck)} of them stuck",
        told("precision", len(right), len(found)),
        told("recall", len(right), len(stuck)),
    ]
    for sign in dict.fromkeys(t["sign"] for t in stuck):
        of_it = [t for t in stuck if t["sign"] == sign]
        hits = sum(bool(seen[t["id"]]) for t in of_it)
        lines.append(told(f"recall: {sign}", hits, len(of_it)))
    lines.append(f"missed: {', '.join(t['id'] for t in stuck if not seen[t['id']])}")
    lines.append(f"in error: {', '.join(t['id'] for t in found if not t['stuck'])}")
    print("", *lines, sep="\n")  # noqa: T201 - the figures, for -s
    assert len(TRAJECTORIES) >= 60
    assert len(right) / len(found) >= 0.9
    assert len(right) / len(stuck) >= 0.8


def loop(*results, args=None):
    messages = [HumanMessage("Go on")]
    for number, result in enumerate(results):
        call = {"name": "look", "args": args or {"n": number}, "id": str(number)}
        messages.append(AIMessage("", tool_calls=[call]))
        messages.append(ToolMessage(result, tool_call_id=str(number)))
    return messages


def test_an_empty_history_is_not_stuck():
    assert StuckSigns().found([]) == ""
    assert StuckSigns().found([HumanMessage("Hi"), AIMessage("Hello")]) == ""


def test_a_call_that_cannot_be_written_as_json_is_a_call_all_the_same():
    messages = loop("Error: no", "Error: no", args={"deep": {1: 2, "a": 3}})
    assert StuckSigns().found(messages) == "the same call of look failed 2 times"


def test_a_result_that_says_no_error_is_not_a_failure():
    assert StuckSigns().found(loop('{"error": null}', "Errors: 0", '{"error": ""}')) == ""
    assert StuckSigns().found(loop(*['{"error": "no"}'] * 3)) != ""


def test_results_in_blocks_are_read():
    blocks = [{"type": "text", "text": "Error: no"}]
    assert StuckSigns().found(loop(blocks, blocks, blocks)) != ""


def test_a_call_without_a_result_yet_does_not_count():
    messages = [*loop("Error: no", "Error: no"), AIMessage("", tool_calls=[])]
    assert StuckSigns().found([*messages[:-2], messages[-2]]) == ""


def test_asking_again_can_be_left_out():
    again = [HumanMessage("Why?"), AIMessage("So."), HumanMessage("That's not what I asked")]
    assert StuckSigns().found(again) == "the user asks again"
    assert StuckSigns(asked_again=False).found(again) == ""
