import hashlib
import json
import os
import signal
from pathlib import Path

import pytest

from claims.delivery.drop import placing
from claims.delivery.drop.file_drop import FileDrop
from claims.delivery.drop.manifest import MANIFEST_NAME
from claims.delivery.gateway import Outcome
from claims.drafts.fnol import ClaimDraft, compute_transaction_id
from claims.incidents.key import IncidentKey
from core.provenance import canonical_json, digest_of_rows


def make_draft(number: int, tier: str = "T4", **evidence) -> ClaimDraft:
    name = compute_transaction_id(IncidentKey("storm-2018", "1", "A1", f"P{number}", "1"), None)
    document = {"transactionId": name, "tier": tier, "evidence": evidence}
    return ClaimDraft(name, f"inc-{number}", "storm-2018", canonical_json(document))


def check_drop(folder: Path) -> list[str]:
    """The drop as a reader checks it: every listed file there, whole, and none unlisted."""
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {item["file"]: item["sha256"] for item in manifest["drafts"]}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and path.name not in {"manifest.json", ".lock"}
    }
    assert listed == found
    assert manifest["rowCount"] == len(manifest["drafts"])
    assert manifest["totalSha256"] == digest_of_rows(listed.items())
    order = [(item["transactionId"], item["revision"]) for item in manifest["drafts"]]
    assert order == sorted(order)
    return list(listed)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "claims" / "drop"


def test_each_draft_is_a_file_and_the_manifest_lists_it(folder):
    system = FileDrop(folder)
    receipts = system.write_drafts([make_draft(1), make_draft(2)])
    assert [receipt.outcome for receipt in receipts] == [Outcome.CREATED] * 2
    assert sorted(receipt.reference for receipt in receipts) == sorted(check_drop(folder))
    assert receipts[0].reference == "inc-1.json", "found by the incident that the list names"
    assert json.loads((folder / receipts[0].reference).read_text())["tier"] == "T4"


def test_the_same_drafts_again_touch_nothing(folder):
    drafts = [make_draft(1), make_draft(2)]
    FileDrop(folder).write_drafts(drafts)
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    receipts = FileDrop(folder).write_drafts(reversed(drafts))
    assert {receipt.outcome for receipt in receipts} == {Outcome.UNCHANGED}
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")} == before


def test_a_changed_draft_is_a_revision_and_the_old_one_stays(folder):
    drop = FileDrop(folder)
    for tier, outcome in (
        ("T3", Outcome.CREATED),
        ("T4", Outcome.REVISED),
        ("T4", Outcome.UNCHANGED),
        ("T3", Outcome.REVISED),
    ):
        assert drop.write_drafts([make_draft(1, tier)])[0].outcome is outcome
    assert check_drop(folder) == ["inc-1.json", "inc-1.r2.json", "inc-1.r3.json"]
    tiers = [json.loads((folder / file).read_text())["tier"] for file in check_drop(folder)]
    assert tiers == ["T3", "T4", "T3"]


def test_ten_revisions_keep_their_order(folder):
    drop = FileDrop(folder)
    for number in range(11):
        drop.write_drafts([make_draft(1, f"v{number}")])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [item["revision"] for item in manifest["drafts"]] == list(range(1, 12))
    assert drop.write_drafts([make_draft(1, "v10")])[0].outcome is Outcome.UNCHANGED


def test_one_call_with_one_draft_twice_writes_it_once(folder):
    receipts = FileDrop(folder).write_drafts([make_draft(1), make_draft(1)])
    assert [receipt.outcome for receipt in receipts] == [Outcome.CREATED, Outcome.UNCHANGED]
    assert len(check_drop(folder)) == 1


def test_no_drafts_leave_an_empty_manifest(folder):
    assert FileDrop(folder).write_drafts([]) == ()
    assert check_drop(folder) == []


@pytest.mark.parametrize("whole_files", range(7))
def test_a_killed_run_is_completed_by_the_next(whole_files, folder, monkeypatch):
    FileDrop(folder).write_drafts([make_draft(0)])
    drafts = [make_draft(number) for number in range(5)]
    pid = os.fork()
    if pid == 0:
        try:
            _die_in_write(whole_files)
            FileDrop(folder).write_drafts(drafts)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    manifest = json.loads((folder / "manifest.json").read_text())
    for item in manifest["drafts"]:
        content = (folder / item["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == item["sha256"], "holds at any moment"
    FileDrop(folder).write_drafts(drafts)
    assert len(check_drop(folder)) == 5


def _die_in_write(whole_files: int) -> None:
    """SIGKILL when so many files were put in place and the next is half written."""
    replace, done = Path.replace, iter(range(100))

    def replace_or_die(self: Path, target: Path) -> Path:
        if next(done) == whole_files:
            self.write_bytes(self.read_bytes()[:3])
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    Path.replace = replace_or_die  # type: ignore[method-assign]  # in the forked child only


_WRITER = """
from claims.delivery.drop.file_drop import FileDrop

def work(folder, drafts):
    FileDrop(folder).write_drafts(drafts)
"""


def test_two_processes_at_once_take_turns(folder, run_together):
    sets = [range(20), range(10, 30)]
    run_together(_WRITER, [(folder, [make_draft(n) for n in some]) for some in sets])
    assert len(check_drop(folder)) == 30


def test_a_draft_changed_by_hand_is_set_aside_and_the_others_go_on(folder, caplog):
    receipt = FileDrop(folder).write_drafts([make_draft(1), make_draft(2)])[0]
    changed = folder / receipt.reference
    whole = changed.read_bytes()
    for turn in range(2):
        changed.write_text(f'{{"by hand": {turn}}}')
        again = FileDrop(folder).write_drafts([make_draft(1), make_draft(2), make_draft(3)])
        assert [item.outcome for item in again[:2]] == [Outcome.RESTORED, Outcome.UNCHANGED]
        assert again[0].reference == receipt.reference
        assert changed.read_bytes() == whole
        assert len(check_drop(folder)) == 3
    aside = sorted((folder / placing.SET_ASIDE).iterdir())
    assert [path.read_text() for path in aside] == ['{"by hand": 0}', '{"by hand": 1}']
    assert f"{receipt.reference} is set aside" in caplog.text


def test_a_changed_draft_whose_file_was_damaged_is_the_next_revision(folder):
    receipt = FileDrop(folder).write_drafts([make_draft(1)])[0]
    (folder / receipt.reference).write_text("{}")
    again = FileDrop(folder).write_drafts([make_draft(1, "T2")])[0]
    assert again.outcome is Outcome.REVISED
    assert again.reference.endswith(".r2.json")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"drafts": [1]}', '{"drafts": [{}]}'])
def test_a_broken_manifest_is_set_aside_and_written_anew(content, folder):
    FileDrop(folder).write_drafts([make_draft(1)])
    (folder / "manifest.json").write_text(content)
    assert FileDrop(folder).write_drafts([make_draft(1)])[0].outcome is Outcome.UNCHANGED
    assert len(check_drop(folder)) == 1
    (aside,) = (folder / placing.SET_ASIDE).iterdir()
    assert aside.read_text() == content


def test_a_draft_that_is_gone_is_written_again(folder, caplog):
    receipt = FileDrop(folder).write_drafts([make_draft(1), make_draft(2)])[0]
    (folder / receipt.reference).unlink()
    again = FileDrop(folder).write_drafts([make_draft(1), make_draft(2)])
    assert [item.outcome for item in again] == [Outcome.RESTORED, Outcome.UNCHANGED]
    assert len(check_drop(folder)) == 2
    assert "1 listed drafts are no longer in the folder" in caplog.text


def test_strange_files_are_left_alone(folder):
    folder.mkdir(parents=True)
    (folder / "notes.json").write_text("{}")
    FileDrop(folder).write_drafts([make_draft(1)])
    assert (folder / "notes.json").exists()
    assert "notes" not in (folder / MANIFEST_NAME).read_text()


def _evidence(day: int, p_severe: float = 0.9, **hazard) -> dict:
    captured = f"2018-10-{day}T16:30:00.000000Z"
    images = [{"role": "post", "sceneId": f"post-{day}", "capturedAtUtc": captured}]
    return {"images": images, "pSevere": p_severe, "hazard": {"basis": "track"} | hazard}


def test_a_draft_that_says_the_same_is_not_revised(folder):
    drop = FileDrop(folder)
    drop.write_drafts([make_draft(1, **_evidence(11))])
    for same in (_evidence(13), _evidence(11, p_severe=0.97), _evidence(11, gustMps=70.0)):
        assert drop.write_drafts([make_draft(1, **same)])[0].outcome is Outcome.UNCHANGED
    reasons = _evidence(11) | {"decisionReasons": ["severe_damage", "disagreement"]}
    assert drop.write_drafts([make_draft(1, **reasons)])[0].outcome is Outcome.REVISED
    assert check_drop(folder) == ["inc-1.json", "inc-1.r2.json"]


def test_drafts_of_the_first_version_are_found_and_revised_under_the_incident(folder):
    old, new = make_draft(1), make_draft(1, "T3")
    folder.mkdir(parents=True)
    content = f"{old.document}\n".encode()
    name = f"{old.transaction_id}.json"
    (folder / name).write_bytes(content)
    listed = {"file": name, "transactionId": old.transaction_id, "revision": 1}
    listed["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"drafts": [listed]}))
    assert FileDrop(folder).write_drafts([old])[0].outcome is Outcome.UNCHANGED
    assert FileDrop(folder).write_drafts([new])[0].outcome is Outcome.REVISED
    assert check_drop(folder) == [name, "inc-1.r2.json"]


@pytest.mark.parametrize("torn", [b"", b'{"tier": "T4', b"[]"])
def test_what_a_power_cut_left_torn_is_set_aside_and_written_again(torn, folder):
    folder.mkdir(parents=True)
    (folder / "inc-1.json").write_bytes(torn)
    assert FileDrop(folder).write_drafts([make_draft(1)])[0].outcome is Outcome.CREATED
    assert check_drop(folder) == ["inc-1.json"]


def test_the_disk_is_waited_for_once_and_not_for_each_draft(folder, monkeypatch):
    waits = []
    monkeypatch.setattr(os, "sync", lambda: waits.append("all"))
    monkeypatch.setattr(os, "fsync", lambda _: waits.append("one"))
    FileDrop(folder).write_drafts([make_draft(number) for number in range(50)])
    assert len(waits) == 4
    FileDrop(folder).write_drafts([make_draft(number) for number in range(50)])
    assert len(waits) == 4
