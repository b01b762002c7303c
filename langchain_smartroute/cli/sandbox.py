"""`smartroute sandbox`: the simulated gateway as a command."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.cli.options import CatalogOption, Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langchain_smartroute.sandbox.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["sandbox"]

_WAIT_S = 0.5


def _loopback(host: str) -> str:
    if not is_loopback(host):
        raise typer.BadParameter(f"{host!r} is not this machine; use 127.0.0.1, localhost or ::1")
    return host


def sandbox(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8_765,
    host: Annotated[str, typer.Option(parser=_loopback, help="A loopback address.")] = "127.0.0.1",
    catalog: CatalogOption = "default",
    output: FormatOption = Format.TABLE,
) -> None:
    """Serve simulated models on this machine until Ctrl-C: free, and no key needed."""
    models = sandbox_models(Catalog.load(catalog))
    server = SandboxServer(models=models, host=host, port=port)
    with _stop_signals() as stop:
        try:
            server.start()
        except OSError as error:
            raise ConfigurationError(
                f"port {port} of {host} cannot be used ({error.strerror}); choose another with"
                " --port, or 0 for a free one"
            ) from error
        try:
            names = [model.name for model in models]
            _announce(server.base_url, names, output)
            while not stop.wait(_WAIT_S):
                pass
        finally:
            server.stop()


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set instead of ending the process."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {s: signal.signal(s, ask_to_stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _announce(base_url: str, names: list[str], output: Format) -> None:
    if output is Format.JSON:
        # On one line, since the output does not end before the server does.
        print_json({"base_url": base_url, "simulated": True, "models": names}, indent=None)
        return
    lines = (
        f"Simulated models at {base_url}: nothing leaves this machine. Ctrl-C ends it.",
        f"Models: {', '.join(names)}",
        "",
        "For SmartRouterRunnable.from_catalog(), with no key:",
        f"  export SMARTROUTE_BASE_URL={base_url}",
        "For any OpenAI client, with any key:",
        f"  export OPENAI_BASE_URL={base_url} OPENAI_API_KEY=none",
    )
    print_hanging(lines, width=console().width)
