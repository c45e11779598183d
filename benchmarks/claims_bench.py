"""How fast incidents are opened, drafts written and a ledger verified: one process, SQLite.

``python benchmarks/claims_bench.py`` prints the figures. Every home gets an incident and a draft,
the worst case; the second day's drafts say what the first day's said. Queued is: incidents opened,
drafts made and written to the outbox in the ledger's transactions; delivered: placed in the drop
with its manifest, and noted in the ledger.
"""

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from measuring import Figure

from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.drop.file_drop import FileDrop
from claims.delivery.queueing import choose_letters
from claims.drafts.fnol import ClaimDraft, DraftOptions, make_drafts
from claims.incidents.opening import open_incidents
from claims.ledger.letters import Letter
from claims.ledger.store import Ledger
from core.events import CatEvent, OccurrenceWindow, Peril
from core.schemas.book import CONTACTS, LOCATION_KEY
from core.tables import FINDINGS

EVENT_ID = "bench-storm"
AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
HOMES_A_DEGREE = 1_000
"""A home every hundred metres."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    incidents: int
    drafts: int


FULL = Sizes(100_000, 20_000)
QUICK = Sizes(5_000, 1_000)

_CONSTANT: dict[str, Any] = {
    "event_id": EVENT_ID, "portfolio_number": "1", "location_number": "1", "status": "graded",
    "status_reason": "seen", "pre_scene_id": "pre-1", "post_scene_id": "post-1",
    "pre_captured_at_utc": pd.Timestamp("2018-01-01T16:00:00Z"),
    "post_captured_at_utc": pd.Timestamp("2018-10-11T16:30:00Z"), "registration_shift_m": 0.4,
    "usable_frac": 0.98, "p_no_damage": 0.02, "p_minor": 0.03, "p_major": 0.15,
    "p_destroyed": 0.8, "novelty_frac": 0.4, "evidence": "much rougher texture",
    "prior_damage": 0.6, "p_damage": 0.97, "p_severe": 0.95, "tier": "T4",
    "coverage_result": "pass", "coverage_reasons": "in_force;peril_covered",
    "loss_date": pd.Timestamp("2018-10-10"), "decision": "open_draft",
    "decision_reasons": "severe_damage", "building_tiv": 200_000.0, "deductible_amount": 4_000.0,
    "currency": "USD", "geocode_class": 2, "match_reason": "inside", "match_method": "inside",
    "match_distance_m": 0.0, "sustained_wind_mps": 55.0, "gust_mps": 70.0, "hazard_basis": "track",
    "model_sha256": "ab" * 32,
}  # fmt: skip


def make_findings(count: int) -> gpd.GeoDataFrame:
    """FINDINGS of homes that all get a draft."""
    number = pd.Series(np.arange(count)).astype("str").str.zfill(7)
    table = pd.DataFrame(_CONSTANT | {
        "account_number": "A" + number, "policy_number": "HO" + number,
        "building_id": "b" + number, "incident_id": pd.Series([None] * count, dtype="str"),
    }).reindex(columns=list(FINDINGS.columns))  # fmt: skip
    row, column = np.divmod(np.arange(count), HOMES_A_DEGREE)
    points = gpd.points_from_xy(-85 + column / HOMES_A_DEGREE, 29 + row / HOMES_A_DEGREE)
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=points, crs=4326)


def make_contacts(findings: pd.DataFrame) -> pd.DataFrame:
    """CONTACTS of every home."""
    people = {
        "insured_name": "Ada Example", "street_address": "1 Sample St", "city": "Sampleton",
        "phone": "555-0100", "email": "ada@example.org", "preferred_channel": "sms",
        "language": "en", "has_contact_consent": True,
    }  # fmt: skip
    table: pd.DataFrame = findings[LOCATION_KEY].assign(**people)
    return table[list(CONTACTS.columns)]


def make_event() -> CatEvent:
    """The storm."""
    start = datetime(2018, 10, 10, 12, tzinfo=UTC)
    window = OccurrenceWindow(start, start + timedelta(hours=12))
    return CatEvent(EVENT_ID, "Hurricane Bench", (Peril.TROPICAL_CYCLONE_WIND,), window, "CAT7")


@contextmanager
def _timing(times: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times[name] = time.perf_counter() - start


def _open_with_drafts(
    findings: gpd.GeoDataFrame, ledger: Ledger, as_of: datetime
) -> list[ClaimDraft]:
    """Open incidents and queue their drafts, as a run does; gives the drafts."""
    made: list[ClaimDraft] = []

    def draft(decisions: pd.DataFrame) -> Iterator[Letter]:
        named = findings.assign(incident_id=decisions["incident_id"])
        made[:] = make_drafts(named, make_contacts(named), make_event(), DraftOptions())
        return choose_letters(made, ledger.outbox.known(EVENT_ID))

    open_incidents(findings, ledger, EVENT_ID, as_of, draft)
    return made


def _measure_delivery(folder: Path, count: int, times: dict[str, float]) -> None:
    """Drafts made, queued, placed and noted; the second time none is new."""
    findings = make_findings(count)
    ledger = Ledger.open(f"sqlite:///{folder / 'delivery.sqlite'}")
    drop = FileDrop(folder / "drafts")
    for name, day in (("queue", 0), ("requeue", 1)):
        with _timing(times, name):
            drafts = _open_with_drafts(findings, ledger, AS_OF + timedelta(days=day))
        with _timing(times, "deliver" if name == "queue" else "redeliver"):
            deliver_to_drop(ledger.outbox, EVENT_ID, drop, AS_OF, drafts=drafts)


def measure_claims(sizes: Sizes) -> list[Figure]:
    """The figures of the claims room."""
    findings = make_findings(sizes.incidents)
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        with _timing(times, "open"):
            open_incidents(findings, ledger, EVENT_ID, AS_OF)
        with _timing(times, "reopen"):
            open_incidents(findings, ledger, EVENT_ID, AS_OF + timedelta(days=1))
        with _timing(times, "verify"):
            check = ledger.verify()
        if not check.ok:
            raise RuntimeError(check.problems[0])
        _measure_delivery(Path(folder), sizes.drafts, times)
    rates = {
        "claims.incidents_opened_per_s": sizes.incidents / times["open"],
        "claims.incidents_found_again_per_s": sizes.incidents / times["reopen"],
        "claims.rows_verified_per_s": check.rows / times["verify"],
        "claims.drafts_queued_per_s": sizes.drafts / times["queue"],
        "claims.drafts_delivered_per_s": sizes.drafts / times["deliver"],
        "claims.drafts_unchanged_per_s": sizes.drafts / (times["requeue"] + times["redeliver"]),
    }
    return [
        Figure(name, float(f"{rate:.4g}"), f"{name.split('.')[1].split('_')[0]}/s")
        for name, rate in rates.items()
    ]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    for each in measure_claims(QUICK if sys.argv[1:] == ["quick"] else FULL):
        print(f"{each.name:45s} {each.value:10.4g} {each.unit}")
