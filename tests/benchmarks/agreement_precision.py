"""How often two answers that are called the same are one right and one wrong, per kind of answer.

    python tests/benchmarks/agreement_precision.py OUTCOMES.parquet [--half even|odd]
        [--examples N] [--models NAME,NAME…]

Compares the answers of every pair of cheap models (those named; else all but the dear ones
that `_DEAR` matches) to each prompt of each set that has answers, just as a replay of
`AgreementCheck` does, and counts, with the set's own scores as the truth:

- pairs: both models answered, and each answer was scored 0 or 1;
- same: the share that is called the same;
- false: of these, the share with one right and one wrong;
- told: of the same ones as well, the share of such pairs that are not one Python expression
  spelled twice: a scorer of texts calls `['a']` right and `["a"]` wrong, which is its own fault;
- both right: pairs in which both answers were scored as right;
- missed: of these, the share that is called different.

`--half` takes the prompts of even or odd CRC, so that a comparison can be mended on one half
and measured on the other. `--examples` prints some answers of each kind of fault.
"""

from __future__ import annotations

import argparse
import ast
import re
import warnings
from collections import Counter, defaultdict
from itertools import combinations
from zlib import crc32

from langchain_smartroute.evaluation import read_outcomes
from langchain_smartroute.evaluation.cascades import same_as_stated
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of
from langchain_smartroute.execution.checks.comparing.options import option_of
from langchain_smartroute.execution.checks.comparing.quantities import quantity_of

_DEAR = re.compile(
    r"405B|72B|opus|sonnet|chatgpt|gpt-4o-20|gpt-4-|o1-|-pro|[Ll]arge|core|plus|grok|34B"
)


def kind(text):
    """What kind of answer a text is."""
    if not text.strip():
        return "empty"
    if quantity_of(text) is not None:
        return "number"
    value = literal_of(text)
    if value is not NOTHING:
        names = {str: "quoted text", bool: "truth value", list: "list", tuple: "tuple", dict: "map"}
        return names.get(type(value), "other literal")
    if option_of(text) is not None:
        return "letter"
    return "one word" if len(text.split()) == 1 else "words"


def pairs_of(table, columns, half):
    """(text, score), (text, score) of every pair of models, prompt by prompt."""
    for row, prompt in enumerate(table.prompts):
        if half and ("odd" if crc32(prompt.encode()) % 2 else "even") != half:
            continue
        known = [
            (table.answer_texts[code], bool(score))
            for code, score in zip(
                table.answers[row, columns], table.score[row, columns], strict=True
            )
            if code >= 0 and score in (0, 1)
        ]
        yield from combinations(known, 2)


def spelling(text):
    """A text without what a Python expression's spelling leaves open: blanks and quotes."""
    try:
        return ast.dump(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text.strip()


def called_same(one, other):
    return same_as_stated(one, other, same=same_answer)


def counted(table, columns, half):
    """Kind of answer → what is counted, and the examples of each fault."""
    found, faults, known, kinds = defaultdict(Counter), defaultdict(Counter), {}, {}
    for (one, right), (other, other_right) in pairs_of(table, columns, half):
        texts = (one, other) if one <= other else (other, one)
        if texts not in known:
            known[texts] = called_same(*texts)
            kinds |= {text: kind(text) for text in texts if text not in kinds}
        what = kinds[one] if kinds[one] == kinds[other] else "of two kinds"
        fault = None
        if known[texts] and right != other_right:
            fault = "false" if spelling(one) == spelling(other) else "told"
        elif right and other_right and not known[texts]:
            fault = "missed"
        for name in (what, "all"):
            found[name]["pairs"] += 1
            found[name]["same"] += known[texts]
            found[name]["right"] += right and other_right
            found[name][fault] += 1
        if fault:
            faults[fault, what][texts] += 1
    return found, faults


def share(part, whole):
    return f"{part:7,} {part / whole:8.3%}" if whole else f"{'–':>16}"


def main():
    warnings.simplefilter("ignore", SyntaxWarning)
    parser = argparse.ArgumentParser()
    parser.add_argument("outcomes")
    parser.add_argument("--half", choices=["even", "odd"])
    parser.add_argument("--examples", type=int, default=0)
    parser.add_argument("--models", default="")
    asked = parser.parse_args()
    whole = read_outcomes(asked.outcomes)
    if not (whole.answers >= 0).any():
        parser.exit(0, f"{asked.outcomes}: no answers\n")
    for dataset in sorted(set(whole.datasets.tolist())):
        table = whole.of_dataset([dataset])
        answered = (table.answers >= 0).any(axis=0).tolist()
        cheap = [m for m, known in zip(table.models, answered, strict=True) if known]
        cheap = [m for m in cheap if not _DEAR.search(m)]
        columns = [table.column(m) for m in (asked.models.split(",") if asked.models else cheap)]
        found, faults = counted(table, columns, asked.half)
        print(f"\n{dataset}: {len(columns)} models, {asked.half or 'all'} prompts")
        heads = f"{'same':>17}{'false':>17}{'told':>17}{'both right':>12}{'missed':>17}"
        print(f"{'kind':14}{'pairs':>10}{heads}")
        for name, n in sorted(found.items(), key=lambda item: -item[1]["pairs"]):
            false = share(n["false"] + n["told"], n["same"]), share(n["told"], n["same"])
            shares = share(n["same"], n["pairs"]), *false
            right = f"{n['right']:12,} {share(n['missed'], n['right'])}"
            print(f"{name:14}{n['pairs']:10,} {' '.join(shares)}{right}")
        for (fault, what), texts in sorted(faults.items()) if asked.examples else ():
            for (one, other), count in texts.most_common(asked.examples):
                print(f"  {fault:7}{what:14}{count:5}  {one[:100]!r}  {other[:100]!r}")


if __name__ == "__main__":
    main()
