"""Schemas, with units, of every table that crosses from one room to another.

docs/data-dictionary.md is generated from here. Keys are text; instants are UTC; absent text is
missing (never ``""``); several codes in one cell are joined by ``;``.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandera.pandas as pa

from core.damage import GRADED, PROBABILITIES, XBD_SUBTYPES, CoverageResult, Decision, Status, Tier
from core.errors import InputError
from core.scenes import SceneRole
from core.schemas.book import (
    CONTACTS,
    COVERAGE_RULES,
    COVERAGES,
    KEY_COLUMNS,
    LOCATION_KEY,
    LOCATIONS,
    MATCH_EVIDENCE,
    MATCHES,
    REJECTS,
)
from core.schemas.evidence.alerts import ALERT_RECORDS
from core.schemas.evidence.fires import FIRE_RECORDS
from core.schemas.evidence.floods import FLOOD_RECORDS
from core.schemas.evidence.grids import GRID_RECORDS
from core.schemas.evidence.quakes import QUAKE_RECORDS
from core.schemas.evidence.reports import REPORT_RECORDS
from core.schemas.evidence.storm_events import STORM_EVENT_RECORDS
from core.schemas.evidence.storms import STORM_RECORDS
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
from core.schemas.hazards import (
    HAZARD_AREAS,
    HAZARD_ROWS,
    HAZARD_WORDS,
    HAZARDS,
    HAZARDS_IN_WORDS,
    WIND_OR_WATER,
)
from core.schemas.truth import SCORES, TRUTH

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

CODE_SEPARATOR = ";"
FOOTPRINTS = table_schema(
    "footprints",
    ["building_id"],
    "Building footprints, one row a building.",
    {
        "building_id": text("unique id of the building"),
        "area_m2": number("ground area of the footprint", "m2", at_least=0),
        "source": text("where the footprint comes from"),
        "outlined_at_utc": Field(
            UTC_DTYPE,
            "when the outline was drawn, or the image that it was drawn on was captured; missing "
            "= not stated, and so it is for all where a file has no such column",
            "UTC",
            True,
            is_required=False,
        ),
        "geometry": geometry("outline, polygon or multipolygon"),
    },
)


def _stated(meaning: str, unit: str) -> Field:
    """A number that a catalogue may state of a scene."""
    return Field(float, f"{meaning}; missing = not stated", unit, True, is_required=False)


SCENES = table_schema(
    "scenes",
    ["scene_id"],
    "The scenes that a run looked at.",
    {
        "scene_id": text("unique in the catalogue"),
        "role": text("side of the event", of=SceneRole),
        "captured_at_utc": instant("capture instant"),
        "gsd_m": number("ground sample distance", "m", at_least=0),
        "provider": text("who captured it"),
        "licence": text("SPDX id or short name"),
        "off_nadir_deg": _stated("view angle from straight down", "degrees"),
        "sun_elevation_deg": _stated("sun above the horizon", "degrees"),
        "cloud_frac": _stated("cloud cover of the scene", "0 to 1"),
        "asset_uri": Field(
            str,
            "address of the pixels without secrets, or the name of their file",
            "",
            True,
            is_required=False,
        ),
        "asset_sha256": Field(
            str,
            "digest of the pixels' file, if the catalogue states one",
            "",
            True,
            is_required=False,
        ),
        "geometry": geometry("outline of the pixels"),
    },
)

PICTURES = table_schema(
    "pictures",
    ["building_id"],
    "Before and after pictures of buildings, north up, the footprint outlined.",
    {
        "building_id": text("the building"),
        "pre_jpeg": Field(object, "JPEG bytes of the chip before"),
        "post_jpeg": Field(object, "JPEG bytes of the chip after"),
        "saliency_jpeg": Field(
            object,
            "JPEG bytes of the chip after, tinted where the model saw damage; only of homes that "
            "it graded damaged",
            "",
            True,
        ),
    },
)

_PAIRING = {
    "pre_scene_id": text("scene before the event", nullable=True),
    "post_scene_id": text("scene after the event", nullable=True),
    "pre_captured_at_utc": instant("capture of the scene before", nullable=True),
    "post_captured_at_utc": instant("capture of the scene after", nullable=True),
}

PAIRS = table_schema(
    "pairs",
    ["building_id"],
    "The scenes chosen for each building, or why there are none.",
    {
        "building_id": text("the building"),
        "pair_status": text(
            "paired, or the finding's status",
            of=["paired", Status.NO_IMAGERY, Status.STALE_IMAGERY],
        ),
        "pair_reason": text("reason codes of the choice"),
    }
    | _PAIRING,
)


def _shift(way: str) -> Field:
    """One part of the shift between the two dates."""
    meaning = f"that shift to the {way}: how far the picture after lies beside the one before"
    return Field(float, meaning, "m", True, is_required=False)


_IMAGE = {
    "registration_shift_m": number(
        "shift found between pre and post, and corrected", "m", nullable=True, at_least=0
    ),
    "shift_east_m": _shift("east"),
    "shift_north_m": _shift("north"),
    "usable_frac": fraction("part of the building seen clearly in both images", nullable=True),
    **{name: fraction("image only, calibrated", nullable=True) for name in PROBABILITIES},
    "novelty_frac": fraction(
        "share of known homes that look less strange to the model; near 1 = unlike its training",
        nullable=True,
    ),
    "evidence": text(
        "what the two pictures show, as measured, and whether the image's grade agrees",
        nullable=True,
    ),
}

GRADES = table_schema(
    "grades",
    ["building_id"],
    "What the image says of each building, or why it says nothing.",
    {
        "building_id": text("the building"),
        "status": text("graded, or why not", of=Status),
        "status_reason": text("reason code, with the scene concerned where there is one"),
    }
    | _PAIRING
    | _IMAGE,
)

DECISIONS = table_schema(
    "decisions",
    LOCATION_KEY,
    "What to do next about each location.",
    KEY_COLUMNS
    | {
        "decision": text("next step", of=Decision),
        "decision_reasons": text("reason codes"),
        "incident_id": text("our pre-claim record, where one is open", nullable=True),
    },
)

_REVIEWED = {
    "reviewed_grade": Field(
        str, "grade that people gave the building, xBD's word; it outranks the model's", "", True,
        (pa.Check.isin([word for word, grade in XBD_SUBTYPES.items() if grade in GRADED]),),
        is_required=False,
    ),
    "reviewer": Field(str, "code of who gave it", "", True, is_required=False),
    "reviewed_at_utc": Field(UTC_DTYPE, "when they did", "UTC", True, is_required=False),
}  # fmt: skip
"""Missing where nobody reviewed the building."""

FINDINGS = table_schema(
    "findings",
    LOCATION_KEY,
    "One row for every insured location inside the hazard footprint, none missing.",
    {"event_id": text("the event")}
    | KEY_COLUMNS
    | {
        "building_id": text("the building, if matched", nullable=True),
        "status": text("graded, or why not", of=Status),
        "status_reason": text("reason code"),
    }
    | _PAIRING
    | _IMAGE
    | _REVIEWED
    | {
        "prior_damage": fraction("P(minor or worse) from hazard and building alone"),
        "p_damage": fraction(
            "P(minor or worse) after fusion; the prior alone where not graded, 0 or 1 if reviewed"
        ),
        "p_severe": fraction(
            "P(major or destroyed) after fusion; the prior alone where not graded"
        ),
        "tier": text("working damage tier", of=Tier),
        "coverage_result": text("pass, refer or fail", of=CoverageResult),
        "coverage_reasons": text("reason codes"),
    }
    | COVERAGE_RULES
    | {
        "loss_date": Field("datetime64[us]", "local civil day of the loss", "civil date"),
        "loss_noon_utc": Field(
            UTC_DTYPE, "noon of that day where the home is", "UTC", True, is_required=False
        ),
        "decision": text("next step", of=Decision),
        "decision_reasons": text("reason codes"),
        "incident_id": text("our pre-claim record, where one is open", nullable=True),
        "claim_number": Field(
            str, "claim of this loss that the insured filed already", "", True, is_required=False
        ),
        "claim_notice_at_utc": Field(
            UTC_DTYPE, "when they gave notice of it, the earliest", "UTC", True, is_required=False
        ),
        "building_tiv": number(
            "insured value of the building; 0 = unknown", "currency", at_least=0
        ),
        "deductible_amount": number(
            "resolved deductible; missing = not stated", "currency", nullable=True, at_least=0
        ),
        "currency": text("ISO 4217"),
        "geocode_class": Field("int64", "OED AddressMatch", "class"),
        "match_reason": text("reason codes of the match, or of its absence", nullable=True),
        "match_method": text("inside or nearest", nullable=True),
        "match_distance_m": number("from the point to the footprint", "m", nullable=True),
    }
    | MATCH_EVIDENCE
    | {
        "sustained_wind_mps": number("highest 1-minute wind at 10 m", "m/s", nullable=True),
        "gust_mps": number("highest 3-second gust, 10 m, open terrain", "m/s", nullable=True),
    }
    | HAZARD_WORDS
    | {
        "wind_or_water": WIND_OR_WATER,
        "hazards_in_words": HAZARDS_IN_WORDS,
        "hazard_basis": text("where the hazard comes from"),
        "model_sha256": text("digest of the weights that graded it", nullable=True),
        "geometry": geometry("insured point"),
    },
)

TABLES = (
    FOOTPRINTS, LOCATIONS, CONTACTS, MATCHES, HAZARDS, HAZARD_ROWS, HAZARD_AREAS, SCENES, PAIRS,
    GRADES, PICTURES, COVERAGES, DECISIONS, FINDINGS, TRUTH, SCORES, REJECTS,
)  # fmt: skip
"""In the order of a run."""

EVIDENCE = (
    *STORM_RECORDS,
    *ALERT_RECORDS,
    *REPORT_RECORDS,
    *STORM_EVENT_RECORDS,
    *GRID_RECORDS,
    *FIRE_RECORDS,
    *FLOOD_RECORDS,
    *QUAKE_RECORDS,
)  # fmt: skip
"""Records of hazard products, one table a kind; see ``firstnotice weather read``."""


def check_table(table: "pd.DataFrame | gpd.GeoDataFrame", schema: pa.DataFrameSchema) -> Any:
    """The table, validated and coerced, with exactly the schema's columns in its order.

    A column that may be absent and is comes back with missing values.

    Raises:
        InputError: naming the table, the column and the first offending values.
    """
    absent = [
        name
        for name, column in schema.columns.items()
        if not column.required and name not in table.columns
    ]
    try:
        checked = schema.validate(
            table.reset_index(drop=True).assign(**dict.fromkeys(absent)), lazy=True
        )
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.head(3)
        problem = "; ".join(
            f"{row.column}: {row.check} fails on {row.failure_case!r}" for row in cases.itertuples()
        )
        raise InputError(
            f"checking the {schema.name} table", problem, "See docs/data-dictionary.md"
        ) from error
    return checked[list(schema.columns)]


def join_codes(codes: Iterable[str]) -> str:
    """Several codes as one cell, in the given order."""
    return CODE_SEPARATOR.join(codes)


def has_code(cells: "pd.Series[str]", code: str) -> "pd.Series[bool]":
    """Which cells hold that code among their codes."""
    found: pd.Series[bool] = (CODE_SEPARATOR + cells + CODE_SEPARATOR).str.contains(
        f"{CODE_SEPARATOR}{code}{CODE_SEPARATOR}", regex=False
    )
    return found


def split_codes(cell: str) -> list[str]:
    """The codes of one cell; an empty cell has none."""
    return [code for code in str(cell).split(CODE_SEPARATOR) if code]
