import csv
import hashlib
import json

import pytest

from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.drop.file_drop import FileDrop


@pytest.fixture
def read_tables(tmp_path):
    def read() -> list[list[dict[str, str]]]:
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        tables = []
        for item in manifest["tables"]:
            content = (tmp_path / item["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == item["sha256"]
            rows = list(csv.DictReader(content.decode().splitlines()))
            assert len(rows) == item["rowCount"]
            tables.append(rows)
        listed = sorted(draft["file"] for draft in manifest["drafts"])
        assert sorted(row["file"] for rows in tables for row in rows) == listed
        return tables

    return read


def test_each_delivery_lists_what_it_put_there(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path, read_tables
):
    for findings in (findings_of({}), findings_of({}, {"policy_number": "=1+1"})):
        drafts = draft_all(findings, ledger)
        deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path), as_of, drafts=drafts)
    rows = {row["policy_number"]: row for table in read_tables() for row in table}
    assert sorted(len(table) for table in read_tables()) == [1, 1]
    assert set(rows) == {"P0000", "'=1+1"}
    row = rows["P0000"]
    assert (row["loss_cause"], row["severity"], row["revision"]) == ("wind", "severe", "1")
    content = (tmp_path / row["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    assert "Ada Example" not in str(rows)


def test_what_a_killed_delivery_left_is_in_the_next_table(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path, read_tables
):
    drafts = draft_all(findings_of({}, {}, {}), ledger)
    first = f"{drafts[0].incident_id}.json"
    (tmp_path / first).write_text(f"{drafts[0].document}\n")  # and killed before the manifest
    deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path), as_of)
    assert [len(table) for table in read_tables()] == [3]
