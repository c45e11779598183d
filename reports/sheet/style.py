"""Letters, sizes and colours of the event's two pages."""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Paragraph, Table

from core.sheets.letters import BOLD, FAINT, INK, LINE, make_style
from reports.palette import HEADER

BAND, WHITE = HexColor(HEADER.fill), HexColor(HEADER.ink)

BODY = make_style("body", 8.6)
SMALL = make_style("small", 7.2, textColor=FAINT)
HEADING = make_style("heading", 10, font=BOLD, spaceBefore=7, spaceAfter=2)
LIMIT = make_style("limit", 8.4, font=BOLD, spaceBefore=3)
FIGURE = make_style("figure", 17, font=BOLD, leading=20)
CELL = make_style("cell", 7.8)
CELL_HEAD = make_style("cell head", 7.8, font=BOLD)
_NUMBER = make_style("number", 7.8, alignment=2)
_NUMBER_HEAD = make_style("number head", 7.8, font=BOLD, alignment=2)


def escape(text: str) -> str:
    """Text that reportlab takes as text: no markup, no signs that cannot be printed."""
    plain = "".join(sign for sign in text if sign.isprintable())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def make_table(rows: list[list[str]], widths: list[float], **marks: Any) -> Table:
    """A table whose first row is its head and whose later columns are numbers.

    Args:
        rows: texts; the first row is the head.
        widths: of the columns, points.
        marks: ``tints`` by row: (fill, ink) of its first cell.
    """
    tints: dict[int, tuple[str, str]] = marks.get("tints", {})
    cells = []
    for place, row in enumerate(rows):
        first, others = (CELL_HEAD, _NUMBER_HEAD) if place == 0 else (CELL, _NUMBER)
        ink = f'<font color="{tints[place][1]}">%s</font>' if place in tints else "%s"
        cells.append([
            Paragraph(ink % escape(row[0]), first),
            *(Paragraph(escape(text), others) for text in row[1:]),
        ])  # fmt: skip
    looks: list[tuple[Any, ...]] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 1.6), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        *(("BACKGROUND", (0, place), (0, place), HexColor(fill))
          for place, (fill, _) in tints.items()),
    ]  # fmt: skip
    return Table(cells, colWidths=widths, style=looks, hAlign="LEFT")
