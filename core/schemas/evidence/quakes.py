"""Schemas of evidence of earthquakes, as the weather room reads it."""

from core.schemas.fields import geometry, instant, number, table_schema, text, whole

_PSA = "spectral acceleration of a building that swings in {} s"

SHAKEMAP = table_schema(
    "shakemap",
    ["row", "column"],
    "How strongly the ground shook (USGS ShakeMap), one row a node of the grid.",
    {
        "row": whole("row of the grid from the north, the first being 1"),
        "column": whole("column of the grid from the west, the first being 1"),
        "event_id": text("the earthquake's id in the catalogue", nullable=True),
        "event_type": text("ACTUAL, or SCENARIO of none that happened", nullable=True),
        "magnitude": number("magnitude", "M", nullable=True),
        "at_utc": instant("when the ground shook", nullable=True),
        "version": text("version of the map; later ones replace earlier ones", nullable=True),
        "mmi": number("modified Mercalli intensity", "MMI", nullable=True, at_least=0),
        "pga_mps2": number("peak ground acceleration", "m/s2", nullable=True, at_least=0),
        "pgv_mps": number("peak ground velocity", "m/s", nullable=True, at_least=0),
        "psa03_mps2": number(_PSA.format(0.3), "m/s2", nullable=True, at_least=0),
        "psa06_mps2": number(_PSA.format(0.6), "m/s2", nullable=True, at_least=0),
        "psa10_mps2": number(_PSA.format(1), "m/s2", nullable=True, at_least=0),
        "psa30_mps2": number(_PSA.format(3), "m/s2", nullable=True, at_least=0),
        "geometry": geometry("the node"),
    },
)

QUAKE_RECORDS = (SHAKEMAP,)
"""In the order of the data dictionary."""
