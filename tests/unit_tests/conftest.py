"""How unit tests run: on one thread of numpy's."""

from __future__ import annotations

import os

# Small matrices gain nothing from more threads, which wait for one another by spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
