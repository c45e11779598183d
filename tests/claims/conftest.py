import pickle
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest

from claims.ledger import store as ledger_module
from claims.ledger.store import Ledger
from core.events import CatEvent, OccurrenceWindow, Peril
from core.schemas.book import CONTACTS
from core.tables import FINDINGS, check_table

EVENT_ID = "storm-2018"
AS_OF = datetime(2018, 10, 12, 6, 0, tzinfo=UTC)

_ROW: dict[str, Any] = {
    "event_id": EVENT_ID,
    "portfolio_number": "1",
    "account_number": "A1",
    "location_number": "1",
    "building_id": "b-1",
    "status": "graded",
    "status_reason": "clear",
    "pre_scene_id": "pre-1",
    "post_scene_id": "post-1",
    "pre_captured_at_utc": pd.Timestamp("2018-01-01T16:00:00Z"),
    "post_captured_at_utc": pd.Timestamp("2018-10-11T16:30:00Z"),
    "registration_shift_m": 0.4,
    "usable_frac": 0.98,
    "p_no_damage": 0.02,
    "p_minor": 0.03,
    "p_major": 0.15,
    "p_destroyed": 0.8,
    "novelty_frac": 0.4,
    "evidence": "much rougher texture on and around the footprint",
    "prior_damage": 0.6,
    "p_damage": 0.97,
    "p_severe": 0.95,
    "tier": "T4",
    "coverage_result": "pass",
    "coverage_reasons": "in_force;peril_covered",
    "loss_date": pd.Timestamp("2018-10-10"),
    "decision": "open_draft",
    "decision_reasons": "severe_damage",
    "incident_id": None,
    "building_tiv": 200_000.0,
    "deductible_amount": 4_000.0,
    "currency": "USD",
    "geocode_class": 2,
    "match_reason": "inside",
    "match_method": "inside",
    "match_distance_m": 0.0,
    "sustained_wind_mps": 55.0,
    "gust_mps": 70.0,
    "hazard_basis": "track",
    "model_sha256": "ab" * 32,
}
NOT_SEEN = {
    "status": "no_imagery",
    "status_reason": "no_post_scene",
    "tier": "U",
    "p_no_damage": np.nan,
    "p_minor": np.nan,
    "p_major": np.nan,
    "p_destroyed": np.nan,
    "post_scene_id": None,
    "post_captured_at_utc": pd.NaT,
    "registration_shift_m": np.nan,
    "usable_frac": np.nan,
    "model_sha256": None,
}


def make_findings(*changes: dict[str, Any]) -> gpd.GeoDataFrame:
    """FINDINGS, one row a dict of what differs from a covered, destroyed, well-matched home."""
    rows = [{**_ROW, "policy_number": f"P{place:04d}", **row} for place, row in enumerate(changes)]
    columns = [name for name in FINDINGS.columns if name != "geometry"]
    points = gpd.points_from_xy([-85.4] * len(rows), [29.9] * len(rows))
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=points, crs="EPSG:4326")
    checked: gpd.GeoDataFrame = check_table(table, FINDINGS)
    return checked


def make_contacts(*changes: dict[str, Any]) -> pd.DataFrame:
    row = {
        "portfolio_number": "1",
        "account_number": "A1",
        "location_number": "1",
        "insured_name": "Ada Example",
        "street_address": "1 Sample St",
        "city": "Sampleton",
        "phone": "555-0100",
        "email": "ada@example.org",
        "preferred_channel": "sms",
        "language": "en",
        "has_contact_consent": True,
    }
    rows = [
        {**row, "policy_number": f"P{place:04d}", **change} for place, change in enumerate(changes)
    ]
    contacts: pd.DataFrame = check_table(
        pd.DataFrame(rows, columns=list(CONTACTS.columns)), CONTACTS
    )
    return contacts


@pytest.fixture(scope="session")
def findings_of() -> Callable[..., gpd.GeoDataFrame]:
    """Builds FINDINGS: one row a dict of what differs from a destroyed, covered, matched home."""
    return make_findings


@pytest.fixture(scope="session")
def contacts_of() -> Callable[..., pd.DataFrame]:
    return make_contacts


@pytest.fixture(scope="session")
def not_seen() -> dict[str, Any]:
    """What differs where nothing was seen."""
    return dict(NOT_SEEN)


@pytest.fixture(scope="session")
def as_of() -> datetime:
    return AS_OF


@pytest.fixture(scope="session")
def event_id() -> str:
    return EVENT_ID


@pytest.fixture
def event() -> CatEvent:
    window = OccurrenceWindow(
        datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, 0, tzinfo=UTC)
    )
    return CatEvent(EVENT_ID, "Hurricane Sample", (Peril.TROPICAL_CYCLONE_WIND,), window, "CAT7")


@pytest.fixture(scope="session")
def empty_ledger_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrations run once; tests copy the file."""
    path = tmp_path_factory.mktemp("empty") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}")
    return path


@pytest.fixture
def ledger_url(tmp_path: Path, empty_ledger_path: Path) -> str:
    path = tmp_path / "ledger.sqlite"
    shutil.copy(empty_ledger_path, path)
    return f"sqlite:///{path}"


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    return Ledger.open(ledger_url)


@pytest.fixture
def dump() -> Callable[[str], list[tuple[Any, ...]]]:
    """Every row of a SQLite ledger, heads and anchor included, in order."""

    def read(url: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
            return [
                row
                for table, key in (
                    ("ledger_entries", "event_id, seq"),
                    ("ledger_heads", "event_id"),
                    ("ledger_anchor", "anchor_id"),
                )
                for row in raw.execute(f"SELECT * FROM {table} ORDER BY {key}")
            ]

    return read


_RACER = """
import pathlib, pickle, sys, time

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
arguments = pickle.loads((folder / f"{name}.in").read_bytes())
(folder / f"{name}.ready").touch()
while not (folder / "go").exists():
    time.sleep(0.001)
(folder / f"{name}.out").write_bytes(pickle.dumps(work(*arguments)))
"""
_OPENING = """
from claims.ledger import store as ledger
from claims.incidents.opening import open_incidents

def work(url, batch_entries, book, event_id, instant):
    ledger.BATCH_ENTRIES = batch_entries
    return open_incidents(book, ledger.Ledger.open(url), event_id, instant)["incident_id"].tolist()
"""
_RACE_SECONDS = 240


@pytest.fixture
def run_together(tmp_path: Path) -> Callable[[str, Sequence[tuple[Any, ...]]], list[Any]]:
    """Runs the ``work`` that a script defines in interpreters of their own, let go at one moment.

    Not forks of this one: whatever threads other tests left behind would be half copied.
    """
    folder = tmp_path / "race"
    folder.mkdir()

    def run(script: str, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        racers = []
        for number, arguments in enumerate(calls):
            (folder / f"{number}.in").write_bytes(pickle.dumps(arguments))
            command = [sys.executable, "-c", script + _RACER, str(folder), str(number)]
            racers.append(subprocess.Popen(command))
        deadline = time.monotonic() + _RACE_SECONDS
        while len(list(folder.glob("*.ready"))) < len(calls):
            assert time.monotonic() < deadline, "a racer did not get ready"
            time.sleep(0.01)
        (folder / "go").touch()
        assert [racer.wait(timeout=_RACE_SECONDS) for racer in racers] == [0] * len(calls)
        return [pickle.loads((folder / f"{n}.out").read_bytes()) for n in range(len(calls))]  # noqa: S301  # written by our own racers

    return run


@pytest.fixture
def race_openings(run_together: Callable[..., list[Any]], event_id: str) -> Callable[..., Any]:
    """Opens the incidents of several books in one ledger at once; the ids each run was told."""

    def run(url: str, books: Sequence[Any], instants: Sequence[datetime]) -> list[Any]:
        batch = ledger_module.BATCH_ENTRIES
        pairs = zip(books, instants, strict=True)
        return run_together(_OPENING, [(url, batch, book, event_id, at) for book, at in pairs])

    return run


@pytest.fixture
def postgresql_url(postgresql_server: str, request: pytest.FixtureRequest) -> str:
    """URL of an empty database."""
    name = f"t{abs(hash(request.node.name))}"
    with psycopg.connect(
        f"{postgresql_server}/postgres".replace("+psycopg", ""), autocommit=True
    ) as raw:
        raw.execute(f"CREATE DATABASE {name}")
    return f"{postgresql_server}/{name}"
