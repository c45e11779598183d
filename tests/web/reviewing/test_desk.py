"""Judging through the API: hidden first, told after, kept, undone, read twice."""

import csv
import json
from datetime import UTC, datetime

import pytest

from claims.incidents.key import IncidentKey
from claims.incidents.roles import Role, UserOptions
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from core.damage import XBD_SUBTYPES
from core.errors import InputError
from core.schemas.book import LOCATION_KEY
from detectors.training.labels import read_reviews
from tests.web.conftest import BASE, EVENT, RUN
from web.reviewing.journal import JOURNAL_FILE, Journal
from web.reviewing.options import ReviewOptions


def judge(visit, tier):
    building = visit.get(f"{BASE}/review/next").json()["building"]
    return building, visit.post(f"{BASE}/review", {"building": building, "tier": tier}).json()


def folder(served):
    return served.out / EVENT / "reviews"


def test_nothing_of_the_model_is_told_before_the_answer(served, world):
    visit = served.visit("reviewer-1")
    said = visit.get(f"{BASE}/review/next").json()
    assert not {"tier", "model", "chances", "lane", "row", "evidence"} & set(said)
    pictures = [visit.get(f"{BASE}/review/{side}.jpg", params={"building": said["building"]})
                for side in ("before", "after")]  # fmt: skip
    assert [picture.headers["content-type"] for picture in pictures] == ["image/jpeg"] * 2
    served.clock.turn(seconds=7)
    building, told = judge(visit, "T0")
    assert building == said["building"]
    finding = world.findings[world.findings["building_id"] == building].iloc[0]
    assert told["model"] == finding["tier"]
    assert told["chances"][0]["value"] == pytest.approx(finding["p_damage"], abs=1e-3)
    (line,) = Journal(served.out / EVENT).read()
    assert (line.seconds, line.reviewer, line.tier) == (7.0, "reviewer-1", "T0")


def test_a_home_that_is_not_before_one_is_not_judged(served):
    visit = served.visit("reviewer-1")
    shown = visit.get(f"{BASE}/review/next").json()["building"]
    other = served.visit("reviewer-2").get(f"{BASE}/review/next").json()["building"]
    assert other != shown
    assert visit.post(f"{BASE}/review", {"building": other, "tier": "T0"}).status_code == 409
    assert visit.post(f"{BASE}/review", {"building": shown, "tier": "T9"}).status_code == 422
    judge(visit, "T2")
    assert visit.post(f"{BASE}/review", {"building": shown, "tier": "T4"}).status_code == 409


def test_destroyed_waits_for_a_second_reader_and_then_stands(serve):
    served = serve(review=ReviewOptions(random_frac=0))
    one, two = served.visit("reviewer-1"), served.visit("reviewer-2")
    building, told = judge(one, "T4")
    assert (told["readers"], told["wanted"], told["waiting"]) == (1, 2, 1)
    assert read_reviews(folder(served) / "reviews.csv").table.empty
    again, told = judge(two, "T4")
    assert again == building
    assert (told["others"], told["pairs"], told["agreed"]) == (["T4"], 1, 1)
    read = read_reviews(folder(served) / "reviews.csv")
    assert read.rejects.empty
    assert read.table["building_id"].tolist() == [building] * 2
    assert set(read.table["grade"]) == {XBD_SUBTYPES["destroyed"]}
    with (folder(served) / "labels.csv").open() as stream:
        (label,) = csv.DictReader(stream)
    assert (label["grade"], label["readers"], label["agreed"]) == ("destroyed", "2", "yes")
    assert label["lot"].isdecimal()


def test_an_answer_is_taken_back_and_its_home_is_shown_again(served):
    visit = served.visit("reviewer-1")
    building, _ = judge(visit, "T2")
    visit.get(f"{BASE}/review/next")
    assert visit.post(f"{BASE}/review/undo").json() == {"building": building}
    again, told = judge(visit, "T0")
    assert again == building
    assert told["judged"] == 1
    assert visit.post(f"{BASE}/review/undo").status_code == 200
    assert visit.post(f"{BASE}/review/undo").status_code == 409
    judge(visit, "T0")
    served.clock.turn(minutes=11)
    assert visit.post(f"{BASE}/review/undo").status_code == 409
    assert [bool(line.undoes) for line in Journal(served.out / EVENT).read()] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_a_home_left_lying_goes_to_another(served):
    shown = served.visit("reviewer-1").get(f"{BASE}/review/next").json()["building"]
    served.clock.turn(minutes=11)
    assert served.visit("reviewer-2").get(f"{BASE}/review/next").json()["building"] == shown


def test_the_settings_roles_bind_here_too(serve):
    visit = serve(users=UserOptions({"reviewer-2": (Role.REVIEWER,)})).visit("reviewer-1")
    assert visit.get(f"{BASE}/review/next").status_code == 403


def test_a_line_that_was_changed_is_noticed(served):
    visit = served.visit("reviewer-1")
    judge(visit, "T2")
    judge(visit, "T2")
    path = folder(served) / JOURNAL_FILE
    path.write_text(path.read_text().replace('"tier":"T2"', '"tier":"T0"', 1))
    with pytest.raises(InputError, match="line 2"):
        Journal(served.out / EVENT).read()
    assert visit.get(f"{BASE}/review/next").status_code == 500


def test_a_judgement_is_noted_with_the_incident_and_moves_nothing(serve, world, tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    served = serve(open_ledger=lambda: ledger)
    keys = [IncidentKey(EVENT, *key) for key in world.findings[LOCATION_KEY].to_numpy()]
    findings = world.findings.assign(incident_id=[key.incident_id for key in keys])
    findings.to_parquet(served.out / EVENT / RUN / "findings.parquet")
    at = format_instant(datetime(2018, 10, 12, 11, tzinfo=UTC))
    ledger.append([
        Entry(key.incident_id, key, 1, EntryKind.DETECTED, None, IncidentState.DETECTED, "system",
              "{}", at)
        for key in keys
    ])  # fmt: skip
    visit = served.visit("reviewer-1")
    building, _ = judge(visit, "T3")
    incident = findings.loc[findings["building_id"] == building, "incident_id"].iloc[0]
    last = ledger.history(incident)[-1]
    assert (last.entry_kind, last.to_state) == (EntryKind.JUDGED, IncidentState.DETECTED)
    said = json.loads(last.payload)
    assert (last.actor, said["role"], said["tier_judged"]) == ("reviewer-1", "reviewer", "T3")
    visit.post(f"{BASE}/review/undo")
    assert json.loads(ledger.history(incident)[-1].payload)["undoes"] == 1
    assert not ledger.verify().problems
    assert ledger.current(EVENT)["decided_by"].isna().all()
