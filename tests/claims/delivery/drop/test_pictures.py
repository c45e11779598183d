"""Pictures lie beside the drafts that name them; another picture alone asks nobody to read anew."""

import json
from dataclasses import replace

import pytest

from claims.delivery.drop.file_drop import FileDrop
from claims.delivery.gateway import Outcome
from claims.drafts.fnol import ClaimDraft
from claims.drafts.pictures import describe_pictures, name_pictures
from core.provenance import canonical_json, sha256_of_bytes, sha256_of_file


def make_draft(after: bytes | None, tier: str = "T4", **changes) -> ClaimDraft:
    drawn = {"pre_jpeg": b"before", "post_jpeg": after, "saliency_jpeg": None}
    pictures = name_pictures("inc-1", None if after is None else drawn)
    document = {"transactionId": "ab" * 32, "tier": tier}
    if pictures:
        document["pictures"] = describe_pictures(pictures)
    return ClaimDraft("ab" * 32, "inc-1", "e", canonical_json(document), pictures, **changes)


@pytest.fixture
def drop(tmp_path):
    def write(draft):
        (receipt,) = FileDrop(tmp_path).write_drafts([draft])
        return receipt.outcome

    return write


def check_pictures(folder):
    """Each draft's newest revision names pictures that are there, as the manifest does."""
    newest = json.loads((folder / "manifest.json").read_text())["drafts"][-1]
    named = json.loads((folder / newest["file"]).read_text()).get("pictures", [])
    listed = {each["file"]: each["sha256"] for each in newest["pictures"]}
    assert listed == {each["file"]: each["sha256"] for each in named}
    assert all(sha256_of_file(folder / file) == digest for file, digest in listed.items())
    return listed


def test_another_picture_alone_revises_nothing(drop, tmp_path):
    assert drop(make_draft(b"after")) is Outcome.CREATED
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "pictures").iterdir()}
    assert sorted(path.name for path in before) == ["inc-1-after.jpg", "inc-1-before.jpg"]
    for same in (b"after", b"newer", None):
        assert drop(make_draft(same)) is Outcome.UNCHANGED
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert check_pictures(tmp_path)


def test_a_revision_has_its_own_days_pictures(drop, tmp_path):
    drop(make_draft(b"after"))
    assert drop(make_draft(b"newer", "T3")) is Outcome.REVISED
    assert check_pictures(tmp_path)["pictures/inc-1-after.jpg"] == sha256_of_bytes(b"newer")
    lines = json.loads((tmp_path / "manifest.json").read_text())["drafts"]
    assert lines[0]["pictures"] == [], "those of the first are no longer there"
    assert drop(make_draft(b"newest", "T3")) is Outcome.UNCHANGED


@pytest.mark.parametrize("after", [b"after", b"newer"])
@pytest.mark.parametrize("content", [None, b"scrawled"])
def test_a_picture_that_is_gone_or_changed_is_there_again(after, content, drop, tmp_path):
    drop(make_draft(b"after"))
    path = tmp_path / "pictures" / "inc-1-after.jpg"
    path.unlink() if content is None else path.write_bytes(content)
    expected = Outcome.RESTORED if after == b"after" else Outcome.REVISED
    assert drop(make_draft(after)) is expected
    assert path.read_bytes() == after
    assert check_pictures(tmp_path)
    aside = tmp_path / "pictures" / "set-aside"
    kept = [each.read_bytes() for each in aside.iterdir()] if aside.exists() else []
    assert kept == ([] if content is None else [content])


def test_a_draft_without_pictures_gets_them(drop, tmp_path):
    drop(make_draft(None))
    assert drop(make_draft(b"after")) is Outcome.REVISED
    assert len(check_pictures(tmp_path)) == 2


@pytest.mark.parametrize("whole_files", range(4))
def test_a_run_killed_among_its_pictures_is_completed_by_the_next(whole_files, drop, tmp_path):
    drop(make_draft(b"after"))
    draft = make_draft(b"newer", "T3")
    for picture in draft.pictures[:whole_files]:
        (tmp_path / picture.file).write_bytes(picture.jpeg)
    (tmp_path / "pictures" / "inc-1-after.jpg.partial").write_bytes(b"ne")
    assert drop(draft) is Outcome.REVISED
    assert check_pictures(tmp_path)
    assert not list(tmp_path.rglob("*.partial"))
    assert not (tmp_path / "pictures" / "set-aside").exists()


def test_what_only_revises_is_written_where_a_draft_is_known(drop, tmp_path):
    recall = replace(make_draft(b"after", "T0"), is_revision_only=True)
    assert drop(recall) is Outcome.ABSENT
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "manifest.json"}
    drop(make_draft(b"after"))
    assert drop(recall) is Outcome.REVISED
    assert drop(recall) is Outcome.UNCHANGED
    (tmp_path / "inc-1.r2.json").unlink()
    assert drop(recall) is Outcome.RESTORED
