"""Rough boxes of all countries, by OED CountryCode.

``country_boxes.csv`` holds the extents of Natural Earth's 1:50 million admin-0 map subunits (public
domain), rounded outwards to whole degrees: one box an island group or disjoint part, and none
across the antimeridian. A territory's boxes stand under its own code and under its sovereign's,
since books write both (PR or US for Puerto Rico). Added by hand: the whole Hawaiian chain,
Gibraltar, Lord Howe and Tuvalu, which the source leaves out.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from core.grid import Bounds

COUNTRY_PADDING_DEG = 2.0
"""Added around each box: small islands off a coast are not in the source."""

_FILE = "country_boxes.csv"


@cache
def read_country_boxes() -> Mapping[str, tuple[Bounds, ...]]:
    """Country code -> its boxes (west, south, east, north, degrees), padded."""
    text = files("policies.reading.cells").joinpath(_FILE).read_text(encoding="utf-8")
    boxes: dict[str, tuple[Bounds, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        west, south, east, north = (float(row[side]) for side in ("west", "south", "east", "north"))
        box = Bounds(west, south, east, north).buffered(COUNTRY_PADDING_DEG)
        code = row["country_code"]
        boxes[code] = (*boxes.get(code, ()), box)
    return MappingProxyType(boxes)
