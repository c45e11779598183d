"""What a run holds of people: its owner's alone, of homes in the path alone, secrets nowhere."""

import json
import os
import stat
from datetime import UTC, datetime

import pandas as pd
import pytest

from flows import tasks

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_a_run_is_its_owners_alone_and_holds_nobody_outside_the_path(
    assess, event_copy, town_grades, tmp_path, monkeypatch
):
    policies = event_copy.parent / "policies"
    book = pd.read_csv(policies / "location.csv", dtype="str", keep_default_na=False)
    book.loc[0, "Latitude"] = "45.0"
    book.to_csv(policies / "location.csv", index=False)
    contacts = pd.read_csv(policies / "contacts.csv", dtype="str", keep_default_na=False)
    far = contacts["LocNumber"] == book.loc[0, "LocNumber"]
    far &= contacts["AccNumber"] == book.loc[0, "AccNumber"]
    assert far.sum() == 1
    contacts.loc[far, "InsuredName"] = "Farawayson"
    contacts.to_csv(policies / "contacts.csv", index=False)
    digest = _stored_digest_when_read(monkeypatch, policies / "location.csv")
    out = tmp_path / "out"
    result = assess(event_copy, out, AS_OF, None, town_grades)
    open_to_others = [
        path for path in (out, *out.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]  # fmt: skip
    assert open_to_others == []
    kept = pd.read_parquet(result.folder / "work" / "contacts.parquet")
    assert len(kept) == result.locations == len(book) - 1
    holding = [
        path for path in result.folder.rglob("*")
        if path.is_file() and b"Farawayson" in path.read_bytes()
    ]  # fmt: skip
    assert holding == []
    record = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    assert record["inputs_sha256"]["location"] == digest[0]
    assert any("inputs changed after the run began (location)" in note for note in result.notes)


def _stored_digest_when_read(monkeypatch, path):
    """Makes somebody replace the book while the run goes; gives the digest of what was read."""
    from core.provenance import sha256_of_file  # noqa: PLC0415  beside its use

    digest = [sha256_of_file(path)]
    judge = tasks.judge

    def judging(run):
        path.write_text(path.read_text() + "\n", encoding="utf-8")
        judge(run)

    monkeypatch.setattr(tasks, "judge", judging)
    return digest
