import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from claims.ledger.entry import ChainHead

_MADE_BEFORE = Path(__file__).parent / "cases" / "ledger_0001.sql"
"""Made by the first version's code: five homes of a storm, one reviewed by a person and seen again
on the second day, and one home of a fire."""
_HEADS = (
    ChainHead("fire-2018", 3, "409f6befd0543aaef81668d5eccbbd01db82964cbc01448caafd3b5c726f8dae"),
    ChainHead("storm-2018", 12, "0805a42bc09422ba67d88b70c5bbe5e2229fa7fda908e53f403d0672d486a62a"),
)
"""What that version said of the ends of its chains."""


@pytest.fixture
def old_url(tmp_path) -> str:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(_MADE_BEFORE.read_text(encoding="utf-8"))
    return f"sqlite:///{path}"


@pytest.fixture
def same_homes(findings_of):
    """The homes of the old ledger as its last run saw them, under their whole keys."""
    return findings_of(
        {"decision": "open_draft", "building_id": "b-0"},
        {"decision": "review", "tier": "T3", "building_id": "b-1"},
        {"decision": "outreach", "tier": "T3", "building_id": "b-2"},
        {"decision": "none", "tier": "T0", "building_id": "b-3"},
    )


@pytest.fixture
def old_heads() -> tuple[ChainHead, ...]:
    return _HEADS
