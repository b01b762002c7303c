"""A table of 347,000 rows, from the file through the real `decide` to the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SMARTROUTE_DATA", ROOT.parent / "shared" / "data")) / "outcomes"
PATH = DATA / "mmlu_pro.parquet"

MEASURED = """
import json, resource, sys, time
from langchain_smartroute.cli import main
sys.argv = json.loads(sys.argv[1])
try:
    main()
except SystemExit as left:
    code = left.code
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([code, time.process_time(), most]), file=sys.stderr)
"""
CHEAP, STRONG = "Meta-Llama-3_1-8B-Instruct", "gemini-1.5-pro-002"
ALIASES = ("deepseek-chat", "deepseek-reasoner", "glm-4-flash", "glm-4v", "gpt-4o-mini")
STRONG_ALIASES = ("deepseek-v4-pro", "glm-5.1", "gpt-4o")


def test_it_takes_less_than_a_minute_of_cpu_and_two_gigabytes():
    if not PATH.is_file():
        pytest.skip("mmlu_pro.parquet is not here; set SMARTROUTE_DATA")
    names = [f"{alias}={CHEAP}" for alias in ALIASES]
    names += [f"{alias}={STRONG}" for alias in STRONG_ALIASES]
    arguments = ["smartroute", "evaluate", "policy", "--outcomes", str(PATH), "--format", "json"]
    arguments += [part for name in names for part in ("--map", name)]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", MEASURED, json.dumps(arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    code, seconds, kilobytes = json.loads(done.stderr.splitlines()[-1])
    print(f"\n{seconds:.1f} s of CPU, {kilobytes / 1e6:.2f} GB", end="")  # noqa: T201 - with pytest -s
    assert not code
    assert json.loads(done.stdout)["routers"]["router"]["n"] > 9_000
    assert seconds < 60
    assert kilobytes < 2_000_000
