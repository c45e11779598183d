"""What a person decides binds every later run, and an open draft is never forgotten."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from claims.ledger.store import Ledger
from core.damage import DamageGrade
from core.errors import FirstNoticeError
from flows.cli import main as cli

EVENT = "small-town"
DAYS = [datetime(2018, 10, 14, 12, tzinfo=UTC) + timedelta(days=day) for day in range(4)]
STORY = ("withdrawn", "doubted", "approved", "waiting", "gone")
SOUND, RUIN = DamageGrade.NO_DAMAGE, DamageGrade.DESTROYED


def _decide(out, command, incident, *more):
    who = ("--by", "adj-7", "--role", "adjuster", "--reason", "looked at the roof")
    told = CliRunner().invoke(
        cli.app, ["incident", command, incident, *more, *who, "--out", str(out)]
    )
    assert told.exit_code == 0, told
    return told.output


def _list(result):
    table = pd.read_csv(result.folder / "daily_list.csv", dtype="str")
    return table.set_index("incident_id")


def _names(out):
    return sorted(path.name for path in (out / EVENT / "drafts").glob("inc-*.json"))


@pytest.fixture(scope="module")
def told(assess, town_event, town_grades, tmp_path_factory):
    """Four days, and the moves between them: lists, drafts after each, incidents by their story."""
    root = tmp_path_factory.mktemp("decided")
    folder, out = root / "event", root / "out"
    shutil.copytree(town_event.parent, folder)
    book = folder / "policies" / "location.csv"

    def run(day, **says):
        shutil.rmtree(out / "cache", ignore_errors=True)
        grades = dict(town_grades) | {building[name]: grade for name, grade in says.items()}
        result = assess(folder / "event.yaml", out, DAYS[day], says=grades)
        lists.append(_list(result))
        drafts.append(_names(out))
        return gpd.read_parquet(result.folder / "findings.parquet")

    lists, drafts, building = [], [], {}
    first = run(0)
    drafted = first[first["decision"] == "open_draft"]
    chosen = drafted.iloc[: len(STORY)].set_index(pd.Index(STORY))
    incidents, building = chosen["incident_id"], chosen["building_id"].to_dict()
    _decide(out, "withdraw", incidents["withdrawn"])
    _decide(out, "approve", incidents["approved"])
    run(1, doubted=SOUND, waiting=SOUND, approved=SOUND)
    _decide(out, "withdraw", incidents["doubted"])
    rows = pd.read_csv(book, dtype="str")
    rows[rows["LocNumber"] != chosen.loc["gone", "location_number"]].to_csv(book, index=False)
    run(2, waiting=SOUND, approved=SOUND)
    run(3, waiting=SOUND, approved=SOUND)
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    return {"lists": lists, "drafts": drafts, "incidents": incidents, "ledger": ledger, "out": out}


def test_who_decided_is_in_claims_files_alone(told):
    latest = told["out"] / EVENT / "latest"
    assert "adj-7" in (latest / "daily_list.csv").read_text(encoding="utf-8")
    for name in ("map.html", "event.gpkg", "summary.md", "summary.json", "run.json"):
        assert b"adj-7" not in (latest / name).read_bytes(), name


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("withdraw", "withdrawn"), "nothing, it is closed"),
        (("approve", "approved"), "adj-7 approved it already"),
        (("confirm", "waiting"), "no person brought it to CLAIM_DRAFT"),
        (("merge", "waiting", "waiting"), "they are the same"),
        (("merge", "waiting", "withdrawn"), "is WITHDRAWN_NO_DAMAGE, so closed"),
        (("withdraw", "nobody"), "the ledger has none of that id"),
    ],
)
def test_what_the_table_does_not_hold_is_refused_and_nothing_written(told, arguments, why):
    heads = told["ledger"].heads()
    command, *names = arguments
    named = [told["incidents"].get(name, f"inc-{name}") for name in names]
    who = ("--by", "adj-8", "--role", "adjuster", "--reason", "why")
    refused = CliRunner().invoke(
        cli.app, ["incident", command, *named, *who, "--out", str(told["out"])]
    )
    assert isinstance(refused.exception, FirstNoticeError)
    assert why in str(refused.exception)
    assert told["ledger"].heads() == heads


def test_a_withdrawn_home_is_not_drafted_again_and_its_row_says_who_withdrew_it(told):
    incident = told["incidents"]["withdrawn"]
    for table in told["lists"][1:]:
        row = table.loc[incident]
        assert row["decision"] == "none"
        assert row["decision_reasons"].startswith(
            "person_decided:WITHDRAWN_NO_DAMAGE;by:adj-7;role:adjuster;on:"
        )
        assert row["next_action"].startswith("Withdrawn, no damage by adj-7 (adjuster) on ")
    assert [name for name in told["drafts"][3] if incident in name] == [f"{incident}.json"]


def test_severe_damage_seen_after_the_decision_raises_a_review_and_no_draft(told):
    incident = told["incidents"]["doubted"]
    for table in told["lists"][2:]:
        row = table.loc[incident]
        assert (row["tier"], row["decision"]) == ("T4", "review")
        assert row["decision_reasons"].startswith("seen_otherwise_than_decided;person_decided:")
        assert "confirm" in row["next_action"]
    assert [name for name in told["drafts"][3] if incident in name] == [f"{incident}.json"]


def test_an_approved_home_stays_approved_and_its_draft_as_it_was(told):
    incident = told["incidents"]["approved"]
    for table in told["lists"][1:]:
        row = table.loc[incident]
        assert row["decision"] == "open_draft"
        assert row["next_action"].startswith("Approved by adj-7 (adjuster) on ")
        assert row["next_action"].endswith(f"submit the draft {incident}")
    assert [name for name in told["drafts"][3] if incident in name] == [f"{incident}.json"]


def test_an_open_draft_stays_on_every_list_also_of_a_home_that_left_the_book(told):
    waiting, gone = told["incidents"]["waiting"], told["incidents"]["gone"]
    for table in told["lists"][1:]:
        assert f"Withdraw or submit the draft {waiting}" in table.loc[waiting, "next_action"]
        idle = table[table["next_action"].str.startswith("No step now")]
        assert int(table.loc[waiting, "rank"]) < idle["rank"].astype(int).min()
    for table in told["lists"][2:]:
        row = table.loc[gone]
        assert f"Withdraw or submit the draft {gone}" in row["next_action"]
        assert "not in path any more" in row["next_action"]
        assert row["change_flag"] == "withdrawn"
        assert row["loc_no"]


def test_the_record_holds_and_shows_what_was_done(told):
    assert told["ledger"].verify().ok
    states = told["ledger"].current(EVENT).set_index("incident_id")["state"]
    incidents = told["incidents"]
    assert states[incidents["withdrawn"]] == "WITHDRAWN_NO_DAMAGE"
    assert states[incidents["approved"]] == states[incidents["waiting"]] == "CLAIM_DRAFT"
    shown = CliRunner().invoke(
        cli.app,
        ["incident", "show", incidents["doubted"], "--json", "--out", str(told["out"])],
    )
    history = json.loads(shown.output)
    assert (history["from_here"], history["reopens_to"]) == ([], ["HUMAN_REVIEWED"])
    (move,) = [each for each in history["history"] if each["actor"] == "adj-7"]
    assert (move["to_state"], move["role"]) == ("WITHDRAWN_NO_DAMAGE", "adjuster")
