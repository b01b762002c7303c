"""Structured output in three ways, and which candidates each of them leaves.

`with_structured_output` works as on any chat model. A method that is named is a hard
limit: candidates without it are ruled out before the call. Without a method each
candidate uses the best that it has. Without SMARTROUTE_BASE_URL a local sandbox
simulates the answers.
"""

import datetime as dt
import os
from contextlib import nullcontext
from typing import Any

from pydantic import BaseModel, Field

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

TEXT = "Extract the booking from: Ana Silva, ana.silva@example.org, 2026-12-03"
KEYS = 'Answer in JSON with the keys "name", "email" and "date".'
"""JSON mode knows no schema: the request itself has to name the keys."""


class Booking(BaseModel):
    """Who comes when."""

    name: str = Field(description="Full name")
    email: str = Field(description="E-mail address")
    date: dt.date = Field(description="Date of arrival")


def main() -> None:
    """Ask for the same booking in each way."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Answers from your gateway." if real else "Answers are simulated by a local sandbox.")
    models = sandbox_models(Catalog.load("default"))
    with nullcontext() if real else SandboxServer(models=models) as sandbox:
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None)

        best = router.with_structured_output(Booking)
        print(f"each candidate's best: {best.invoke(TEXT)!r}")
        for method in ("json_schema", "function_calling"):
            ask = router.with_structured_output(Booking, method=method)
            print(f"{method}: {ask.invoke(TEXT)!r}")

        ask_raw = router.with_structured_output(Booking, method="json_mode", include_raw=True)
        found: dict[str, Any] = ask_raw.invoke(f"{TEXT}. {KEYS}")
        info = found["raw"].response_metadata["smartroute"]
        print(f"json_mode: {found['parsed']!r}")
        print(f"  raw answer: {found['raw'].text}")
        print(f"  by {info['model']} for ${info['cost']}, parsing error: {found['parsing_error']}")


if __name__ == "__main__":
    main()
