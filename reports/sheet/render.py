"""The event as two pages of PDF: the same content gives the same bytes."""

from collections.abc import Sequence
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepInFrame

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
from reports.sheet.pages import SheetContent, compose_first, compose_second
from reports.sheet.style import BAND, WHITE
from reports.summary.numbers import Summary

_MOST_LETTERS = 60
_PAGES = 2


def write_event_pdf(path: Path, content: SheetContent) -> None:
    """Write two pages, whatever there is to say: what would not fit is set smaller."""
    register_fonts()
    summary = content.summary
    # invariant: no instant of making and no random id in the file
    canvas = Canvas(str(path), pagesize=PAGE, invariant=1, pageCompression=1, lang="en-US")
    canvas.setTitle(f"{summary.event_name}, list {summary.list_version}")
    canvas.setSubject(f"Run {summary.run_id}")
    canvas.setCreator("firstnotice")
    for number, compose in enumerate((compose_first, compose_second), 1):
        _draw_furniture(canvas, summary, number)
        _draw_body(canvas, compose(content))
        canvas.showPage()
    canvas.save()


def _draw_body(canvas: Canvas, flowables: Sequence[Flowable]) -> None:
    height = PAGE[1] - HEAD - FOOT - MARGIN
    frame = Frame(MARGIN, FOOT + MARGIN / 2, TEXT_WIDTH, height, 0, 0, 0, 0)
    frame.addFromList([KeepInFrame(TEXT_WIDTH, height, list(flowables), mode="shrink")], canvas)


def _draw_furniture(canvas: Canvas, summary: Summary, number: int) -> None:
    width, height = PAGE
    canvas.setFillColor(BAND)
    canvas.rect(0, height - HEAD, width, HEAD, stroke=0, fill=1)
    canvas.setFillColor(WHITE)
    canvas.setFont(BOLD, 13)
    name = "".join(sign for sign in summary.event_name if sign.isprintable())
    canvas.drawString(MARGIN, height - HEAD * 0.62, name[:_MOST_LETTERS])
    canvas.setFont(PLAIN, 8.5)
    told = f"{summary.event_id}, as of {summary.as_of_utc:%Y-%m-%d %H:%M} UTC"
    canvas.drawRightString(width - MARGIN, height - HEAD * 0.62, told[: _MOST_LETTERS + 20])
    canvas.setFillColor(FAINT)
    canvas.setFont(PLAIN, 6.8)
    canvas.drawString(MARGIN, FOOT * 0.6, f"Run {summary.run_id}; indicative, never a reserve")
    canvas.drawRightString(width - MARGIN, FOOT * 0.6, f"Page {number} of {_PAGES}")
