"""Schemas of what a hazard is at each home, and of its areas for maps."""

from core.hazards.kinds import HazardKind, WindOrWater
from core.schemas.book import KEY_COLUMNS, LOCATION_KEY
from core.schemas.fields import (
    UTC_DTYPE,
    Field,
    fraction,
    geometry,
    instant,
    number,
    table_schema,
    text,
)

HAZARD_WORDS = {
    "rain_mm": Field(float, "rain over the storm's life", "mm", True, is_required=False),
    "hazard_reason": Field(
        str, "hazards that passed their thresholds here, which put it in the path", "", True,
        is_required=False,
    ),
    "leading_hazard": Field(
        str, "the one that is farthest past its threshold", "", True, is_required=False
    ),
}  # fmt: skip
"""Of a home, beside its wind; tables of one hazard may leave them out."""

HAZARDS_IN_WORDS = Field(
    str,
    "each hazard here in words, with product and time; those that reached their thresholds first",
    "",
    True,
    is_required=False,
)

WIND_OR_WATER = Field(
    str,
    f"{', '.join(WindOrWater)}: which passed their thresholds here",
    "",
    True,
    is_required=False,
)

HAZARDS = table_schema(
    "hazards",
    LOCATION_KEY,
    "Hazard intensity and prior at each in-path location.",
    KEY_COLUMNS
    | {
        "sustained_wind_mps": number(
            "highest 1-minute wind at 10 m over the storm's life", "m/s", nullable=True, at_least=0
        ),
        "gust_mps": number(
            "highest 3-second gust, 10 m, open terrain", "m/s", nullable=True, at_least=0
        ),
    }
    | HAZARD_WORDS
    | {
        "loss_at_utc": instant(
            "when the hazard peaked here, taken as the loss instant, or the first it can have been"
        ),
        "loss_until_utc": Field(
            UTC_DTYPE,
            "the last instant that it can have been; missing = the first is the instant",
            "UTC",
            True,
            is_required=False,
        ),
        "hazard_basis": text("where the hazard comes from: track, perimeter, area of interest"),
        "prior_damage": fraction("P(minor or worse) from hazard and building alone"),
        "prior_severe": fraction("P(major or destroyed) from hazard and building alone"),
    },
)

HAZARD_ROWS = table_schema(
    "hazard_rows",
    [*LOCATION_KEY, "hazard", "product"],
    "Each hazard at each in-path location, one row a hazard and product, whether it passed its "
    "threshold or not.",
    KEY_COLUMNS
    | {
        "hazard": text("what it is", of=HazardKind),
        "value": number("how strong; missing = not known", "as in unit", nullable=True, at_least=0),
        "unit": text("unit of value", nullable=True),
        "measure": Field(
            str, "what of it was measured where that is not plain: sustained or gust of a wind", "",
            True, is_required=False,
        ),
        "threshold": number(
            "from which homes are looked at for it; missing = anywhere in its area",
            "as in unit",
            nullable=True,
        ),
        "is_reached": Field("bool", "whether it puts the home in the path"),
        "product": text("what the value was taken from"),
        "issued_at_utc": instant("when that was issued, where it says so", nullable=True),
        "how_sampled": text("how the value at the home was taken from it"),
        "distance_m": number(
            "from the home to where the value is from; 0 = at the home", "m", nullable=True,
            at_least=0,
        ),
        "peak_at_utc": instant(
            "when it was strongest here; of rain, when half had fallen", nullable=True
        ),
    },
)  # fmt: skip

HAZARD_AREAS = table_schema(
    "hazard_areas",
    ["hazard", "value"],
    "Areas where the hazard is at least some value, for maps; nested, weakest first.",
    {
        "hazard": text("physical field, as in sustained_wind, storm_rain or surge"),
        "value": number(
            "lower bound inside the area; 0 without a unit = how strong is not known", "as in unit"
        ),
        "unit": text("unit of value"),
        "geometry": geometry("area"),
    },
)
