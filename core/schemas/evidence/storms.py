"""Schemas of evidence of tropical cyclones, as the weather room reads it."""

from core.schemas.fields import Field, geometry, instant, number, table_schema, text

_QUADRANTS = {"ne": "north-east", "se": "south-east", "sw": "south-west", "nw": "north-west"}
_EXTENTS = {
    f"extent_{wind_kt}kt_{short}_m": number(
        f"how far winds of {wind_kt} kt reach anywhere in the {name}; 0 = there are none", "m",
        nullable=True, at_least=0,
    )
    for wind_kt in (34, 50, 64) for short, name in _QUADRANTS.items()
}  # fmt: skip
_STORM = {
    "max_wind_mps": number(
        "highest 1-minute wind at 10 m, marine exposure", "m/s", nullable=True, at_least=0
    ),
    "min_pressure_hpa": number("central pressure", "hPa", nullable=True),
    "rmw_m": number("radius of maximum wind", "m", nullable=True, at_least=0),
}  # fmt: skip
_STATUS = text("two letters, as in HU (hurricane), TS, TD, EX (extratropical)", nullable=True)
_IS_LANDFALL = Field(bool, "whether the centre crosses a coast at this instant")

HURDAT2 = table_schema(
    "hurdat2",
    ["storm_id", "at_utc"],
    "Best tracks of HURDAT2, one row a storm and instant.",
    {
        "storm_id": text("basin, number and year, as in AL142018"),
        "name": text("as in MICHAEL"),
        "at_utc": instant("when the storm was there"),
        "status": _STATUS,
        "is_landfall": _IS_LANDFALL,
    }
    | _STORM
    | _EXTENTS
    | {"geometry": geometry("centre, a point")},
)

ATCF = table_schema(
    "atcf",
    ["storm_id", "technique", "issued_at_utc", "valid_at_utc"],
    "Best tracks and forecasts of ATCF decks, one row a storm, technique, start and instant.",
    {
        "storm_id": text("basin, number and season, as in AL142018"),
        "name": text("as in MICHAEL; a number in words or INVEST before it had one", nullable=True),
        "technique": text("BEST of best tracks, OFCL of official forecasts, or a model's"),
        "issued_at_utc": instant("synoptic instant that the technique started from"),
        "valid_at_utc": instant("when the storm was or will be there"),
        "forecast_hour": number("from the start to then; negative before it", "h"),
        "status": _STATUS,
    }
    | _STORM
    | _EXTENTS
    | {"geometry": geometry("centre, a point")},
)

IBTRACS = table_schema(
    "ibtracs",
    ["storm_id", "at_utc"],
    "Best tracks of IBTrACS, one row a storm and instant, those between reports interpolated.",
    {
        "storm_id": text("SID of IBTrACS, as in 2017242N16333"),
        "usa_atcf_id": text("the storm's id of US agencies, as in AL112017", nullable=True),
        "name": text("as in IRMA", nullable=True),
        "basin": text("as the file says it, as in NA (North Atlantic)", nullable=True),
        "at_utc": instant("when the storm was there"),
        "nature": text("as the file says it, as in TS or Tropical", nullable=True),
        "status": text("two letters of US agencies, as in HU", nullable=True),
        "is_landfall": _IS_LANDFALL,
        "wmo_agency": text("the responsible agency", nullable=True),
        "wmo_wind_mps": number(
            "highest wind by that agency: 10-minute means, of US agencies 1-minute ones", "m/s",
            nullable=True, at_least=0,
        ),
        "wmo_pressure_hpa": number("central pressure by that agency", "hPa", nullable=True),
    }
    | _STORM
    | _EXTENTS
    | {"geometry": geometry("centre, a point")},
)  # fmt: skip

STORM_RECORDS = (HURDAT2, ATCF, IBTRACS)
"""In the order of the data dictionary."""
