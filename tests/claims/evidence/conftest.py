"""Packs of one home, built from what a run and a ledger would have."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from claims.clocks.deadlines import Home, compute_clocks
from claims.clocks.milestones import Basis, Milestone, Reached
from claims.clocks.table import read_clock_table
from claims.evidence.sources import PackSources
from claims.incidents.key import IncidentKey
from claims.incidents.states import IncidentState as S
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind

KEY = IncidentKey("storm-2018", "1", "A1", "P0000", "1")
NOTED = "2026-10-12T12:00:00.000000Z"
RUN = {
    "run_id": "20181012T060000Z-abcd",
    "as_of_utc": "2018-10-12T06:00:00+00:00",
    "inputs_sha256": {"location": "1" * 64, "account": "2" * 64, "track": "3" * 64},
    "settings": {"coverage": {"version": "2026.2"}, "fusion": {"prior_weight": 0.5}},
    "model": {"name": "storms", "sha256": "ab" * 32, "licence": "CC-BY-NC-SA-4.0"},
    "versions": {"firstnotice": "0.1.0"},
    "number_format": {"number_format": "bfloat16"},
}
SCENE = {
    "provider": "NOAA", "licence": "CC0-1.0", "gsd_m": 0.3, "off_nadir_deg": 4.0,
    "sun_elevation_deg": 41.0, "cloud_frac": 0.0, "asset_uri": "https://example.org/a.tif",
    "asset_sha256": None,
}  # fmt: skip
HAZARD = {
    "hazard": "wind", "value": 66.0, "unit": "m/s", "measure": "sustained", "threshold": 25.7,
    "is_reached": True, "product": "track:AL142018", "issued_at_utc": pd.NaT,
    "how_sampled": "parametric field", "distance_m": 0.0,
    "peak_at_utc": pd.Timestamp("2018-10-10T17:00Z"),
}  # fmt: skip


def jpeg(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (shade, 90, 40)).save(buffer, "JPEG")
    return buffer.getvalue()


PICTURES = {"before": jpeg(10), "after": jpeg(120), "tinted": jpeg(240)}


def entry(step: int, kind: EntryKind, source: S | None, target: S, **said: str) -> Entry:
    import json  # noqa: PLC0415

    actor = said.pop("actor", "system")
    return Entry(KEY.incident_id, KEY, step, kind, source, target, actor, json.dumps(said), NOTED)


HISTORY = (
    entry(1, EntryKind.DETECTED, None, S.DETECTED),
    entry(2, EntryKind.SCREENED, S.DETECTED, S.SCREENED),
    entry(3, EntryKind.DRAFT_MADE, S.SCREENED, S.CLAIM_DRAFT),
    entry(4, EntryKind.HUMAN_REVIEWED, S.CLAIM_DRAFT, S.HUMAN_REVIEWED,
          actor="adj-7", role="adjuster", reason="looked at the roof"),
)  # fmt: skip


@pytest.fixture(scope="session")
def sources_of(findings_of) -> Callable[..., PackSources]:
    """Builds sources: what differs in the finding from a destroyed, covered, drafted home."""

    def build(changes: dict[str, Any] | None = None, **other: Any) -> PackSources:
        finding = findings_of(changes or {}).iloc[0].to_dict()
        reached = [Reached(datetime(2026, 10, 12, 12, tzinfo=UTC), Milestone.NOTICE, Basis.NOTED)]
        home = Home(country="US", state="FL", time_zone="America/Chicago")
        told = {
            "finding": finding,
            "location": {"area_code": "FL", "postal_code": "32456", "country_code": "US",
                         "inception_date": pd.Timestamp("2018-01-01"),
                         "expiry_date": pd.Timestamp("2019-01-01"),
                         "policy_perils": "WTC;XTD", "contents_tiv": 50_000.0},
            "contact": {"insured_name": "Ada Example", "street_address": "1 Sample St",
                        "city": "Sampleton", "preferred_channel": "sms", "language": "en",
                        "has_contact_consent": True},
            "hazard_rows": [HAZARD],
            "scenes": {"pre-1": SCENE, "post-1": SCENE},
            "building": {"source": "county"},
            "pictures": PICTURES,
            "event": {"event_id": "storm-2018", "name": "A storm", "perils": ["WTC"]},
            "run": RUN,
            "card": {"training_data": ("xBD",), "calibration": {"temperature": 1.2}},
            "history": HISTORY,
            "clocks": compute_clocks(home, reached, S.HUMAN_REVIEWED, read_clock_table()),
        }  # fmt: skip
        return PackSources(**told | other)

    return build
