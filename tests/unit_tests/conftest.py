"""How unit tests run: on one thread of numpy's, and with what was imported left alone by the GC."""

from __future__ import annotations

import gc
import os

# Small matrices gain nothing from more threads, which wait for one another by spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_collection_finish():
    """Leave everything that was made by importing out of later collections.

    Half a million objects of LangChain, openai and the tests themselves stay until the end;
    each `gc.collect()` of a test that looks for what is left over walks through all of them.
    """
    gc.collect()
    gc.freeze()
