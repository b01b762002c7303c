"""Reports as documents for terminals, other programs and browsers."""

from langchain_smartroute.report.document import (
    Bars,
    Column,
    Document,
    Figure,
    Lines,
    Point,
    Points,
    Section,
    Table,
)
from langchain_smartroute.report.html import as_html
from langchain_smartroute.report.money import By, SpendingReport
from langchain_smartroute.report.text import as_csv, as_text

__all__ = [
    "Bars",
    "By",
    "Column",
    "Document",
    "Figure",
    "Lines",
    "Point",
    "Points",
    "Section",
    "SpendingReport",
    "Table",
    "as_csv",
    "as_html",
    "as_text",
]
