"""Schemas of evidence of water, as the weather room reads it."""

from core.schemas.fields import geometry, instant, number, table_schema, text

HIGH_WATER_MARKS = table_schema(
    "high_water_marks",
    ["mark_id"],
    "High-water marks of the USGS, one row a mark.",
    {
        "mark_id": text("hwm_id of the Flood Event Viewer"),
        "event_name": text("flood that left it, as the survey names it", nullable=True),
        "environment": text("Coastal or Riverine, as the survey says", nullable=True),
        "quality": text("how far the mark can be trusted, as the survey words it", nullable=True),
        "waterbody": text("water that rose", nullable=True),
        "surveyed_at_utc": instant("when it was surveyed", nullable=True),
        "depth_m": number("height of the mark above the ground", "m", nullable=True, at_least=0),
        "elevation_m": number("height of the mark above the vertical datum", "m", nullable=True),
        "vertical_datum": text("what the elevation counts from", nullable=True),
        "geometry": geometry("where the mark is"),
    },
)

FLOOD_RECORDS = (HIGH_WATER_MARKS,)
"""In the order of the data dictionary."""
