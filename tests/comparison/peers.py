"""Calls a second of routers that have an environment of their own, beside this one.

    python tests/comparison/peers.py [--at-a-time 64] [--rounds 5] [--environments FOLDER]

Makes a virtual environment for each peer in the folder (`$SMARTROUTE_PEERS`, or a temporary
one, where it is left out) and asks the instant server of `smartroute bench throughput` from
each: the server's work is the same for all of them. Rounds are interleaved, each in a new
process, and ratios are taken within a round: to a stock `ChatOpenAI` of the same
environment, and of this package's router to each of them. `smartroute bench all --with
tests/comparison/peers.py` puts the figures beside all others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from langchain_smartroute.bench.figure_pages import shown_spread
from langchain_smartroute.bench.figures import Figure, tell
from langchain_smartroute.bench.served import instant_server

PROGRAMS = Path(__file__).with_name("peers")
TABLE = "Beside peers, {}"
OURS = "smartroute"
PEERS = {
    "LiteLLM Router": ("litellm", "litellm_router.py"),
    "ChatOpenAI beside LiteLLM": ("litellm", "chat_openai.py"),
    "langchain-model-router": ("modelrouter", "model_router.py"),
    "ChatOpenAI beside langchain-model-router": ("modelrouter", "chat_openai.py"),
    "ChatOpenAI": (None, "chat_openai.py"),
    OURS: (None, "smartroute_router.py"),
}
"""Name → its environment, and its program."""
STOCK = {
    "LiteLLM Router": "ChatOpenAI beside LiteLLM",
    "langchain-model-router": "ChatOpenAI beside langchain-model-router",
    OURS: "ChatOpenAI",
}
"""Contestant → the plain model that it is compared with."""
INSTALLED = {
    "litellm": ["litellm", "langchain-openai"],
    "modelrouter": ["langchain-model-router", "langchain-openai"],
}


def environment(folder, name):
    """The Python of a virtual environment, which is made where it does not exist."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", folder / name], check=True)  # noqa: S603 - this Python
        install = [python, "-m", "pip", "install", "-q", *INSTALLED[name]]
        subprocess.run(install, check=True)  # noqa: S603 - of that environment
    return str(python)


def versions(pythons):
    """What is compared, with its version."""
    code = (
        "from importlib.metadata import version\n"
        "for name in {!r}: print(name, version(name), end=', ')\n"
        "print('openai', version('openai'))"
    )
    return "; ".join(
        subprocess.check_output([pythons[name], "-c", code.format(packages)], text=True).strip()  # noqa: S603 - as above
        for name, packages in INSTALLED.items()
    )


def measured(python, program, *arguments):
    """Calls a second and CPU milliseconds a call of one run of a program."""
    command = [python, PROGRAMS / program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - above
    line = next((one for one in done.stdout.splitlines() if one.startswith("MEASURED")), None)
    if line is None:
        raise SystemExit(f"{program}: no figures came of it:\n{done.stdout}\n{done.stderr}")
    return tuple(map(float, line.split()[1:]))


def rounds_of(kind, pythons, given):
    """Name → what was measured in each round."""
    found = {name: [] for name in PEERS}
    calls = (given.calls // 2 if kind == "streamed" else given.calls, f"--{kind}")
    names = list(PEERS)
    with instant_server() as url:
        for number in range(given.rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                at, program = PEERS[name]
                found[name].append(measured(pythons[at], program, url, given.at_a_time, *calls))
    return found


def figures_of(kind, found):
    """Speeds, and ratios within each round."""
    for name, rounds in found.items():
        columns = {"calls a second": [speed for speed, _ in rounds]}
        if name in STOCK:
            pairs = list(zip(rounds, found[STOCK[name]], strict=True))
            columns["× its ChatOpenAI"] = [mine[0] / its[0] for mine, its in pairs]
            columns["× its ChatOpenAI by CPU"] = [its[1] / mine[1] for mine, its in pairs]
        pairs = list(zip(found[OURS], rounds, strict=True))
        columns["router's calls a second ×"] = [mine[0] / its[0] for mine, its in pairs]
        columns["router's × by CPU"] = [its[1] / mine[1] for mine, its in pairs]
        for column, samples in columns.items():
            yield Figure(table=TABLE.format(kind), row=name, column=column, samples=tuple(samples))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--at-a-time", type=int, default=64)
    parser.add_argument("--calls", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--environments", type=Path, default=os.environ.get("SMARTROUTE_PEERS"))
    parser.add_argument("--figures", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.calls, given.at_a_time = 1, 16, 4
    folder = given.environments or Path(tempfile.mkdtemp(prefix="smartroute-peers-"))
    pythons = {name: environment(folder, name) for name in INSTALLED} | {None: sys.executable}
    figures = [
        figure
        for kind in ("plain", "streamed")
        for figure in figures_of(kind, rounds_of(kind, pythons, given))
    ]
    note = (
        f"{given.at_a_time} calls at a time, {given.rounds} interleaved rounds of {given.calls}"
        f" plain and {given.calls // 2} streamed calls, each in a new process after as many calls"
        f" that are not counted. {versions(pythons)}."
    )
    if given.figures:
        tell(figures, notes=dict.fromkeys((figure.table for figure in figures), note))
        return
    print(note)
    for figure in figures:
        print(" / ".join(figure.key), "=", shown_spread(figure))


if __name__ == "__main__":
    main()
