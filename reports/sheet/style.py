"""Letters, sizes and colours of the event's two pages."""

from functools import cache
from importlib.resources import files
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, Table

from reports.palette import HEADER

PAGE = LETTER
MARGIN = 15 * mm
HEAD, FOOT = 16 * mm, 12 * mm
TEXT_WIDTH = PAGE[0] - 2 * MARGIN
"""Of the text, points."""
INK, FAINT, LINE = HexColor("#1b2430"), HexColor("#55636f"), HexColor("#c5ccd3")
BAND, WHITE = HexColor(HEADER.fill), HexColor(HEADER.ink)
PLAIN, BOLD = "FirstNoticeSans", "FirstNoticeSans-Bold"
_FONTS = {PLAIN: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}
"""DejaVu, which comes with matplotlib: events are named in more letters than Latin-1's."""


@cache
def register_fonts() -> None:
    """Make the letters known to reportlab, once a process."""
    folder = files("matplotlib") / "mpl-data" / "fonts" / "ttf"
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def _style(name: str, size: float, *, font: str = PLAIN, **more: object) -> ParagraphStyle:
    told = {"fontName": font, "fontSize": size, "leading": size * 1.3, "textColor": INK} | more
    return ParagraphStyle(name, **told)


BODY = _style("body", 8.6)
SMALL = _style("small", 7.2, textColor=FAINT)
HEADING = _style("heading", 10, font=BOLD, spaceBefore=7, spaceAfter=2)
LIMIT = _style("limit", 8.4, font=BOLD, spaceBefore=3)
FIGURE = _style("figure", 17, font=BOLD, leading=20)
CELL = _style("cell", 7.8)
CELL_HEAD = _style("cell head", 7.8, font=BOLD)
_NUMBER = _style("number", 7.8, alignment=2)
_NUMBER_HEAD = _style("number head", 7.8, font=BOLD, alignment=2)


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
