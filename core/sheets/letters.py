"""Letters, sizes and colours of sheets that people print. Pure but for the fonts' files."""

from functools import cache
from importlib.resources import files

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PAGE = LETTER
MARGIN = 15 * mm
HEAD = 16 * mm
"""Height of the band at the top."""
FOOT = 12 * mm
TEXT_WIDTH = PAGE[0] - 2 * MARGIN
"""Of the text, points."""

INK, FAINT, LINE = HexColor("#1b2430"), HexColor("#55636f"), HexColor("#c5ccd3")

PLAIN, BOLD = "FirstNoticeSans", "FirstNoticeSans-Bold"
_FONTS = {PLAIN: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}
"""DejaVu, which comes with matplotlib: names are written in more letters than Latin-1's."""
_LEADING = 1.3
"""Height of a line, in sizes of its letters."""


@cache
def register_fonts() -> None:
    """Make the letters known to reportlab, once a process."""
    folder = files("matplotlib") / "mpl-data" / "fonts" / "ttf"
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def make_style(name: str, size: float, *, font: str = PLAIN, **more: object) -> ParagraphStyle:
    """A paragraph's style in the sheets' letters; ``more`` as reportlab has it."""
    told = {"fontName": font, "fontSize": size, "leading": size * _LEADING, "textColor": INK}
    return ParagraphStyle(name, **(told | more))
