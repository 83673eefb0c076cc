"""The row as one HTML page, each panel in its place of the grid, and as one PNG."""

import html
import io
from collections.abc import Sequence
from typing import Any, BinaryIO

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from preview.draw import Shown, draw

COLUMNS = 24
COLUMN_INCHES = 0.62
LINE_INCHES = 0.34
"""Size of a cell of Grafana's grid in the drawings."""

DPI = 110

_STYLE: Any = {
    "font.size": 7,
    "svg.fonttype": "none",
    "svg.hashsalt": "compozy-monitoring",
}
"""Texts stay texts; and the same drawing is the same bytes."""

NOTICE = (
    "A preview of data and layout, drawn from the real results of the panels' queries on a "
    "replayed history. It shows no more of Grafana than that."
)

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 1rem; }}
main {{ display: grid; grid-template-columns: repeat(24, 1fr); gap: 6px; }}
section {{ border: 1px solid #ccc; padding: 4px; overflow: hidden; }}
h1 {{ font-size: 1.1rem; }} h2 {{ font-size: 0.9rem; margin: 0; }}
section h2 {{ font-size: 0.8rem; }}
p {{ font-size: 0.75rem; margin: 0.3em 0; }}
svg {{ width: 100%; height: auto; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{notice}</p>
<main>
{panels}
</main>
</body>
</html>
"""


def page(title: str, rows: Sequence[dict[str, object]], shown: Sequence[Shown]) -> str:
    """The page's text: `rows` are the heads of rows, `shown` the panels in them."""
    heads = [f"<h2 {_place(row['gridPos'])}>{html.escape(str(row['title']))}</h2>" for row in rows]
    panels = "\n".join([*heads, *(_section(each) for each in shown)])
    return _PAGE.format(title=html.escape(title), notice=NOTICE, panels=panels)


def _section(shown: Shown) -> str:
    panel = shown.panel
    description = html.escape(panel["description"])
    return (
        f"<section {_place(panel['gridPos'])}>\n<h2>{html.escape(panel['title'])}</h2>\n"
        f"<p>{description}</p>\n{_svg(shown)}</section>"
    )


def _place(grid: object) -> str:
    """A place of Grafana's grid, which counts from 0, in CSS, which counts from 1."""
    if not isinstance(grid, dict):
        raise TypeError(f"no gridPos: {grid!r}")
    column = f"{grid['x'] + 1} / span {grid['w']}"
    line = f"{grid['y'] + 1} / span {grid['h']}"
    return f'style="grid-column: {column}; grid-row: {line}"'


def _svg(shown: Shown) -> str:
    with mpl.rc_context(_STYLE):
        text = io.StringIO()
        _drawn(shown).savefig(text, format="svg", metadata={"Date": None})
    return "<svg" + text.getvalue().partition("<svg")[2]


def _drawn(shown: Shown) -> Figure:
    place = shown.panel["gridPos"]
    size = (place["w"] * COLUMN_INCHES, place["h"] * LINE_INCHES)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    draw(figure, shown)
    return figure


def picture(title: str, shown: Sequence[Shown], file: BinaryIO) -> None:
    """Write all panels as one PNG to `file`."""
    lines = max(each.panel["gridPos"]["y"] + each.panel["gridPos"]["h"] for each in shown)
    with mpl.rc_context(_STYLE):
        size = (COLUMNS * COLUMN_INCHES, lines * LINE_INCHES)
        whole = Figure(figsize=size, dpi=DPI)
        whole.text(0.01, 1 - 0.5 / lines, f"{title}. {NOTICE}", fontsize=7, va="center")
        for each in shown:
            place = each.panel["gridPos"]
            canvas = FigureCanvasAgg(_drawn(each))
            canvas.draw()  # type: ignore[no-untyped-call]
            left = place["x"] * COLUMN_INCHES * DPI
            bottom = (lines - place["y"] - place["h"]) * LINE_INCHES * DPI
            pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
            whole.figimage(pixels, left, bottom)
        whole.savefig(file, format="png", metadata={"Software": None})
