"""Schemas of the tables of the book: insured locations, contacts, matches, cover, rejects.

See ``core.tables`` for what holds of all tables.
"""

import pandera.pandas as pa

from core.damage import CoverageResult, Status
from core.events import StormClass
from core.schemas.fields import Field, geometry, instant, number, table_schema, text

LOCATION_KEY = ["portfolio_number", "account_number", "policy_number", "location_number"]
"""What names an insured location, as OED has it; with event_id in front, an incident.

A policy number is unique in its account alone, and an account number in its portfolio."""

HOME_KEY = ["portfolio_number", "account_number", "location_number"]
"""What names an insured home, under whichever policy of its account."""

MAX_GEOCODE_CLASS = 20

KEY_COLUMNS = {
    "portfolio_number": text("OED PortNumber"),
    "account_number": text("OED AccNumber"),
    "policy_number": text("OED PolNumber of the account file"),
    "location_number": text("OED LocNumber"),
}

POLICY_FIELDS = {
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
        "deductible of a loss of the building, resolved to money; missing = not known",
        "currency",
        nullable=True,
        at_least=0,
    ),
    "deductible_of_loss_frac": Field(
        float,
        "deductible of a loss of the building as a share of that loss; missing = it is none",
        "0 to 1",
        True,
        (pa.Check.in_range(0, 1),),
        is_required=False,
    ),
    "deductible_of_loss_min": Field(
        float, "the least it can come to", "currency", True, (pa.Check.ge(0),), is_required=False
    ),
    "deductible_of_loss_max": Field(
        float, "the most", "currency", True, (pa.Check.ge(0),), is_required=False
    ),
    "layer_attachment_amount": Field(
        float,
        "loss of the account below which the policy pays nothing; missing = 0",
        "currency",
        True,
        (pa.Check.ge(0),),
        is_required=False,
    ),
    "policy_choice": Field(
        str,
        "reason codes why it is not sure that the loss falls under this policy",
        "",
        True,
        is_required=False,
    ),
    "account_policies": Field(
        str,
        "policies of the account, where it has several; at most 24 are listed",
        "",
        True,
        is_required=False,
    ),
}
"""What a policy says of a home that it insures, by column."""

LOCATIONS = table_schema(
    "locations",
    LOCATION_KEY,
    "The book: one row an insured home, under the policy of its account that a loss falls under.",
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
        "number_of_buildings": Field(
            float,
            "OED NumberOfBuildings that the row stands for; missing = one, or not known",
            "count",
            True,
            (pa.Check.ge(0),),
            is_required=False,
        ),
        "is_aggregate": Field(
            bool, "OED IsAggregate: the row sums up many risks", "", is_required=False
        ),
        "building_tiv": number(
            "insured value of the building; 0 = unknown", "currency", at_least=0
        ),
        "contents_tiv": number(
            "insured value of the contents; 0 = unknown", "currency", at_least=0
        ),
        "location_perils": text("atomic OED perils covered at the location, sorted"),
    }
    | POLICY_FIELDS
    | {
        "vacant_since": Field(
            "datetime64[us]",
            "first day vacant; missing = not stated",
            "civil date",
            True,
            is_required=False,
        ),
        "occupied_frac": Field(
            float,
            "share of the floor in use; missing = not stated",
            "0 to 1",
            True,
            (pa.Check.in_range(0, 1),),
            is_required=False,
        ),
        "hurricane_deductible_amount": Field(
            float,
            "deductible of hurricanes or named storms, where it is one of its own",
            "currency",
            True,
            (pa.Check.ge(0),),
            is_required=False,
        ),
        "hurricane_deductible_trigger": Field(
            str,
            "what brings it in; missing = a hurricane",
            "",
            True,
            (pa.Check.isin([*StormClass]),),
            is_required=False,
        ),
        "hurricane_deductible_used": Field(
            float,
            "part of it borne already in a calendar year",
            "currency",
            True,
            (pa.Check.ge(0),),
            is_required=False,
        ),
        "hurricane_deductible_year": Field(
            float, "that calendar year", "year", True, is_required=False
        ),
        "has_conflicting_rows": Field(
            bool, "the book gives this key twice with different places or terms", ""
        ),
        "source_rows": text("rows of location.csv behind this one, the header being row 1"),
        "unread_fields": Field(
            str,
            "OED fields of the row that could not be read and count as missing",
            "",
            True,
            is_required=False,
        ),
        "geometry": geometry("insured point"),
    },
)

POLICY_TERMS = table_schema(
    "policy_terms",
    [*HOME_KEY, "term_order"],
    "Homes with several policies or terms: one row each, the likeliest first.",
    {name: field for name, field in KEY_COLUMNS.items() if name in HOME_KEY}
    | {
        "term_order": Field("int64", "place among the home's policies and terms, from 0", ""),
        "policy_number": KEY_COLUMNS["policy_number"],
    }
    | POLICY_FIELDS,
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

MATCH_EVIDENCE = {
    "match_confidence": Field(
        float,
        "chance that a match means the right building; missing = no match",
        "0 to 1",
        True,
        (pa.Check.in_range(0, 1),),
        is_required=False,
    ),
    "other_building_ids": Field(
        str,
        "other buildings that bear on it: sheds and garages of a matched dwelling, rivals of an "
        "ambiguous match, what a row of several buildings may mean; at most 12",
        "",
        True,
        is_required=False,
    ),
}
"""What evidence says of a match beside its reason."""

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
    }
    | MATCH_EVIDENCE,
)

COVERAGE_RULES = {
    "coverage_rules": Field(
        str,
        "rules of the coverage screen that spoke, each with its version: docs/coverage.md",
        "",
        True,
        is_required=False,
    ),
    "coverage_ruleset": Field(
        str, "version of the rules and their settings", "", True, is_required=False
    ),
}
"""What evidence cites beside a coverage result."""

COVERAGES = table_schema(
    "coverages",
    LOCATION_KEY,
    "What the policy's terms say on paper, never a denial.",
    KEY_COLUMNS
    | {
        "coverage_result": text("pass, refer or fail", of=CoverageResult),
        "coverage_reasons": text("reason codes"),
    }
    | COVERAGE_RULES
    | {
        "loss_date": Field("datetime64[us]", "local civil day of the loss", "civil date"),
        "loss_noon_utc": instant("noon of that day where the home is", nullable=True),
        "deductible_amount": number(
            "deductible of the expected loss; missing = not known",
            "currency",
            nullable=True,
            at_least=0,
        ),
    },
)

NOTICES = table_schema(
    "notices",
    ["file", "row_number", "field", "reason"],
    "What is odd in the book though its rows stay: a value that could not be read and counts as "
    "missing, a column of an unknown name, dates in another order.",
    {
        "file": text("input file name"),
        "row_number": Field(
            "int64",
            "row in the file, the header being row 1, which also stands for the file",
            "row",
        ),
        "field": text("column of the file"),
        "reason": text("reason code"),
        "value": text("the value as given", nullable=True),
        "remedy": text("what to do about it"),
    },
)

REJECTS = table_schema(
    "rejects",
    ["file", "row_number", "reason"],
    "Rows of an input that could not be used, and why.",
    {
        "file": text("input file name"),
        "row_number": Field("int64", "row in the file, the header being row 1", "row"),
        "field": Field(
            str,
            "columns of the file at fault, where they can be named",
            "",
            True,
            is_required=False,
        ),
        "reason": text("reason code"),
        "value": text("the offending value as given", nullable=True),
        "remedy": text("what to do about it"),
    },
)
