"""A worker in a process of its own, which is told what to do line by line, in JSON."""

from __future__ import annotations

import json
import subprocess
import sys


class WorkerProcess:
    """Runs a script with a shared state's URL and a server's, and talks to it."""

    def __init__(self, script, state, base_url):
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-W", "ignore", str(script), state, base_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, *command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def __call__(self, *command):
        self.send(*command)
        return self.answer()
