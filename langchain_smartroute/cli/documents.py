"""Documents on the command line: as text, JSON or an HTML file."""

from __future__ import annotations

from pathlib import Path

import typer

from langchain_smartroute.cli.options import Format
from langchain_smartroute.cli.output import print_json
from langchain_smartroute.errors import StorageError
from langchain_smartroute.report import Document, as_html, as_text

__all__ = ["show_document", "write_html", "write_text"]


def show_document(document: Document, output: Format) -> None:
    """Print a document: its text, or its figures as JSON."""
    if output is Format.JSON:
        print_json({"title": document.title, "subtitle": document.subtitle, **document.figures})
    else:
        typer.echo(as_text(document))


def write_html(document: Document, path: Path) -> None:
    """Write a document as one HTML file.

    Raises:
        StorageError: If it cannot be written.
    """
    write_text(as_html(document), path)


def write_text(text: str, path: Path) -> None:
    """Write a file, and say so on stderr.

    Raises:
        StorageError: If it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror})") from error
    typer.echo(f"Written to {path}.", err=True)
