"""The `smartroute` command."""

from __future__ import annotations

import sys

__all__ = ["main"]

_EXTRA = ("typer", "rich")


def main() -> None:
    """Run the command, or name the extra `cli` if its packages are missing."""
    try:
        # This module imports optional packages.
        from langchain_smartroute.cli.app import app  # noqa: PLC0415

        app()
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        sys.stderr.write(
            f'smartroute needs the package {package!r}: pip install "langchain-smartroute[cli]"\n'
        )
        raise SystemExit(1) from error
