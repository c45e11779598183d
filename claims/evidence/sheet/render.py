"""A pack as two pages of PDF: the same pack and pictures give the same bytes."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepInFrame

from claims.evidence.sheet import for_claims, for_insured
from claims.evidence.sheet.style import BAND, WHITE
from claims.evidence.sources import Audience
from core.sheets.letters import (
    BOLD,
    FAINT,
    FOOT,
    HEAD,
    MARGIN,
    PAGE,
    PLAIN,
    TEXT_WIDTH,
    register_fonts,
)

_COMPOSERS = {Audience.CLAIMS: for_claims.compose, Audience.INSURED: for_insured.compose}
_TITLES = {
    Audience.CLAIMS: "Evidence pack",
    Audience.INSURED: "What we saw of your home",
}
_MARKS = {
    Audience.CLAIMS: "for claims people: names and cover, not to be passed on",
    Audience.INSURED: "for the insured of this policy",
}
_BIG, _MIDDLE, _TINY = 13, 8.5, 6.6
_LEADING = 1.5
_MOST_LETTERS = 84


def render_pdf(pack: Mapping[str, Any], pictures: Mapping[str, bytes], sha256: str) -> bytes:
    """Two pages, whatever there is to say: what would not fit is set smaller.

    Args:
        pack: as ``build_pack`` or ``share_with_insured`` gives it.
        pictures: JPEG bytes by role.
        sha256: digest of the pack's JSON, printed on each page.
    """
    register_fonts()
    audience = Audience(pack["audience"])
    buffer = BytesIO()
    # invariant: no instant of making and no random id in the file
    canvas = Canvas(buffer, pagesize=PAGE, invariant=1, pageCompression=1, lang="en-US")
    canvas.setTitle(f"{_TITLES[audience]} {pack['incident']['incident_id']}")
    canvas.setSubject(str(pack["event"]["name"]))
    canvas.setCreator("firstnotice")
    for number, flowables in enumerate(_COMPOSERS[audience](pack, pictures), 1):
        _draw_furniture(canvas, pack, audience, number, sha256)
        _draw_body(canvas, flowables)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_body(canvas: Canvas, flowables: list[Flowable]) -> None:
    height = PAGE[1] - HEAD - FOOT - MARGIN
    frame = Frame(
        MARGIN, FOOT + MARGIN / 2, TEXT_WIDTH, height,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    frame.addFromList([KeepInFrame(TEXT_WIDTH, height, flowables, mode="shrink")], canvas)


def _draw_furniture(
    canvas: Canvas, pack: Mapping[str, Any], audience: Audience, number: int, sha256: str
) -> None:
    """The band at the top and the line at the foot."""
    width, height = PAGE
    canvas.setFillColor(BAND)
    canvas.rect(0, height - HEAD, width, HEAD, stroke=0, fill=1)
    canvas.setFillColor(WHITE)
    canvas.setFont(BOLD, _BIG)
    canvas.drawString(MARGIN, height - HEAD * 0.45, _TITLES[audience])
    canvas.setFont(PLAIN, _MIDDLE)
    name = str(pack["event"]["name"])
    canvas.drawString(MARGIN, height - HEAD * 0.78, _cut(name))
    reference = pack["incident"]["incident_id"]
    canvas.drawRightString(width - MARGIN, height - HEAD * 0.45, reference)
    canvas.drawRightString(width - MARGIN, height - HEAD * 0.78, f"page {number} of 2")
    canvas.setFillColor(FAINT)
    canvas.setFont(PLAIN, _TINY)
    canvas.drawString(MARGIN, FOOT + _TINY * _LEADING, _MARKS[audience])
    canvas.drawString(MARGIN, FOOT, f"evidence.json, sha256 {sha256}")


def _cut(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= _MOST_LETTERS else f"{plain[: _MOST_LETTERS - 1]}…"
