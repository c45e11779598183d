"""The law's clocks of a run's incidents: where their homes are, and what each says next."""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from claims.clocks.deadlines import Clocks, Home, compute_clocks
from claims.clocks.due import say_next
from claims.clocks.milestones import Reached
from claims.clocks.options import ClockOptions
from claims.clocks.table import read_clock_table
from claims.drafts.plain import plain_value
from claims.incidents.states import CLOSED_STATES, IncidentState
from core.schemas.book import LOCATION_KEY
from flows.wiring.adapters import find_ledger
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import find_runs, read_geo_table
from policies.coverage.local_time import find_time_zones

_LOG = logging.getLogger(__name__)

NOWHERE = Home(country=None, state=None)
"""A home that no run under the output folder lists."""
_OF_BOOK = ["country_code", "area_code", "postal_code"]


def find_homes(
    findings: gpd.GeoDataFrame, locations: pd.DataFrame, wanted: Collection[str]
) -> dict[str, Home]:
    """Where incidents' homes are, by incident id.

    Args:
        findings: FINDINGS with incidents.
        locations: LOCATIONS of the same run.
        wanted: incident ids.
    """
    named = findings[findings["incident_id"].isin(list(wanted))]
    rows = named[[*LOCATION_KEY, "incident_id", "loss_date"]].merge(
        pd.DataFrame(locations)[[*LOCATION_KEY, *_OF_BOOK]], on=LOCATION_KEY, how="left"
    )
    zones = find_time_zones(named.geometry.x.to_numpy(), named.geometry.y.to_numpy())
    return {
        row["incident_id"]: Home(
            country=plain_value(row["country_code"]),
            state=plain_value(row["area_code"]),
            postal_code=plain_value(row["postal_code"]),
            time_zone=zone,
            loss_day=row["loss_date"].date(),
        )
        for row, zone in zip(rows.to_dict("records"), zones, strict=True)
    }


def find_homes_of_runs(event_folder: Path, wanted: Collection[str]) -> dict[str, Home]:
    """Homes as the newest run that lists each has them; a home may have left the book since.

    A run whose tables are gone or damaged is passed over.
    """
    homes: dict[str, Home] = {}
    for run in find_runs(event_folder):
        left = sorted(set(wanted) - homes.keys())
        if not left:
            break
        try:
            findings = read_geo_table(run / "findings.parquet", [("incident_id", "in", left)])
            locations = read_geo_table(run / "work" / "locations.parquet")
        except (OSError, ValueError) as error:
            _LOG.warning("run %s is passed over: %s", run.name, type(error).__name__)
            continue
        homes |= find_homes(findings, locations, left)
    return homes


def compute_all(
    states: Mapping[str, str],
    reached: Mapping[str, tuple[Reached, ...]],
    homes: Mapping[str, Home],
    options: ClockOptions,
) -> dict[str, Clocks]:
    """The clocks of incidents, by incident id.

    Args:
        states: where each stands, by incident id.
        reached: milestones of those that have any.
        homes: of those that have milestones.
        options: table and declared catastrophes.
    """
    table = read_clock_table(options.table)
    return {
        incident: compute_clocks(
            homes.get(incident, NOWHERE), reached.get(incident, ()), IncidentState(state),
            table, options.declarations,
        )
        for incident, state in states.items()
    }  # fmt: skip


def describe_clocks(
    run: RunContext, findings: gpd.GeoDataFrame, locations: pd.DataFrame
) -> pd.DataFrame:
    """``incident_id, due_date, clock_basis, owner`` of the event's incidents, as the list has them.

    The owner is who decided last. Of incidents that people closed without anybody's notice there
    is nothing to say.
    """
    ledger = find_ledger(run.settings, run.folder.out)
    columns = ["incident_id", "due_date", "clock_basis", "owner"]
    if ledger is None:
        return pd.DataFrame(columns=columns)
    event_id, now = run.source.event_id, run.as_of_utc
    table = ledger.current(event_id).set_index("incident_id")
    current, owners = table["state"].to_dict(), table["decided_by"].to_dict()
    reached = {
        incident: past
        for incident, told in ledger.reached(event_id).items()
        if (past := tuple(each for each in told if each.at_utc <= now))
    }
    asked = {
        str(name): state
        for name, state in current.items()
        if name in reached or IncidentState(state) not in CLOSED_STATES
    }
    homes = find_homes(findings, locations, reached)
    left = reached.keys() - homes.keys()
    homes |= find_homes_of_runs(run.folder.out / event_id, left)
    told = compute_all(asked, reached, homes, run.settings.clocks)
    rows = [(incident, *say_next(clocks), owners[incident]) for incident, clocks in told.items()]
    return pd.DataFrame(rows, columns=columns)
