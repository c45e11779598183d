"""The columns of the daily list: what each holds, how it is typed and how wide it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.damage import Decision


class Kind(StrEnum):
    """How a column is typed in the table, written in a file and formatted in a workbook."""

    TEXT = "text"
    INTEGER = "integer"
    DEGREES = "degrees"
    NUMBER = "number"
    PROBABILITY = "probability"
    MONEY = "money"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of the daily list.

    Attributes:
        name: header in files that machines read.
        kind: how it is typed and formatted.
        meaning: plain words for the Dictionary sheet.
        width: characters shown in the workbook.
        unit: unit of the value, if it has one.
        title: header in the workbook; the name in plain letters where it is empty.
    """

    name: str
    kind: Kind
    meaning: str
    width: int = 12
    unit: str = ""
    title: str = ""

    @property
    def heading(self) -> str:
        """What people read above the column."""
        return self.title or self.name.replace("_", " ").capitalize()


class Change(StrEnum):
    """What became of a home since the previous list."""

    NEW = "new"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    CLEARED = "cleared"
    """It had a step, and what is seen now asks for none."""
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    """It had a step and has none now for another reason: it left the path, is not seen any more,
    its insured filed, or a person decided."""


ENDED = (Change.CLEARED, Change.WITHDRAWN)
"""Changes that end a step; a person confirms them."""
CHANGE_LABELS = MappingProxyType(
    {
        Change.NEW: "New",
        Change.UPGRADED: "Upgraded",
        Change.DOWNGRADED: "Downgraded",
        Change.CLEARED: "Cleared: had a step, what is seen now asks for none",
        Change.WITHDRAWN: "Withdrawn: had a step, has none now for another reason",
        Change.UNCHANGED: "Unchanged",
    }
)

ACTION_DECISIONS = (Decision.OPEN_DRAFT, Decision.REVIEW, Decision.OUTREACH)
"""Decisions that ask somebody to do something."""

T, N = Kind.TEXT, Kind.NUMBER

LIST_COLUMNS = (
    ListColumn(
        "rank",
        Kind.INTEGER,
        "1 is the first to work on: homes with a step first, then by expected severe loss",
        6,
        title="#",
    ),
    ListColumn(
        "visit_from",
        T,
        "base from which the day's capacity plan sends somebody here; empty = not on this day",
        14,
        title="Visit today from",
    ),
    ListColumn(
        "severity_rank",
        Kind.INTEGER,
        "place by the chance of severe damage alone, whatever the home is worth",
        9,
        title="# by severity",
    ),
    ListColumn(
        "hazard_rank",
        Kind.INTEGER,
        "of homes that no picture was graded of: place by hazard alone; else empty",
        9,
        title="# by hazard",
    ),
    ListColumn(
        "change_flag",
        T,
        "against the previous list: new, upgraded, downgraded, cleared (had a step, what is seen "
        "now asks for none), withdrawn (had a step, has none for another reason) or unchanged",
        11,
        title="Change",
    ),
    ListColumn("change_reason", T, "what changed, and through what", 34, title="Why"),
    ListColumn("previous_tier", T, "tier on the previous list", 8, title="Tier before"),
    ListColumn("event_id", T, "the event, our id", 18, title="Event"),
    ListColumn(
        "cat_code", T, "the carrier's catastrophe code, else the industry's", 10, title="Cat code"
    ),
    ListColumn("portfolio_no", T, "portfolio number, text", 9, title="Portfolio"),
    ListColumn("account_no", T, "account number within the portfolio, text", 14, title="Account"),
    ListColumn("policy_no", T, "policy number within the account, text", 16, title="Policy"),
    ListColumn("loc_no", T, "location number within the account, text", 9, title="Location"),
    ListColumn("insured_name", T, "name of the insured", 24, title="Insured"),
    ListColumn("address", T, "insured address", 26),
    ListColumn("city", T, "city", 16),
    ListColumn("state", T, "state or province", 7),
    ListColumn("zip", T, "postal code, text", 10, title="ZIP"),
    ListColumn(
        "lat",
        Kind.DEGREES,
        "latitude of the insured point, WGS 84",
        11,
        "degrees",
        title="Latitude",
    ),
    ListColumn(
        "lon",
        Kind.DEGREES,
        "longitude of the insured point, WGS 84",
        11,
        "degrees",
        title="Longitude",
    ),
    ListColumn(
        "geocode_class",
        Kind.INTEGER,
        "OED AddressMatch: 1 user, 2 building, 3 parcel, 4 street, 6 block, 7 postcode, ...",
        9,
    ),
    ListColumn("status", T, "graded, or why the building could not be assessed", 18),
    ListColumn("status_reason", T, "reason code of the status", 22),
    ListColumn("tier", T, "working damage tier, T0 to T4; U = not assessed", 6),
    ListColumn(
        "p_damage",
        Kind.PROBABILITY,
        "chance of minor damage or worse",
        10,
        "0 to 1",
        title="Chance damaged",
    ),
    ListColumn(
        "p_severe",
        Kind.PROBABILITY,
        "chance of major damage or worse",
        10,
        "0 to 1",
        title="Chance severe",
    ),
    ListColumn(
        "evidence",
        T,
        "what the pictures show: changes measured, and whether the grade agrees with them",
        48,
        title="What the pictures show",
    ),
    ListColumn(
        "pre_date", Kind.DATE, "day of the picture before", 11, "UTC day", title="Picture before"
    ),
    ListColumn(
        "post_date", Kind.DATE, "day of the picture after", 11, "UTC day", title="Picture after"
    ),
    ListColumn(
        "days_since_event",
        Kind.INTEGER,
        "from the loss date to the picture after; a late picture may show clean-up",
        10,
        "days",
    ),
    ListColumn(
        "loss_date",
        Kind.DATE,
        "date of loss: the civil day at the home on which its hazard peaked, as drafts state it",
        11,
        "local day",
    ),
    ListColumn("gust_mph", N, "highest 3-second gust at the place", 9, "mph", title="Gust, mph"),
    ListColumn(
        "why_in_path",
        T,
        "hazards that were strong enough here to put the home on the list: wind, rain, surge, "
        "river_flood, tornado, hail, fire, quake",
        14,
    ),
    ListColumn(
        "wind_or_water",
        T,
        "wind, water or both, by those hazards; policies often cover one alone",
        10,
    ),
    ListColumn(
        "hazards",
        T,
        "each hazard here with strength, product and time (Z = UTC); those that were strong enough "
        "to put the home on the list come first",
        60,
    ),
    ListColumn("coverage_result", T, "what the terms say on paper; fail is not a denial", 11),
    ListColumn("coverage_reasons", T, "reason codes of the coverage result", 26),
    ListColumn(
        "deductible_amt",
        Kind.MONEY,
        "deductible in money; empty = not stated",
        13,
        "currency",
        title="Deductible",
    ),
    ListColumn(
        "severe_loss",
        Kind.MONEY,
        "what the list is ranked by: chance severe times the building value above the deductible; "
        "an order of work, never a reserve; empty = value unknown",
        13,
        "currency",
        title="Expected severe loss",
    ),
    ListColumn(
        "est_loss",
        Kind.MONEY,
        "building value times the tier's ratio; indicative, never a reserve",
        13,
        "currency",
        title="Indicative loss",
    ),
    ListColumn(
        "est_above_deductible",
        T,
        "y or n: est_loss against deductible_amt; ? where either is unknown",
        10,
        title="Above deductible",
    ),
    ListColumn(
        "building_tiv",
        Kind.MONEY,
        "insured value of the building; 0 = unknown",
        14,
        "currency",
        title="Building value",
    ),
    ListColumn(
        "contents_tiv",
        Kind.MONEY,
        "insured value of the contents; 0 = unknown",
        14,
        "currency",
        title="Contents value",
    ),
    ListColumn("currency", T, "ISO 4217 code of the amounts", 8),
    ListColumn("occupancy", T, "OED OccupancyCode; 1000 unknown", 10),
    ListColumn("construction", T, "OED ConstructionCode; 5000 unknown", 11),
    ListColumn("year_built", Kind.INTEGER, "year of construction", 8, "year"),
    ListColumn("decision", T, "next step: open_draft, review, outreach or none", 12),
    ListColumn("decision_reasons", T, "reason codes of the decision", 28),
    ListColumn("incident_id", T, "our pre-claim record", 28, title="Incident"),
    ListColumn("contact_channel", T, "how the insured wants to be reached", 10, title="Reach by"),
    ListColumn(
        "contact",
        T,
        "telephone number or e-mail address for that channel; empty without consent on file",
        28,
        title="Contact",
    ),
    ListColumn("language", T, "language to use, BCP 47", 9),
    ListColumn(
        "consent", T, "yes or no: consent to be contacted is on file", 8, title="Consent to contact"
    ),
    ListColumn("next_action", T, "the next step in words", 48, title="Next step"),
    ListColumn(
        "owner", T, "staff id of who decided last about the incident; empty = nobody yet", 12
    ),
    ListColumn(
        "due_date",
        Kind.DATE,
        "last day of the law's next deadline; empty = no clock runs, clock_basis says why",
        11,
        "local day",
        title="Due",
    ),
    ListColumn(
        "clock_basis",
        T,
        "what is due then and what it counts from, or why nothing is",
        40,
        title="What is due",
    ),
    ListColumn("run_id", T, "the run that made this row", 22, title="Run"),
    ListColumn("list_version", Kind.INTEGER, "1 for the event's first list", 7),
)

COLUMN_NAMES = tuple(column.name for column in LIST_COLUMNS)
BY_NAME = {column.name: column for column in LIST_COLUMNS}
TEXT_COLUMNS = tuple(column.name for column in LIST_COLUMNS if column.kind is Kind.TEXT)

KIND_DTYPES: Mapping[Kind, Any] = {
    Kind.TEXT: "str",
    Kind.INTEGER: "Int64",
    Kind.DEGREES: "float64",
    Kind.NUMBER: "float64",
    Kind.PROBABILITY: "float64",
    Kind.MONEY: "float64",
    Kind.DATE: "datetime64[us]",
}
KIND_DECIMALS = {Kind.DEGREES: 6, Kind.NUMBER: 1, Kind.PROBABILITY: 4, Kind.MONEY: 2}
"""Digits kept: a degree to 0.1 m, a probability to one in ten thousand, money to the cent."""
