"""Schemas of what people saw and measured of a storm, as the weather room reads it."""

from core.schemas.fields import geometry, instant, number, table_schema, text, whole

_LINE = whole("line of the file where it begins, the first being 1", "line")

SPC = table_schema(
    "spc",
    ["line"],
    "Hail, tornadoes and wind damage as the Storm Prediction Center lists them, one row a report.",
    {
        "line": _LINE,
        "hazard": text("what was reported", of=("hail", "tornado", "wind")),
        "at_utc": instant("when"),
        "hail_mm": number("diameter of the largest stones", "mm", nullable=True, at_least=0),
        "wind_mps": number("gust; missing where damage alone told", "m/s", nullable=True),
        "ef_scale": number("rating of a tornado, 0 to 5", "EF", nullable=True, at_least=0),
        "place": text("distance and direction from a town", nullable=True),
        "county": text("county or marine zone", nullable=True),
        "state": text("two letters", nullable=True),
        "office": text("forecast office that took the report, three letters", nullable=True),
        "remarks": text("the report's own words", nullable=True),
        "geometry": geometry("where, to a hundredth of a degree"),
    },
)

LOCAL_STORM_REPORTS = table_schema(
    "local_storm_reports",
    ["line"],
    "Local storm reports of the National Weather Service, one row a report.",
    {
        "line": _LINE,
        "office": text("forecast office, four letters", nullable=True),
        "issued_at_utc": instant("when the product that holds it was issued"),
        "event": text("kind of event as the product words it, such as TSTM WND GST"),
        "at_utc": instant("when it happened"),
        "magnitude": text("magnitude as reported, such as E1.00 INCH", nullable=True),
        "basis": text(
            "how the magnitude is known", nullable=True, of=("measured", "estimated", "not stated")
        ),
        "hail_mm": number("diameter of hail", "mm", nullable=True, at_least=0),
        "wind_mps": number("wind or gust", "m/s", nullable=True, at_least=0),
        "fallen_mm": number("rain, snow, sleet or ice", "mm", nullable=True, at_least=0),
        "height_m": number("height of water or waves", "m", nullable=True),
        "ef_scale": number("rating of a tornado, 0 to 5", "EF", nullable=True, at_least=0),
        "place": text("distance and direction from a town", nullable=True),
        "county": text("county or marine zone", nullable=True),
        "state": text("two letters", nullable=True),
        "source": text("who reported it", nullable=True),
        "fatalities": number("people killed", "people", nullable=True, at_least=0),
        "injuries": number("people hurt", "people", nullable=True, at_least=0),
        "remarks": text("the report's own words", nullable=True),
        "geometry": geometry("where, to a hundredth of a degree"),
    },
)

DAMAGE_SURVEYS = table_schema(
    "damage_surveys",
    ["place_in_file"],
    "What surveyors of the National Weather Service found on the ground, one row a track, point "
    "or area.",
    {
        "place_in_file": text("line or feature, the first being 1"),
        "name": text("what the survey calls it", nullable=True),
        "rating": text("as worded: EF0 to EF5, EFU, or of wind without a tornado", nullable=True),
        "ef_scale": number("rating of a tornado, 0 to 5", "EF", nullable=True, at_least=0),
        "wind_mps": number("peak wind, estimated from the damage", "m/s", nullable=True),
        "length_m": number("length of the path", "m", nullable=True, at_least=0),
        "width_m": number("greatest width of the path", "m", nullable=True, at_least=0),
        "started_at_utc": instant("when it began, or when the damage was done", nullable=True),
        "ended_at_utc": instant("when it ended", nullable=True),
        "fatalities": number("people killed", "people", nullable=True, at_least=0),
        "injuries": number("people hurt", "people", nullable=True, at_least=0),
        "indicator": text("what was damaged, of a point", nullable=True),
        "degree": text("degree of damage of a point, as worded", nullable=True),
        "narrative": text("the survey's own words", nullable=True),
        "geometry": geometry("track, point or area; of text the line from start to end"),
    },
)

REPORT_RECORDS = (SPC, LOCAL_STORM_REPORTS, DAMAGE_SURVEYS)
"""In the order of the data dictionary."""
