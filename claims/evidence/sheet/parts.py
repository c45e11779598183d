"""Pieces that sheets are put together from. Text is held to a length, and is never markup."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Paragraph, Spacer, Table, TableStyle

from claims.evidence.sheet.style import BODY, BULLET, DIGEST, GROUND, HEADING, LIMIT, SMALL
from core.sheets.letters import FAINT, LINE, TEXT_WIDTH

MOST_LETTERS = 600
"""Of one text: a cell of a book can hold a hundred thousand."""
MISSING = "not known"
_GAP = 4 * mm
_EMPTY_RATIO = 0.6
_NAME_FRAC = 0.2
"""Of the width, for the names in a table of facts."""


def clean(value: Any, most: int = MOST_LETTERS) -> str:
    """A value as text that reportlab takes as it is: no markup, no control characters, not long."""
    text = MISSING if value is None else str(value)
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return escape(plain if len(plain) <= most else f"{plain[: most - 1]}…")


def paragraph(value: Any, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(clean(value), style)


def bullets(lines: Iterable[str], most: int, otherwise: str) -> list[Flowable]:
    """Lines with dots before them, at most so many; what is said where there are none."""
    told = list(lines)
    shown = [Paragraph(clean(_begin(line)), BULLET, bulletText="•") for line in told[:most]]
    if len(told) > most:
        shown.append(paragraph(f"… and {len(told) - most} more in evidence.json", SMALL))
    return shown or [paragraph(otherwise)]


def section(title: str, *parts: Flowable) -> list[Flowable]:
    """Parts under a heading."""
    return [Paragraph(clean(title), HEADING), *parts]


def facts(rows: Sequence[tuple[str, Any]], style: ParagraphStyle = BODY) -> Table:
    """Names and values, a row each."""
    cells = [[paragraph(name, SMALL), paragraph(value, style)] for name, value in rows]
    widths = [TEXT_WIDTH * _NAME_FRAC, TEXT_WIDTH * (1 - _NAME_FRAC)]
    lines = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -2), 0.3, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1.4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
    ]
    return Table(cells, colWidths=widths, style=TableStyle(lines))


def digests(named: Mapping[str, Any]) -> Table:
    """Names and digests in small letters; without those that are not known."""
    known = [(name, value) for name, value in named.items() if value is not None]
    cells = [[paragraph(name, DIGEST), paragraph(value, DIGEST)] for name, value in known]
    widths = [TEXT_WIDTH * _NAME_FRAC, TEXT_WIDTH * (1 - _NAME_FRAC)]
    lines = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0),
             ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5)]  # fmt: skip
    return Table(cells or [["", ""]], colWidths=widths, style=TableStyle(lines))


def picture_row(shown: Sequence[tuple[bytes | None, str, str]], width: float) -> Table:
    """Pictures side by side with a title above and a caption below each.

    Args:
        shown: JPEG or None, title, and caption.
        width: of each picture, points.
    """
    cells = [
        [Paragraph(f"<b>{clean(title)}</b>", BODY) for _, title, _ in shown],
        [_draw(jpeg, width) for jpeg, _, _ in shown],
        [paragraph(caption, SMALL) for _, _, caption in shown],
    ]
    lines = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), _GAP),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    return Table(
        cells, colWidths=[width + _GAP] * len(shown), style=TableStyle(lines), hAlign="LEFT"
    )


def box(text: str) -> Table:
    """Text that must not be missed."""
    lines = [
        ("BACKGROUND", (0, 0), (-1, -1), GROUND),
        ("LINEBEFORE", (0, 0), (0, -1), 2, FAINT),
        ("LEFTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table([[paragraph(text, LIMIT)]], colWidths=[TEXT_WIDTH], style=TableStyle(lines))


def gap(height_mm: float) -> Spacer:
    """Empty space."""
    return Spacer(1, height_mm * mm)


def _begin(line: str) -> str:
    """With a capital, as a sentence begins."""
    return line[:1].upper() + line[1:]


def _draw(jpeg: bytes | None, width: float) -> Flowable:
    if jpeg is not None:
        return Image(BytesIO(jpeg), width=width, height=width)
    lines = [
        ("BACKGROUND", (0, 0), (-1, -1), GROUND),
        ("BOX", (0, 0), (-1, -1), 0.4, LINE),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    empty = [[paragraph("no picture of the home", SMALL)]]
    return Table(empty, [width], [width * _EMPTY_RATIO], style=TableStyle(lines))
