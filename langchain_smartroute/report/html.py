"""A report as one HTML file without scripts or requests, for light and dark themes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from langchain_smartroute.report.charts import bars_svg, lines_svg
from langchain_smartroute.report.document import (
    Bars,
    Document,
    Lines,
    Points,
    Section,
    Table,
    shown,
)
from langchain_smartroute.report.points import points_svg

__all__ = ["as_html"]

_STYLE = """
:root { color-scheme: light dark; --paper: #fbfbf9; --card: #fff; --ink: #1d2330; --soft: #5b6475;
  --line: #dfe2e8; --c0: #2a6fdb; --c1: #c2571a; --c2: #1a8f6a; --c3: #8a4fc7; --c4: #b38600;
  --c5: #7a8496; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171d; --card: #1c2129; --ink: #e8eaee;
  --soft: #9aa4b5; --line: #323946; --c0: #6aa5ff; --c1: #f0935a; --c2: #4fcfa4; --c3: #bf94f0;
  --c4: #e0bb4c; --c5: #9aa4b5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 78rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
h3 { margin: 1.25rem 0 .5rem; font-size: .95rem; color: var(--soft); font-weight: 600; }
.sub, .note { color: var(--soft); margin: .35rem 0; }
.note { font-size: .9rem; max-width: 46rem; }
.figures { display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fit, minmax(min(11rem, 44%), 1fr)); }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .75rem .9rem; min-width: 0; }
.figure b { display: block; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums; }
.figure span { color: var(--soft); font-size: .85rem; }
.figure small { display: block; color: var(--soft); font-size: .78rem; overflow-wrap: anywhere; }
.charts { display: grid; gap: 1rem; margin-top: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .25rem .9rem .75rem; min-width: 0; overflow-x: auto; }
.chart svg { display: block; width: 100%; min-width: 20rem; max-width: 46rem; height: auto; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { padding: .4rem .5rem; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; }
th.text, td.text { text-align: left; }
td.text { max-width: min(20rem, 45vw); overflow: hidden; text-overflow: ellipsis; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .tick, svg .value { fill: var(--soft); font-size: 12px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg polyline { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
svg .c0 { fill: var(--c0); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .4rem 0 0; font-size: .85rem; }
.legend span { overflow-wrap: anywhere; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .4em; }
"""
_COLOURS = "".join(
    f"svg .l{n} {{ stroke: var(--c{n}); }} svg .l{n}.dot {{ fill: var(--c{n}); }}"
    f" .b{n} {{ background: var(--c{n}); }}\n"
    for n in range(6)
)


def as_html(document: Document) -> str:
    """A report as one page that needs no network.

    Every text in it is escaped; a policy in its head forbids scripts and requests.
    """
    return "\n".join(_page(document)) + "\n"


def _page(document: Document) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield f"<title>{escape(document.title)}</title>"
    yield f"<style>{_STYLE}{_COLOURS}</style>\n</head>\n<body>"
    yield f"<h1>{escape(document.title)}</h1>"
    if document.subtitle:
        yield f'<p class="sub">{escape(document.subtitle)}</p>'
    for section in document.sections:
        yield from _section(section)
    yield "</body>\n</html>"


def _section(section: Section) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(section.title)}</h2>"
    if section.figures:
        yield '<div class="figures">'
        for figure in section.figures:
            note = f"<small>{escape(figure.note)}</small>" if figure.note else ""
            value = escape(shown(figure.value, figure.kind))
            name = escape(figure.name)
            yield f'<div class="figure"><span>{name}</span><b>{value}</b>{note}</div>'
        yield "</div>"
    if section.charts:
        yield '<div class="charts">'
        for chart in section.charts:
            yield f'<div class="chart"><h3>{escape(chart.title)}</h3>{_chart(chart)}</div>'
        yield "</div>"
    for table in section.tables:
        yield from _table(table)
    for note in section.notes:
        yield f'<p class="note">{escape(note)}</p>'
    yield "</section>"


def _chart(chart: Bars | Lines | Points) -> str:
    if isinstance(chart, Points):
        return points_svg(chart)
    return bars_svg(chart) if isinstance(chart, Bars) else lines_svg(chart)


def _table(table: Table) -> Iterator[str]:
    def tag(name: str, kind: str, text: str) -> str:
        css = ' class="text"' if kind == "text" else ""
        return f"<{name}{css}>{escape(text)}</{name}>"

    yield '<div class="scroll"><table>'
    heads = "".join(tag("th", column.kind, column.name) for column in table.columns)
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        shown_cells = (tag("td", c.kind, shown(value, c.kind)) for value, c in cells)
        yield f"<tr>{''.join(shown_cells)}</tr>"
    yield "</tbody></table></div>"
