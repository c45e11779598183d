"""The daily list: one row for every insured location in the event's path, worst first."""

from typing import Any

import numpy as np
import pandas as pd

from core.damage import Decision
from core.errors import InputError
from core.expected_loss import (
    OverDeductible,
    compare_deductible,
    compute_expected_loss,
    compute_severe_loss,
)
from core.schemas.book import LOCATION_KEY
from reports.context import ReportContext
from reports.lists.changes import compute_changes, find_departed
from reports.lists.columns import (
    BY_NAME,
    COLUMN_NAMES,
    ENDED,
    KIND_DECIMALS,
    KIND_DTYPES,
    LIST_COLUMNS,
)
from reports.lists.next_action import compute_next_action
from reports.lists.open_drafts import find_undone, keep_open
from reports.lists.previous import utc_day
from reports.lists.ranking import rank_by_severity, rank_findings, rank_unseen

MPH_PER_MPS = 3600 / 1609.344
"""Statute miles an hour in a metre a second; the mile is 1609.344 m by definition."""

_RENAMED = {
    "portfolio_number": "portfolio_no",
    "account_number": "account_no",
    "policy_number": "policy_no",
    "location_number": "loc_no",
    "street_address": "address",
    "area_code": "state",
    "postal_code": "zip",
    "deductible_amount": "deductible_amt",
    "preferred_channel": "contact_channel",
    "hazard_reason": "why_in_path",
    "hazards_in_words": "hazards",
}
_ABOVE = {OverDeductible.YES: "y", OverDeductible.NO: "n", OverDeductible.UNKNOWN: "?"}
_FROM_LOCATIONS = [
    "area_code",
    "postal_code",
    "contents_tiv",
    "occupancy_code",
    "construction_code",
    "year_built",
]
_FROM_CONTACTS = [
    "insured_name",
    "street_address",
    "city",
    "preferred_channel",
    "phone",
    "email",
    "language",
    "has_contact_consent",
]


def build_daily_list(
    findings: pd.DataFrame,
    locations: pd.DataFrame,
    contacts: pd.DataFrame,
    context: ReportContext,
    previous: pd.DataFrame | None = None,
    *,
    left: pd.DataFrame | None = None,
    clocks: pd.DataFrame | None = None,
    visits: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The daily list, ``LIST_COLUMNS`` in their order, worst first.

    Rows come in the order of ``ranking.rank_findings``: with a step first, then by expected severe
    loss; rows whose step ended and drafts that wait stand after the last row that has one. Rows of
    the previous list that had a step and whose location is no longer in the path or the book are
    carried over once, as withdrawn. An incident with an open draft stays on the list, whatever
    becomes of its home, until a person moves it.

    Args:
        findings: FINDINGS.
        locations: LOCATIONS holding at least every location of ``findings``.
        contacts: CONTACTS; a location without contacts keeps empty cells.
        context: what stamps each row.
        previous: what the event's previous run found, as ``describe_previous`` or this function
            gives it.
        left: incidents without a finding, as ``claims.incidents.obeying.list_left`` gives them.
        clocks: ``incident_id, due_date, clock_basis, owner`` of incidents: the law's next deadline
            and whose they are.
        visits: location key and ``visit_from`` of the homes that the day's plan reaches.

    Raises:
        InputError: a finding's location is not in the book, or the previous list is another
            event's.
    """
    ranked = rank_findings(findings)
    if visits is not None:
        ranked = ranked.merge(visits, on=LOCATION_KEY, how="left", validate="one_to_one")
    table = _join_book(ranked, locations, contacts, context)
    table = _compute_columns(table, context)
    changes = compute_changes(table, previous, context.event.event_id)
    table = table.assign(**{name: changes[name] for name in changes})
    departed = keep_open(find_departed(table, previous), left, context.event.event_id).assign(
        run_id=context.run_id, list_version=context.list_version
    )
    table = pd.concat(
        [part for part in (_typed(table), _typed(departed)) if len(part)] or [_typed(table)],
        ignore_index=True,
    )
    table["next_action"] = compute_next_action(table)
    return _numbered(table if clocks is None else _add_clocks(table, clocks))


def _add_clocks(table: pd.DataFrame, clocks: pd.DataFrame) -> pd.DataFrame:
    """The list with the next deadline of each incident and its owner."""
    by_incident = clocks.set_index("incident_id")
    told = {name: table["incident_id"].map(by_incident[name]) for name in by_incident}
    return table.assign(**{name: _as_kind(values, name) for name, values in told.items()})


def _join_book(
    findings: pd.DataFrame,
    locations: pd.DataFrame,
    contacts: pd.DataFrame,
    context: ReportContext,
) -> pd.DataFrame:
    """FINDINGS with what the book and the contacts add; as many rows, in the same order."""
    table = pd.DataFrame(findings).merge(
        pd.DataFrame(locations)[LOCATION_KEY + _FROM_LOCATIONS],
        on=LOCATION_KEY,
        how="left",
        validate="one_to_one",
        indicator="_in_book",
    )
    lost = table.loc[table["_in_book"] != "both", LOCATION_KEY]
    if len(lost):
        key = "/".join(lost.iloc[0])
        raise InputError(
            f"listing the locations of event {context.event.event_id}",
            f"{len(lost)} of {len(table)} findings are not in the book, first {key!r}",
            "List them with the book that the run read",
        )
    return table.merge(
        contacts[LOCATION_KEY + _FROM_CONTACTS],
        on=LOCATION_KEY,
        how="left",
        validate="one_to_one",
    )


def _compute_columns(table: pd.DataFrame, context: ReportContext) -> pd.DataFrame:
    """The list's own columns beside the joined ones, under the list's names."""
    points = table["geometry"].array
    loss = compute_expected_loss(table)
    post_day = utc_day(table["post_captured_at_utc"])
    consent = table["has_contact_consent"].astype("boolean")
    return table.rename(columns=_RENAMED).assign(
        lon=points.x,
        lat=points.y,
        cat_code=context.cat_code,
        run_id=context.run_id,
        list_version=context.list_version,
        pre_date=utc_day(table["pre_captured_at_utc"]),
        post_date=post_day,
        days_since_event=(post_day - table["loss_date"]).dt.days,
        gust_mph=table["gust_mps"] * MPH_PER_MPS,
        severity_rank=rank_by_severity(table),
        hazard_rank=rank_unseen(table),
        severe_loss=compute_severe_loss(table),
        est_loss=loss,
        est_above_deductible=compare_deductible(loss, table["deductible_amount"]).map(_ABOVE),
        year_built=table["year_built"].round(),
        occupancy=table["occupancy_code"].astype("str"),
        construction=table["construction_code"].astype("str"),
        consent=consent.map({True: "yes", False: "no"}, na_action="ignore"),
        contact=_choose_contact(table).where(consent.fillna(value=False)),
    )


def _choose_contact(table: pd.DataFrame) -> "pd.Series[str]":
    """What the preferred channel needs: e-mail address or telephone; the agent has their own."""
    channel = table["preferred_channel"].fillna("")
    told = table["phone"].mask(channel == "email", table["email"])
    return told.mask(channel == "agent")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Exactly the list's columns, each of its kind; an absent column is all missing."""
    table = table.reindex(columns=list(COLUMN_NAMES))
    for column in LIST_COLUMNS:
        table[column.name] = _as_kind(table[column.name], column.name)
    return table


def _as_kind(values: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    kind = BY_NAME[name].kind
    if kind in KIND_DECIMALS:
        return values.astype("float64").round(KIND_DECIMALS[kind])
    return values.astype(KIND_DTYPES[kind])


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Ended steps and drafts that wait moved behind the last row with a step; ranks from 1."""
    is_idle = table["decision"] == Decision.NONE
    ended = table["change_flag"].isin(ENDED) | (find_undone(table) & is_idle)
    order = np.select([ended, is_idle], [1, 2], default=0)
    table = table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    table["rank"] = pd.Series(range(1, len(table) + 1), dtype=KIND_DTYPES[BY_NAME["rank"].kind])
    return table
