"""Schema of NOAA's database of storm events, as the weather room reads it."""

from core.schemas.fields import geometry, instant, number, table_schema, text

STORM_EVENTS = table_schema(
    "storm_events",
    ["event_id"],
    "Events of NOAA's Storm Events database, one row an event and county or zone.",
    {
        "event_id": text("EVENT_ID of the database"),
        "episode_id": text("the storm that it was part of", nullable=True),
        "event_type": text("as in Thunderstorm Wind"),
        "state": text("in capitals", nullable=True),
        "county": text("county or forecast zone, in capitals", nullable=True),
        "county_type": text("C county, Z zone, M marine", nullable=True),
        "began_at_utc": instant("when it began"),
        "ended_at_utc": instant("when it ended", nullable=True),
        "time_zone": text("of the printed times, as printed"),
        "gust_mps": number("strongest gust", "m/s", nullable=True, at_least=0),
        "sustained_wind_mps": number("strongest sustained wind", "m/s", nullable=True, at_least=0),
        "hail_mm": number("widest hailstone", "mm", nullable=True, at_least=0),
        "basis": text("whether the wind was measured or estimated", nullable=True),
        "rating": text("of a tornado, as in F2 or EF2", nullable=True),
        "ef_scale": number("the same; missing = unknown", "0 to 5", nullable=True, at_least=0),
        "length_m": number("of a tornado's path", "m", nullable=True, at_least=0),
        "width_m": number("of a tornado's path", "m", nullable=True, at_least=0),
        "damage_property_usd": number(
            "damage to property; missing = not said, or unreadable", "USD",
            nullable=True, at_least=0,
        ),
        "damage_property_text": text("the same as printed, as in 1.5M", nullable=True),
        "damage_crops_usd": number("damage to crops", "USD", nullable=True, at_least=0),
        "damage_crops_text": text("the same as printed", nullable=True),
        "injuries": number("direct and indirect", "people", nullable=True, at_least=0),
        "deaths": number("direct and indirect", "people", nullable=True, at_least=0),
        "narrative": text("what happened, in words", nullable=True),
        "geometry": geometry(
            "where it began, or a line to where it ended; missing = only the county is known",
            nullable=True,
        ),
    },
)  # fmt: skip

STORM_EVENT_RECORDS = (STORM_EVENTS,)
"""In the order of the data dictionary."""
