"""Letters, sizes and colours of the sheet."""

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

INK = HexColor("#1b2430")
FAINT = HexColor("#55636f")
LINE = HexColor("#c5ccd3")
GROUND = HexColor("#f2f4f6")
BAND = HexColor("#1f2f3f")
WHITE = HexColor("#ffffff")

PLAIN, BOLD = "FirstNoticeSans", "FirstNoticeSans-Bold"
_FONTS = {PLAIN: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}
"""DejaVu, which comes with matplotlib: names are written in more letters than Latin-1's."""


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


BODY = _style("body", 9.4)
BULLET = _style("bullet", 9.4, leftIndent=9, spaceAfter=1)
SMALL = _style("small", 7.6, textColor=FAINT)
SMALL_INK = _style("small ink", 8.2)
DIGEST = _style("digest", 6.8, textColor=FAINT)
HEADING = _style("heading", 10.6, font=BOLD, spaceBefore=9, spaceAfter=3)
LEAD = _style("lead", 12.5, font=BOLD, spaceBefore=5, spaceAfter=3)
LIMIT = _style("limit", 8.8, font=BOLD)
