"""Schemas of hazards on grids, as the weather room reads them."""

import pandera.pandas as pa

from core.schemas.fields import geometry, instant, number, table_schema, text, whole


def _cells(name: str, meaning: str) -> pa.DataFrameSchema:
    return table_schema(
        name,
        ["band", "row", "column"],
        meaning,
        {
            "band": whole("band or message of the file, the first being 1"),
            "row": whole("row of the grid from its first, the first being 1"),
            "column": whole("column of the grid from its first, the first being 1"),
            "element": text("what is measured, as the product words it, or not stated"),
            "value": number("how much", "as unit says"),
            "unit": text("unit of the value in SI, as stated if unknown, or not stated"),
            "valid_at_utc": instant("when it holds", nullable=True),
            "geometry": geometry("centre of the cell"),
        },
    )


MRMS = _cells(
    "mrms",
    "Hail size and rain seen by radar (MRMS), one row a cell with more than none.",
)
RASTERS = _cells(
    "rasters",
    "Any hazard on a grid, one row a cell with a value.",
)

GRID_RECORDS = (MRMS, RASTERS)
"""In the order of the data dictionary."""
