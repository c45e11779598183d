"""Letters, sizes and colours of the sheet."""

from reportlab.lib.colors import HexColor

from core.sheets.letters import BOLD, FAINT, make_style

GROUND = HexColor("#f2f4f6")
BAND = HexColor("#1f2f3f")
WHITE = HexColor("#ffffff")

BODY = make_style("body", 9.4)
BULLET = make_style("bullet", 9.4, leftIndent=9, spaceAfter=1)
SMALL = make_style("small", 7.6, textColor=FAINT)
SMALL_INK = make_style("small ink", 8.2)
DIGEST = make_style("digest", 6.8, textColor=FAINT)
HEADING = make_style("heading", 10.6, font=BOLD, spaceBefore=9, spaceAfter=3)
LEAD = make_style("lead", 12.5, font=BOLD, spaceBefore=5, spaceAfter=3)
LIMIT = make_style("limit", 8.8, font=BOLD)
