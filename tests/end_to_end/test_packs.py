"""Packs of a run's incidents from the command line, made anew from what the run left."""

import json
import re
import shutil
from importlib.resources import files

import pandas as pd
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from core.errors import FirstNoticeError
from flows.cli import main as cli

SCHEMA = json.loads((files("claims.evidence") / "pack.schema.json").read_text(encoding="utf-8"))


def _ask(*arguments, expect=0):
    told = CliRunner().invoke(cli.app, ["incident", *map(str, arguments)])
    if isinstance(told.exception, FirstNoticeError):
        raise told.exception
    assert told.exit_code == expect, told
    return told.output


def _bytes_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


@pytest.fixture(scope="module")
def packed(assess, town_event, tmp_path_factory):
    """A run, and the pack of one of its drafts in either version."""
    out = tmp_path_factory.mktemp("packed")
    result = assess(town_event, out)
    findings = pd.read_parquet(result.folder / "findings.parquet")
    drafted = findings[findings["decision"] == "open_draft"].iloc[0]
    incident = drafted["incident_id"]
    _ask("pack", incident, "--out", out)
    _ask("pack", incident, "--for", "insured", "--out", out)
    packs = out / drafted["event_id"] / "packs"
    return out, drafted, packs / f"{incident}-claims", packs / f"{incident}-insured"


def test_a_pack_holds_what_the_run_found(packed):
    _, drafted, claims, insured = packed
    for folder in (claims, insured):
        pack = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
        Draft202012Validator(SCHEMA).validate(pack)
        assert pack["incident"]["policy_number"] == drafted["policy_number"]
    pack = json.loads((claims / "evidence.json").read_text(encoding="utf-8"))
    assert pack["event"]["name"] == "A storm over a small town"
    assert {image["role"] for image in pack["images"]} == {"pre", "post"}
    assert all(image["licence"] and image["chip"] for image in pack["images"])
    assert all(image["asset_uri"].endswith(".tif") for image in pack["images"])
    assert all("/" not in image["asset_uri"] for image in pack["images"])  # no path of a machine
    assert all(rule["source"] for rule in pack["coverage"]["rules"])
    assert pack["hazard"][0]["product"] == "track:AL992018"
    assert pack["model"]["training_set"]
    assert pack["clock"]["abstained"] == "no_notice"


def test_a_pack_is_private_and_is_made_anew_bit_for_bit(packed, tmp_path):
    out, drafted, claims, _ = packed
    assert claims.stat().st_mode & 0o077 == 0
    again = tmp_path / "again"
    _ask("pack", drafted["incident_id"], "--out", out, "--to", again)
    assert _bytes_of(again) == _bytes_of(claims)
    assert "as it was made" in _ask("pack-check", again)


def test_a_changed_pack_is_told(packed, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(packed[2], copy)
    path = copy / "evidence.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"T[34]"', '"T0"', text), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    _ask("pack-check", copy, expect=1)


def test_a_pack_of_an_earlier_moment_is_made_once_people_have_decided(packed, tmp_path):
    out, drafted, claims, _ = packed
    who = ("--by", "adj-7", "--role", "adjuster", "--reason", "looked")
    steps = len(json.loads((claims / "evidence.json").read_text(encoding="utf-8"))["history"])
    before = _bytes_of(claims)
    _ask("approve", drafted["incident_id"], *who, "--out", out)
    now, then = tmp_path / "now", tmp_path / "then"
    _ask("pack", drafted["incident_id"], "--out", out, "--to", now)
    _ask("pack", drafted["incident_id"], "--out", out, "--to", then, "--steps", steps)
    assert _bytes_of(then) == before
    told = json.loads((now / "evidence.json").read_text(encoding="utf-8"))
    assert told["review"]["reviewer_id"] == "adj-7"


def test_a_pack_replaces_a_pack_and_nothing_else(packed, tmp_path):
    out, drafted, _, _ = packed
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FirstNoticeError, match="something else lies there"):
        _ask("pack", drafted["incident_id"], "--out", out, "--to", tmp_path)
    with pytest.raises(FirstNoticeError, match="something else lies there"):
        _ask("pack", drafted["incident_id"], "--out", out, "--to", tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "mine"
    for _ in range(2):
        _ask("pack", drafted["incident_id"], "--out", out, "--to", tmp_path / "pack")
    assert (tmp_path / "pack" / "evidence.pdf").is_file()


def test_what_is_not_there_is_told(packed):
    out = packed[0]
    with pytest.raises(FirstNoticeError, match="none of that id"):
        _ask("pack", "inc-nobody", "--out", out)
    with pytest.raises(FirstNoticeError, match="no run 20990101"):
        _ask("pack", packed[1]["incident_id"], "--run", "20990101", "--out", out)
    with pytest.raises(FirstNoticeError, match="no such folder"):
        _ask("pack-check", out / "nothing")
