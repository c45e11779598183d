"""Cell formats of the workbook, all from one palette."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from reports.lists.columns import Kind
from reports.palette import DECISION_SWATCHES, HEADER, TIER_SWATCHES, Swatch

_FONT = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_NUMBER_FORMATS = {
    Kind.TEXT: "@",
    Kind.INTEGER: "0",
    Kind.DEGREES: "0.000000",
    Kind.NUMBER: "#,##0.0",
    Kind.PROBABILITY: "0.00",
    Kind.MONEY: "#,##0",
    Kind.DATE: "yyyy-mm-dd",
}


@dataclass(frozen=True, slots=True)
class Formats:
    """XlsxWriter formats, by what they are for.

    Attributes:
        header: header rows.
        title: the event's name.
        heading: headings on the Summary sheet.
        note: small print, wrapped.
        label: a row's words on the Summary sheet.
        wrapped: text that runs over several lines.
        link: an id that leads to its home on the map.
        count: a whole number.
        share: a fraction shown in percent.
        by_kind: cells of each kind of column.
        by_tier: tier cells, by tier.
        by_decision: decision cells, by decision.
    """

    header: Any
    title: Any
    heading: Any
    note: Any
    label: Any
    wrapped: Any
    link: Any
    count: Any
    share: Any
    by_kind: Mapping[str, Any]
    by_tier: Mapping[str, Any]
    by_decision: Mapping[str, Any]

    @classmethod
    def added_to(cls, book: Any) -> Self:
        """The formats, added to an open XlsxWriter workbook."""

        def add(**properties: Any) -> Any:
            return book.add_format(_FONT | properties)

        def swatch(colours: Swatch) -> Any:
            return add(
                bg_color=colours.fill,
                font_color=colours.ink,
                border=1,
                border_color="#d5dbe1",
                num_format="@",
                align="center",
            )

        return cls(
            header=add(
                bold=True,
                bg_color=HEADER.fill,
                font_color=HEADER.ink,
                text_wrap=True,
                valign="vcenter",
            ),
            title=add(bold=True, font_size=18),
            heading=add(bold=True, font_size=12, bottom=1, bottom_color="#9aa7b3"),
            note=add(italic=True, font_color="#4f6272", text_wrap=True),
            label=add(num_format="@"),
            wrapped=add(num_format="@", text_wrap=True),
            link=add(num_format="@", font_color="#0b4f8a", underline=1),
            count=add(num_format="#,##0"),
            share=add(num_format="0.0%"),
            by_kind={str(kind): add(num_format=code) for kind, code in _NUMBER_FORMATS.items()},
            by_tier={str(tier): swatch(colours) for tier, colours in TIER_SWATCHES.items()},
            by_decision={str(key): swatch(colours) for key, colours in DECISION_SWATCHES.items()},
        )
