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

ZIP_PRODUCTS = {
    "forecast_track": "forecastTrack", "track_cone": "trackCone",
    "watches_warnings": "windWatchesWarnings", "initial_radii": "initialWindExtent",
    "forecast_radii": "forecastWindRadiiGIS", "best_track": "bestTrackGIS",
    "surge_watches_warnings": "stormSurgeWatchWarningGIS",
    "surge_flooding": "potentialStormSurgeFloodingGIS",
}  # fmt: skip
"""Zips of a storm's advisory: our word -> the word of CurrentStorms.json."""

CURRENT_STORMS = table_schema(
    "current_storms",
    ["storm_id"],
    "Tropical cyclones alive now, as NHC lists them, one row a storm; none in quiet times.",
    {
        "storm_id": text("basin, number and year, as in EP052026"),
        "name": text("as in Elida", nullable=True),
        "status": text("two letters, as in TS", nullable=True),
        "updated_at_utc": instant("when the list was last made", nullable=True),
        "advisory": text("number of the last public advisory, as in 014", nullable=True),
        "issued_at_utc": instant("when that advisory was issued", nullable=True),
    }
    | {name: _STORM[name] for name in ("max_wind_mps", "min_pressure_hpa")}
    | {
        "moving_to_deg": number("where the storm goes, clockwise from north", "deg", nullable=True),
        "moving_mps": number("how fast it goes", "m/s", nullable=True, at_least=0),
    }
    | {
        f"{product}_zip_url": text(f"zip of shapefiles: {name}", nullable=True)
        for product, name in ZIP_PRODUCTS.items()
    }
    | {"geometry": geometry("centre, a point")},
)

GIS_PRODUCTS = (
    "forecast_points", "forecast_track", "forecast_cone", "watches_warnings", "forecast_radii",
    "initial_radii", "best_points", "best_track", "best_radii", "wind_swath",
)  # fmt: skip

NHC_GIS = table_schema(
    "nhc_gis",
    ["layer", "feature"],
    "Shapes of NHC's zips, one row a feature. Their degrees count as EPSG:4326.",
    {
        "layer": text("shapefile in the zip"),
        "feature": Field("int64", "number in it, the first is 1"),
        "product": text("what the layer is", of=GIS_PRODUCTS),
        "storm_id": text("basin, number and year, as in EP052026"),
        "storm_name": text("as printed, as in Tropical Storm Elida", nullable=True),
        "status": text("two letters, as in TS", nullable=True),
        "advisory": text("number of the advisory, as in 14 or 14A", nullable=True),
        "issued_text": text("when it was issued, local, as printed", nullable=True),
        "issued_at_utc": instant("the same; missing = the text names no zone known", nullable=True),
        "valid_at_utc": instant("when the shape holds, or from when", nullable=True),
        "valid_until_utc": instant("until when, of what spans a time", nullable=True),
        "quantity": text("what value is: max_wind (points), wind_at_least (areas)", nullable=True),
        "value": number("its value", "as in unit", nullable=True),
        "unit": text("m/s", nullable=True),
        "gust_mps": number("highest gust at a point", "m/s", nullable=True, at_least=0),
        "min_pressure_hpa": number("central pressure at a point", "hPa", nullable=True),
        "warning": text("HWR and HWA: hurricane warning and watch; TWR, TWA: storm", nullable=True),
    }
    | {
        f"extent_{short}_m": number(f"radius to the {name}", "m", nullable=True, at_least=0)
        for short, name in _QUADRANTS.items()
    }
    | {"geometry": geometry("point, line or polygon")},
)  # fmt: skip

STORM_RECORDS = (HURDAT2, ATCF, IBTRACS, CURRENT_STORMS, NHC_GIS)
"""In the order of the data dictionary."""
