"""Schemas of the tables of the book: insured locations, contacts, matches, cover, rejects.

See ``core.tables`` for what holds of all tables.
"""

import pandera.pandas as pa

from core.damage import CoverageResult, Status
from core.fields import Field, geometry, number, table_schema, text

LOCATION_KEY = ["portfolio_number", "account_number", "policy_number", "location_number"]
"""What names an insured location, as OED has it; with event_id in front, an incident.

A policy number is unique in its account alone, and an account number in its portfolio."""

MAX_GEOCODE_CLASS = 20

KEY_COLUMNS = {
    "portfolio_number": text("OED PortNumber"),
    "account_number": text("OED AccNumber"),
    "policy_number": text("OED PolNumber of the account file"),
    "location_number": text("OED LocNumber"),
}

LOCATIONS = table_schema(
    "locations",
    LOCATION_KEY,
    "The book: one row an insured location of a policy, read from OED location and account files.",
    KEY_COLUMNS
    | {
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
    KEY_COLUMNS
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
    KEY_COLUMNS
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

COVERAGES = table_schema(
    "coverages",
    LOCATION_KEY,
    "What the policy's terms say on paper, never a denial.",
    KEY_COLUMNS
    | {
        "coverage_result": text("pass, refer or fail", of=CoverageResult),
        "coverage_reasons": text("reason codes"),
        "loss_date": Field("datetime64[us]", "local civil day of the loss", "civil date"),
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
