"""Schemas, with units, of every table that crosses from one room to another.

docs/data-dictionary.md is generated from here. Keys are text; instants are UTC; absent text is
missing (never ``""``); several codes in one cell are joined by ``;``.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandera.pandas as pa

from core.damage import PROBABILITIES, CoverageResult, Decision, Status, Tier
from core.errors import InputError
from core.fields import UTC_DTYPE, Field, fraction, geometry, instant, number, table_schema, text
from core.scenes import SceneRole
from core.tables_of_truth import SCORES, TRUTH

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

CODE_SEPARATOR = ";"
LOCATION_KEY = ["policy_number", "location_number"]
"""What names an insured location; with event_id in front, an incident."""

MAX_GEOCODE_CLASS = 20

_KEY = {
    "policy_number": text("OED PolNumber of the account file"),
    "location_number": text("OED LocNumber"),
}

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

LOCATIONS = table_schema(
    "locations",
    LOCATION_KEY,
    "The book: one row an insured location of a policy, read from OED location and account files.",
    _KEY
    | {
        "portfolio_number": text("OED PortNumber"),
        "account_number": text("OED AccNumber"),
        "geocode_class": Field(
            "int64",
            "OED AddressMatch: 0 none, 1 user, 2 building, 3 parcel, 4 street, "
            "5 high-resolution postcode, 6 block, 7 postcode, to 20 country",
            "class",
            False,
            (pa.Check.in_range(0, MAX_GEOCODE_CLASS),),
        ),
        "country_code": text("ISO 3166-1 alpha-2"),
        "area_code": text("state or province", nullable=True),
        "postal_code": text("postal code", nullable=True),
        "occupancy_code": Field("int64", "OED OccupancyCode, 1000 unknown", "code"),
        "construction_code": Field("int64", "OED ConstructionCode, 5000 unknown", "code"),
        "year_built": number("year of construction", "year", nullable=True),
        "number_of_storeys": number("storeys above ground", "count", nullable=True),
        "currency": text("OED LocCurrency, ISO 4217"),
        "building_tiv": number(
            "insured value of the building; 0 = unknown", "currency", at_least=0
        ),
        "contents_tiv": number(
            "insured value of the contents; 0 = unknown", "currency", at_least=0
        ),
        "location_perils": text("atomic OED perils covered at the location, sorted"),
        "policy_perils": text("atomic OED perils covered by the policy, sorted"),
        "has_grouped_surge": Field(
            bool, "surge is covered only because a group such as WW1 contains it", ""
        ),
        "inception_date": Field("datetime64[us]", "first local day in force", "civil date", True),
        "expiry_date": Field(
            "datetime64[us]", "local day at whose start cover ends", "civil date", True
        ),
        "policy_status": text("OED PolStatus as given", nullable=True),
        "deductible_amount": number(
            "building or all-risks deductible, resolved to money; missing = not stated",
            "currency",
            nullable=True,
            at_least=0,
        ),
        "has_conflicting_rows": Field(
            bool, "the book gives this key twice with different places or terms", ""
        ),
        "source_rows": text("rows of location.csv behind this one, the header being row 1"),
        "geometry": geometry("insured point"),
    },
)

CONTACTS = table_schema(
    "contacts",
    LOCATION_KEY,
    "Names and how to reach people. Claims files only.",
    _KEY
    | {
        "insured_name": text("name of the insured", nullable=True),
        "street_address": text("insured address", nullable=True),
        "city": text("city", nullable=True),
        "phone": text("telephone number as given", nullable=True),
        "email": text("e-mail address as given", nullable=True),
        "preferred_channel": text("email, sms, phone or agent", nullable=True),
        "language": text("BCP 47 tag", nullable=True),
        "has_contact_consent": Field(bool, "consent to be contacted is on file", ""),
    },
)

MATCHES = table_schema(
    "matches",
    LOCATION_KEY,
    "Which building an insured location is, or why it is not known.",
    _KEY
    | {
        "match_status": text(
            "matched, or the finding's status",
            of=[
                "matched",
                Status.NO_BUILDING_MATCH,
                Status.AMBIGUOUS_MATCH,
                Status.GEOCODE_TOO_COARSE,
            ],
        ),
        "match_reason": text("reason code of the match, or of its absence"),
        "building_id": text("the building, if matched", nullable=True),
        "match_method": text("inside or nearest", nullable=True, of=["inside", "nearest"]),
        "match_distance_m": number(
            "from the point to the footprint", "m", nullable=True, at_least=0
        ),
        "candidate_count": Field("int64", "buildings that could be it", "count"),
    },
)

HAZARDS = table_schema(
    "hazards",
    LOCATION_KEY,
    "Hazard intensity and prior at each in-path location.",
    _KEY
    | {
        "sustained_wind_mps": number(
            "highest 1-minute wind at 10 m over the storm's life", "m/s", nullable=True, at_least=0
        ),
        "gust_mps": number("highest 3-second gust", "m/s", nullable=True, at_least=0),
        "loss_at_utc": instant("when the hazard peaked here, taken as the loss instant"),
        "hazard_basis": text("where the hazard comes from: track, perimeter, area of interest"),
        "prior_damage": fraction("P(minor or worse) from hazard and building alone"),
        "prior_severe": fraction("P(major or destroyed) from hazard and building alone"),
    },
)

HAZARD_AREAS = table_schema(
    "hazard_areas",
    ["hazard", "value"],
    "Areas where the hazard is at least some value, for maps; nested, weakest first.",
    {
        "hazard": text("physical field, as in sustained_wind"),
        "value": number("lower bound inside the area", "as in unit"),
        "unit": text("unit of value"),
        "geometry": geometry("area"),
    },
)

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

_IMAGE = {
    "registration_shift_m": number(
        "shift found between pre and post, and corrected", "m", nullable=True, at_least=0
    ),
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

COVERAGES = table_schema(
    "coverages",
    LOCATION_KEY,
    "What the policy's terms say on paper, never a denial.",
    _KEY
    | {
        "coverage_result": text("pass, refer or fail", of=CoverageResult),
        "coverage_reasons": text("reason codes"),
        "loss_date": Field("datetime64[us]", "local civil day of the loss", "civil date"),
    },
)

DECISIONS = table_schema(
    "decisions",
    LOCATION_KEY,
    "What to do next about each location.",
    _KEY
    | {
        "decision": text("next step", of=Decision),
        "decision_reasons": text("reason codes"),
        "incident_id": text("our pre-claim record, where one is open", nullable=True),
    },
)

FINDINGS = table_schema(
    "findings",
    LOCATION_KEY,
    "One row for every insured location inside the hazard footprint, none missing.",
    {"event_id": text("the event")}
    | _KEY
    | {
        "building_id": text("the building, if matched", nullable=True),
        "status": text("graded, or why not", of=Status),
        "status_reason": text("reason code"),
    }
    | _PAIRING
    | _IMAGE
    | {
        "prior_damage": fraction("P(minor or worse) from hazard and building alone"),
        "p_damage": fraction("P(minor or worse) after fusion; the prior alone where not graded"),
        "p_severe": fraction(
            "P(major or destroyed) after fusion; the prior alone where not graded"
        ),
        "tier": text("working damage tier", of=Tier),
        "coverage_result": text("pass, refer or fail", of=CoverageResult),
        "coverage_reasons": text("reason codes"),
        "loss_date": Field("datetime64[us]", "local civil day of the loss", "civil date"),
        "decision": text("next step", of=Decision),
        "decision_reasons": text("reason codes"),
        "incident_id": text("our pre-claim record, where one is open", nullable=True),
        "building_tiv": number(
            "insured value of the building; 0 = unknown", "currency", at_least=0
        ),
        "deductible_amount": number(
            "resolved deductible; missing = not stated", "currency", nullable=True, at_least=0
        ),
        "currency": text("ISO 4217"),
        "geocode_class": Field("int64", "OED AddressMatch", "class"),
        "match_method": text("inside or nearest", nullable=True),
        "match_distance_m": number("from the point to the footprint", "m", nullable=True),
        "sustained_wind_mps": number("highest 1-minute wind at 10 m", "m/s", nullable=True),
        "gust_mps": number("highest 3-second gust", "m/s", nullable=True),
        "hazard_basis": text("where the hazard comes from"),
        "model_sha256": text("digest of the weights that graded it", nullable=True),
        "geometry": geometry("insured point"),
    },
)

REJECTS = table_schema(
    "rejects",
    ["file", "row_number", "reason"],
    "Rows of an input that could not be used, and why.",
    {
        "file": text("input file name"),
        "row_number": Field("int64", "row in the file, the header being row 1", "row"),
        "reason": text("reason code"),
        "value": text("the offending value as given", nullable=True),
        "remedy": text("what to do about it"),
    },
)

TABLES = (
    FOOTPRINTS, LOCATIONS, CONTACTS, MATCHES, HAZARDS, HAZARD_AREAS, SCENES, PAIRS,
    GRADES, PICTURES, COVERAGES, DECISIONS, FINDINGS, TRUTH, SCORES, REJECTS,
)  # fmt: skip
"""In the order of a run."""


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


def split_codes(cell: str) -> list[str]:
    """The codes of one cell; an empty cell has none."""
    return [code for code in str(cell).split(CODE_SEPARATOR) if code]
