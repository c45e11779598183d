"""The demo as a user runs it: every product, one honest row a home, names only where allowed."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from prefect.client.orchestration import get_client
from rich.console import Console

from claims.incidents.moving import Decider
from claims.ledger.entry import ChainHead
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger
from core.damage import Decision, Status, Tier
from core.errors import InputError, RoleError
from core.provenance import sha256_of_file
from core.schemas.book import LOCATION_KEY
from core.tables import FINDINGS, check_table
from detectors.network.number_format import FormatWish
from flows.casework.deciding import open_record
from flows.casework.journeys import find_all_waiting, find_journeys
from flows.casework.outreach import export_queue
from flows.casework.packing import check_pack
from flows.casework.planning import WhatIf, plan_event
from flows.cli.process.running import run_event
from flows.cli.runs import DEMO_PACKS
from flows.wiring.number_format import choose_format
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import read_exports
from policies.reading.exposure import read_book
from policies.store.base import find_snapshot
from policies.store.opening import open_store

HOMES = 120
PRODUCTS = (
    "findings.parquet", "daily_list.csv", "daily_list.xlsx", "event.gpkg", "map.html",
    "summary.json", "summary.md", "run.json", "plan.csv", "event.pmtiles", "field.kml",
    "event.pdf", "findings.qml",
)  # fmt: skip
CONTRACT_COLUMNS = (
    "event_id", "policy_number", "location_number", "building_id", "status", "status_reason",
    "pre_scene_id", "post_scene_id", "pre_captured_at_utc", "post_captured_at_utc",
    "registration_shift_m", "usable_frac", "p_no_damage", "p_minor", "p_major", "p_destroyed",
    "prior_damage", "p_damage", "p_severe", "tier", "coverage_result", "coverage_reasons",
    "decision", "decision_reasons", "incident_id", "building_tiv", "geometry",
)  # fmt: skip
BORDERLINE_FRAC = 0.06
"""Homes half under a cloud may go either way."""

MAY_NAME_PEOPLE = ("daily_list.csv", "daily_list.xlsx", "contacts.parquet", "contacts.csv")
"""With the drafts: the list, and the tables that both are made from."""
_CLAIMS = "-claims"
"""End of the folder of a pack for claims people; the one for the insured names nobody."""


@pytest.fixture(scope="session")
def demo(finish, tmp_path_factory):
    """Output folder of ``firstnotice demo``, not to be changed, and what it printed."""
    out = tmp_path_factory.mktemp("demo") / "out"
    status, printed, errors = finish("demo", "--out", out, "--homes", HOMES)
    assert status == 0, errors
    return out, printed + errors


@pytest.fixture(scope="session")
def latest(demo):
    return demo[0] / "rendered-town" / "latest"


@pytest.fixture(scope="session")
def event_folder(demo):
    return demo[0] / "events" / "rendered-town"


@pytest.fixture(scope="session")
def findings(latest):
    return gpd.read_parquet(latest / "findings.parquet")


@pytest.fixture(scope="session")
def truth(event_folder):
    return pd.read_parquet(event_folder / "truth.parquet").set_index("location_number")


@pytest.fixture
def copied(demo, tmp_path):
    """The demo's output, copied so that a test may run on."""
    shutil.copytree(demo[0], tmp_path / "out", symlinks=True)
    return tmp_path / "out"


def test_every_product_is_there_and_is_what_its_name_says(demo, latest):
    _, printed = demo
    for name in PRODUCTS:
        assert (latest / name).stat().st_size > 0, name
    assert latest.is_symlink()
    assert str(latest.resolve() / "map.html") in printed
    assert "Traceback" not in printed
    assert (latest / "map.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with closing(sqlite3.connect(latest / "event.gpkg")) as package:
        assert package.execute("SELECT count(*) FROM gpkg_contents").fetchone()[0] >= 3
    summary = json.loads((latest / "summary.json").read_text(encoding="utf-8"))
    assert summary["locations"] == HOMES


def test_the_day_is_planned_and_what_it_would_be_with_others_there(demo, latest):
    out, _ = demo
    plan = json.loads((latest / "summary.json").read_text(encoding="utf-8"))["plan"]
    rows = pd.read_csv(latest / "daily_list.csv", dtype="str")
    assert plan["adjusters"] == 3
    assert plan["hours_away"] + plan["hours_at_homes"] <= plan["hours"] == 26
    assert rows["visit_from"].count() == plan["homes_reached"] > 0
    told = plan_event(out, "rendered-town", Settings.read(None), WhatIf(adjusters=40))
    assert told.figures.adjusters == 40
    assert told.figures.homes_reached > plan["homes_reached"]
    assert told.cells["homes_reached"].sum() == told.figures.homes_reached


def test_who_is_to_be_asked_is_handed_over_once_and_their_journey_tells_so(copied, tmp_path):
    record = open_record(copied, None, None)
    now, who = datetime(2018, 10, 16, 13, tzinfo=UTC), Decider("adj-7", "adjuster", "ask them")
    longer = timedelta(hours=48)
    before = find_all_waiting(record, "rendered-town", now, longer)
    done = export_queue(record, "rendered-town", tmp_path / "a.csv", who, now)
    assert 0 < done.messages <= done.incidents < len(before)
    messages = pd.read_csv(tmp_path / "a.csv", dtype="str", keep_default_na=False)
    assert json.loads((tmp_path / "a.json").read_text())[0]["incident_id"]
    texted = messages[messages["channel"].isin(["sms", "phone"])]
    begin = pd.to_datetime(texted["not_before_utc"]).dt.tz_convert("America/Chicago").dt.hour
    assert begin.between(8, 20).all()
    assert (messages.loc[messages["channel"] == "agent", "address"] == "").all()
    # the same day again, and the lost file anew
    assert export_queue(record, "rendered-town", tmp_path / "b", who, now).messages == 0
    again = export_queue(record, "rendered-town", tmp_path / "c", who, now, again=done.export_id)
    assert again == done
    assert (tmp_path / "c.csv").read_text() == (tmp_path / "a.csv").read_text()
    after = find_all_waiting(record, "rendered-town", now, longer)
    assert len(after) == len(before) - done.incidents
    journey = find_journeys(record, messages["policies"][0].split(";")[0], None, now)[0]
    assert [each.kind for each in journey.touches][:2] == ["event", "run"]
    assert journey.touches[-1].words.startswith("address handed to the messenger")
    assert record.ledger.verify().ok
    logged = [line["what"] for line in read_exports(copied)]
    assert logged.count(f"outreach {done.export_id}") == 4
    named = messages["insured_name"][0]
    for path in (copied / "ledger.sqlite", copied / "exports.jsonl"):
        assert named.encode() not in path.read_bytes()


@pytest.mark.parametrize("role", ["reviewer", "clerk"])
def test_only_who_works_incidents_takes_addresses_out(copied, tmp_path, role):
    record, now = open_record(copied, None, None), datetime(2018, 10, 16, 13, tzinfo=UTC)
    with pytest.raises((RoleError, InputError)):
        export_queue(record, "rendered-town", tmp_path / "a.csv", Decider("x-1", role, "look"), now)
    assert not list(tmp_path.glob("a.*"))


def test_the_run_record_names_inputs_model_and_products(latest, event_folder):
    record = json.loads((latest / "run.json").read_text(encoding="utf-8"))
    assert record["state"] == "complete"
    assert record["run_id"] == latest.resolve().name
    for name, path in (
        ("event", "stored-book.yaml"), ("location", "policies/location.csv"),
        ("footprints", "footprints.parquet"), ("catalog", "imagery/catalog.json"),
    ):  # fmt: skip
        assert record["inputs_sha256"][name] == sha256_of_file(event_folder / path)
    for name, digest in record["products_sha256"].items():
        assert digest == sha256_of_file(latest / name)
    assert set(record["products_sha256"]) == set(PRODUCTS) - {"run.json"}
    assert len(record["model"]["sha256"]) == 64
    assert record["calibration"] == "wind"
    assert record["number_format"] == asdict(choose_format(FormatWish.AUTO, "cpu"))
    assert record["versions"]["prefect"]
    assert sum(record["counts"]["by_status"].values()) == record["counts"]["in_path"] == HOMES
    assert all(seconds >= 0 for seconds in record["timings_s"].values())


def test_the_book_lies_in_the_store_and_the_run_says_which_it_saw(demo, latest):
    store = open_store(str(demo[0] / "books"))
    found = find_snapshot(store, "rendered-town")
    record = json.loads((latest / "run.json").read_text(encoding="utf-8"))
    assert record["book"]["snapshot_id"] == found.snapshot.snapshot_id
    assert record["inputs_sha256"]["book"] == found.snapshot.snapshot_id
    assert len(store.read(found.snapshot.snapshot_id).people) > HOMES / 2


def test_packs_of_the_first_drafts_can_be_opened(demo):
    out, printed = demo
    packs = sorted((out / "rendered-town" / "packs").iterdir())
    assert len(packs) == DEMO_PACKS
    for pack in packs:
        assert f"{pack / 'evidence.pdf'}" in printed
        assert check_pack(pack) == ()


def test_one_row_for_every_home_in_the_path_none_missing(findings, event_folder):
    assert not findings.duplicated(LOCATION_KEY).any()
    book = read_book(
        event_folder / "policies/location.csv", event_folder / "policies/account.csv", None
    )
    expected = pd.MultiIndex.from_frame(book.locations[LOCATION_KEY])
    assert sorted(pd.MultiIndex.from_frame(findings[LOCATION_KEY])) == sorted(expected)
    assert len(findings) == HOMES


def test_findings_keep_the_contract(findings):
    assert set(CONTRACT_COLUMNS) <= set(findings.columns)
    assert findings.crs.to_epsg() == 4326
    check_table(findings, FINDINGS)
    assert set(findings["status"]) <= set(Status)
    assert set(findings["decision"]) <= set(Decision)
    is_graded = findings["status"] == Status.GRADED
    image = ["p_no_damage", "p_minor", "p_major", "p_destroyed"]
    sums = findings.loc[is_graded, image].sum(axis=1)
    assert ((sums - 1).abs() < 1e-3).all()
    assert findings.loc[~is_graded, image].isna().all(axis=None)
    assert (findings.loc[~is_graded, "tier"] == Tier.U).all()
    assert (findings.loc[is_graded, "tier"] != Tier.U).all()
    acts = findings["decision"] != Decision.NONE
    assert findings.loc[acts, "incident_id"].notna().all()
    assert findings.loc[~acts, "incident_id"].isna().all()


def test_statuses_are_those_that_an_honest_run_gives(findings, truth):
    said = findings.set_index("location_number")["status"]
    expected = truth["expected_status"].reindex(said.index)
    wrong = said[said != expected]
    assert len(wrong) <= BORDERLINE_FRAC * HOMES, wrong.to_frame().join(expected).to_string()
    by_place = ["geocode_too_coarse", "no_building_match", "ambiguous_match", "no_imagery"]
    for status in by_place:
        assert (said[expected == status] == status).all(), status
    assert set(wrong) | set(expected.loc[wrong.index]) <= {"graded", "obscured"}


def test_the_image_tells_ruins_from_homes_that_stand(findings, truth):
    graded = findings[findings["status"] == Status.GRADED].set_index("location_number")
    grade = truth["grade"].reindex(graded.index)
    ruined = graded[grade.isin(["major-damage", "destroyed"])]
    standing = graded[grade == "no-damage"]
    assert len(ruined) > 5
    assert ruined["p_severe"].median() > standing["p_severe"].median()
    assert ruined["p_damage"].median() > standing["p_damage"].median()


def test_lapsed_and_uncovered_homes_are_never_drafted(findings, event_folder):
    account = pd.read_csv(event_folder / "policies/account.csv", dtype="str")
    lapsed = account.loc[account["PolExpiryDate"] < "2018-10-10", "PolNumber"]
    uncovered = account.loc[~account["PolPerilsCovered"].str.contains("WW"), "PolNumber"]
    assert len(lapsed) >= 2
    assert len(uncovered) >= 2
    of = findings.set_index("policy_number")
    for numbers in (lapsed, uncovered):
        assert (of.loc[numbers, "coverage_result"] == "fail").all()
        assert not (of.loc[numbers, "decision"] == Decision.OPEN_DRAFT).any()


def test_the_list_holds_every_home_and_the_workbook_the_same(latest, findings):
    rows = pd.read_csv(latest / "daily_list.csv", dtype="str")
    assert sorted(rows["policy_no"]) == sorted(findings["policy_number"])
    assert rows["rank"].astype(int).tolist() == list(range(1, HOMES + 1))
    assert (rows["change_flag"] == "new").all()
    is_idle = rows["decision"] == "none"  # within those with a step what is at stake decides
    assert is_idle.is_monotonic_increasing
    assert 0 < is_idle.sum() < HOMES
    book = openpyxl.load_workbook(latest / "daily_list.xlsx", read_only=True)
    texts = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    book.close()
    assert set(findings["policy_number"]) <= texts


def test_each_draft_is_an_incident_that_the_ledger_knows(demo, latest, findings):
    out, _ = demo
    drafts = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (out / "rendered-town" / "drafts").glob("*.json")
        if path.name != "manifest.json"
    ]
    to_draft = findings[findings["decision"] == Decision.OPEN_DRAFT]
    assert sorted(draft["incidentId"] for draft in drafts) == sorted(to_draft["incident_id"])
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    assert ledger.verify().ok
    incidents = ledger.current("rendered-town")
    assert sorted(incidents["incident_id"]) == sorted(findings["incident_id"].dropna())
    head = json.loads((latest / "run.json").read_text(encoding="utf-8"))["ledger_head"]
    assert ledger.verify([ChainHead(**head)]).ok, "the delivery went on from where the run ended"


def test_each_draft_arrived_at_the_simulated_claims_system(demo, findings):
    out, printed = demo
    to_draft = (findings["decision"] == Decision.OPEN_DRAFT).sum()
    assert f"it has {to_draft} drafts." in printed
    pictures = int(re.search(r"(\d+) pictures came with them", printed)[1])
    assert pictures in range(2 * to_draft, 3 * to_draft + 1)
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    assert ledger.outbox.count() == [("rendered-town", LetterState.ACKNOWLEDGED, to_draft)]


def _secrets(event_folder):
    contacts = pd.read_csv(event_folder / "policies/contacts.csv", dtype="str")
    return {
        text
        for name in ("InsuredName", "StreetAddress", "Email", "Phone")
        for text in contacts[name].dropna()
    }


def _texts(path):
    """What a file says, its compression undone."""
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        return table.drop(columns="geometry", errors="ignore").to_csv().encode()
    return path.read_bytes()


def test_names_and_contacts_stand_nowhere_but_in_list_and_drafts(demo, event_folder):
    out, printed = demo
    secrets = [text.encode() for text in _secrets(event_folder)]
    assert len(secrets) > HOMES
    read = 0
    for path in out.rglob("*"):
        holder = path.parent.name
        is_allowed = path.name in MAY_NAME_PEOPLE or holder == "drafts" or holder.endswith(_CLAIMS)
        if path.is_dir() or path.is_symlink() or is_allowed or path.suffix == ".tif":
            continue
        text = _texts(path)
        found = [secret for secret in secrets if secret in text]
        assert not found, f"{path} names {found[:3]}"
        read += 1
    assert read > 25
    assert not [text for text in _secrets(event_folder) if text in printed]
    listed = (out / "rendered-town" / "latest" / "daily_list.csv").read_text(encoding="utf-8")
    assert any(text in listed for text in _secrets(event_folder))


def _dump(path):
    with closing(sqlite3.connect(path)) as database:
        names = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {n: sorted(map(repr, database.execute(f"SELECT * FROM {n}"))) for n in names}


def _rerun(out, as_of_utc):
    return run_event(
        out / "events" / "rendered-town" / "stored-book.yaml",
        *(out, as_of_utc, None, Console(quiet=True)),
    )


def test_the_same_run_again_opens_nothing_and_changes_nothing(copied, prefect_server, caplog):
    caplog.set_level("DEBUG")
    before = _dump(copied / "ledger.sqlite")
    folder = (copied / "rendered-town" / "latest").resolve()
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    drafts = {p.name: p.read_bytes() for p in (copied / "rendered-town/drafts").glob("*.json")}
    again = _rerun(copied, datetime(2018, 10, 14, 12, tzinfo=UTC))
    assert again.folder == folder
    assert (again.new_incidents, again.new_drafts) == (0, 0)
    assert _dump(copied / "ledger.sqlite") == before
    assert Ledger.open_existing(f"sqlite:///{copied / 'ledger.sqlite'}").verify().ok
    repeated = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for name in ("findings.parquet", "daily_list.csv", "summary.json"):
        assert repeated["products_sha256"][name] == record["products_sha256"][name], name
    assert drafts == {
        p.name: p.read_bytes() for p in (copied / "rendered-town/drafts").glob("*.json")
    }
    people = _secrets(copied / "events" / "rendered-town")
    assert not [text for text in people if text in caplog.text]


def test_the_same_event_a_day_later_opens_nothing_and_says_same(copied, prefect_server):
    before = _dump(copied / "ledger.sqlite")
    later = _rerun(copied, datetime(2018, 10, 15, 12, tzinfo=UTC))
    assert (later.new_incidents, later.new_drafts) == (0, 0)
    after = _dump(copied / "ledger.sqlite")
    assert len(after.pop("list_acts")) == len(before.pop("list_acts")) + 1, "another list is out"
    assert after == before
    rows = pd.read_csv(later.folder / "daily_list.csv", dtype="str")
    assert (rows["change_flag"] == "unchanged").all()
    assert set(rows["list_version"]) == {"2"}
    assert (copied / "rendered-town" / "latest").resolve() == later.folder
    with get_client(sync_client=True) as client:
        artifacts = {(artifact.key, artifact.description) for artifact in client.read_artifacts()}
    assert ("event-rendered-town-summary", later.folder.name) in artifacts
    assert ("event-rendered-town-decisions", "locations by tier, decision") in artifacts
