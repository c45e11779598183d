"""Reviews of an event change its homes' chances, on the record, and nothing behind its back."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import yaml

from core.damage import GRADED, DamageGrade, Status
from core.errors import EventError, InputError
from detectors.recalibrate import Outcome, RecalibrationOptions
from detectors.training.labels import Reviews
from flows.evaluation.recalibrate_event import choose_homes, recalibrate_event
from flows.stages.known.reviews import (
    PROBABILITIES,
    apply_recalibration,
    fit_to_reviews,
    overrule,
    overrule_by_people,
    recalibrate_grades,
)
from flows.wiring.opening import describe_inputs, open_run

AS_OF = datetime(2018, 10, 16, 12, tzinfo=UTC)
HEADER = "building_id,grade,reviewer,reviewed_at_utc"
HOMES = 40
GRADE_WORDS = ["no-damage", "minor-damage", "major-damage", "destroyed"]


@pytest.fixture
def grades():
    """Homes that the model half believes destroyed, the last one unseen."""
    chances = np.tile([0.2, 0.1, 0.2, 0.5], (HOMES, 1))
    table = pd.DataFrame(chances, columns=PROBABILITIES)
    table["building_id"] = [f"b{k:02d}" for k in range(HOMES)]
    table["status"] = [*[str(Status.GRADED)] * (HOMES - 1), str(Status.OBSCURED)]
    table.loc[HOMES - 1, PROBABILITIES] = np.nan
    return table


def _reviews(ids, grade=DamageGrade.NO_DAMAGE):
    table = pd.DataFrame({"building_id": list(ids), "grade": int(grade)})
    return Reviews(table, pd.DataFrame())


def test_reviews_move_all_homes_that_were_seen_and_only_their_chances(grades):
    reviewed = grades["building_id"][:25]
    fitted = fit_to_reviews(grades, _reviews(reviewed), RecalibrationOptions())
    assert (fitted.outcome, fitted.reviews) == (Outcome.USED, 25)
    changed = apply_recalibration(grades, fitted)
    seen = changed[changed["status"] == "graded"]
    assert (seen["p_no_damage"] > 0.4).all()
    assert np.ptp(seen["p_no_damage"]) == 0  # reviewed homes are treated like the others
    assert seen[PROBABILITIES].sum(axis=1).to_numpy() == pytest.approx(1)
    assert changed[PROBABILITIES].iloc[-1].isna().all()
    kept = ["building_id", "status"]
    assert changed[kept].equals(grades[kept])


def test_reviews_of_homes_without_a_picture_do_not_count(grades):
    reviews = _reviews([*grades["building_id"][-12:], "elsewhere"])
    fitted = fit_to_reviews(grades, reviews, RecalibrationOptions())
    assert fitted.reviews == 11
    none = fit_to_reviews(grades, _reviews([]), RecalibrationOptions())
    assert apply_recalibration(grades, none).equals(grades)


@pytest.fixture
def reviewed_event(event_copy):
    """Writes reviews of an event's homes and names them in its file."""

    def writer(rows):
        path = event_copy.parent / "reviews.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        content = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
        event_copy.write_text(yaml.safe_dump(content | {"reviews": path.name}), encoding="utf-8")
        return event_copy

    return writer


def _rows(event_file, grade, at):
    ids = sorted(pd.read_parquet(event_file.parent / "footprints.parquet")["building_id"])
    return [f"{name},{grade},r1,{at}" for name in ids]


def _model(event_file):
    ids = sorted(pd.read_parquet(event_file.parent / "footprints.parquet")["building_id"])
    chances = pd.DataFrame(np.tile([0.2, 0.1, 0.2, 0.5], (len(ids), 1)), columns=PROBABILITIES)
    return chances.assign(building_id=ids, status=str(Status.GRADED))


def test_a_stage_keeps_the_record_and_the_rejects(event_copy, reviewed_event, tmp_path):
    early = _rows(event_copy, "no-damage", "2018-10-15T09:00:00Z")
    late = _rows(event_copy, "destroyed", "2018-10-17T09:00:00Z")
    event_file = reviewed_event([*early, *late, "nobody,no-damage,r1,2018-10-15T09:00:00Z"])
    run = open_run(event_file, tmp_path / "out", AS_OF, None)
    changed = recalibrate_grades(run, _model(event_file))
    assert (changed["p_no_damage"] > 0.4).all()
    record = json.loads((run.folder.path / "work" / "recalibration.json").read_text("utf-8"))
    count = len(early)
    assert record["reviews"] == {
        "rows": 2 * count + 1, "after_as_of": count, "buildings": count, "rejects": 1,
    }  # fmt: skip
    assert record["fit"]["outcome"] == "used"
    assert record["fit"]["reviews"] == count
    assert record["fit"]["log_loss_after"] < record["fit"]["log_loss_before"]
    assert len(record["fit"]["bias"]) == len(GRADED)
    assert (
        record["reviews_sha256"]
        == describe_inputs(event_file, run.source, run.as_of_utc)["reviews"]
    )
    rejects = pd.read_csv(run.folder.file("review_rejects.csv"))
    assert rejects["row_number"].tolist() == [2 * count + 2]
    assert rejects["reason"].tolist() == ["unknown_building"]
    assert "r1" not in json.dumps(record)


def test_without_reviews_grades_are_untouched_and_nothing_is_written(event_copy, tmp_path):
    run = open_run(event_copy, tmp_path / "out", AS_OF, None)
    model = _model(event_copy)
    assert recalibrate_grades(run, model) is model
    assert list((tmp_path / "out").rglob("*")) == []


def test_missing_or_broken_reviews_are_told(event_copy, reviewed_event, tmp_path):
    event_file = reviewed_event([])
    run = open_run(event_file, tmp_path / "out", AS_OF, None)
    model = _model(event_file)
    assert recalibrate_grades(run, model).equals(model)
    path = event_file.parent / "reviews.csv"
    path.write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="does not name building_id"):
        recalibrate_grades(open_run(event_file, tmp_path / "out", AS_OF, None), model)
    path.unlink()
    with pytest.raises(EventError, match="reviews: there is no file"):
        open_run(event_file, tmp_path / "out", AS_OF, None)


def test_other_reviews_make_another_run(event_copy, reviewed_event, tmp_path):
    first = open_run(event_copy, tmp_path, AS_OF, None).folder.run_id
    named = open_run(reviewed_event([]), tmp_path, AS_OF, None).folder.run_id
    rows = _rows(event_copy, "no-damage", "2018-10-15T09:00:00Z")
    more = open_run(reviewed_event(rows[:1]), tmp_path, AS_OF, None).folder.run_id
    assert len({first, named, more}) == 3


def test_a_run_takes_reviews_in_and_the_worth_of_more_can_be_asked(
    assess, event_copy, reviewed_event, town_grades, tmp_path
):
    assess(event_copy, tmp_path / "plain", AS_OF, says=town_grades)
    folder = recalibrate_event(event_copy, tmp_path / "plain", None)
    told = json.loads((folder / "recalibration.json").read_text(encoding="utf-8"))
    assert told["homes"] == 24
    assert {row["reviews"] for row in told["curve"]} == {0}  # 25 are over half of 24
    assert (folder / "recalibration.png").read_bytes().startswith(b"\x89PNG")
    assert "small-town" in (folder / "recalibration.md").read_text(encoding="utf-8")
    event_file = reviewed_event(_rows(event_copy, "destroyed", "2018-10-15T09:00:00Z"))
    result = assess(event_file, tmp_path / "reviewed", AS_OF, says=town_grades)
    record = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    assert record["recalibration"]["fit"]["reviews"] == 24
    assert record["recalibration"]["fit"]["outcome"] in set(Outcome)
    assert result.locations == 24


def test_the_worth_of_reviews_needs_a_run_and_the_truth(event_copy, tmp_path):
    with pytest.raises(EventError, match="Run the event first"):
        recalibrate_event(event_copy, tmp_path, None)
    (event_copy.parent / "truth.parquet").unlink()
    with pytest.raises(EventError, match=r"there is no .*truth\.parquet"):
        recalibrate_event(event_copy, tmp_path, None)


def test_homes_on_unseen_scenes_are_preferred_and_each_building_counts_once(grades):
    findings = pd.concat([grades, grades[:3]]).assign(post_scene_id="seen")
    findings.loc[findings["building_id"] < "b05", "post_scene_id"] = "held"
    truth = pd.DataFrame({"building_id": grades["building_id"], "grade": "no-damage"})
    truth.loc[0, "grade"] = "un-classified"
    assert len(choose_homes(findings, truth, ("held",)).grades) == 4
    everything = choose_homes(findings, truth, ("other",))
    assert len(everything.grades) == HOMES - 2
    assert "understated" in everything.basis


@pytest.mark.parametrize(
    ("grade", "tier", "p_damage", "p_severe"),
    [(0, "T0", 0.0, 0.0), (1, "T2", 1.0, 0.0), (2, "T3", 1.0, 1.0), (3, "T4", 1.0, 1.0)],
)
def test_a_person_outranks_the_model_for_that_home_and_no_other(grade, tier, p_damage, p_severe):
    homes = pd.DataFrame(
        {
            "building_id": ["b1", "b2", None, "b3"],
            "status": ["graded", "graded", "no_building_match", "obscured"],
            "status_reason": ["seen", "seen", "far", "cloud_on_building"],
            "evidence": ["rougher texture", "rougher texture", None, None],
            "p_destroyed": [0.4, 0.4, np.nan, np.nan],
            "p_damage": 0.6,
            "p_severe": 0.5,
            "tier": ["T3", "T3", "U", "U"],
        }
    )
    reviews = pd.DataFrame(
        {
            "building_id": ["b1", "b3"],
            "grade": grade,
            "reviewer": "r7",
            "reviewed_at_utc": pd.Timestamp("2018-10-15T09:00Z"),
        }
    )
    said = overrule(homes, reviews)
    assert said["tier"].tolist() == [tier, "T3", "U", tier]
    assert said["p_damage"].tolist() == [p_damage, 0.6, 0.6, p_damage]
    assert said["p_severe"].tolist() == [p_severe, 0.5, 0.5, p_severe]
    word = GRADE_WORDS[grade]
    assert said["reviewed_grade"].tolist()[0] == word
    assert said["reviewed_grade"].isna().tolist() == [False, True, True, False]
    assert said["status_reason"].tolist()[1:3] == ["seen", "far"]
    assert said["status_reason"].tolist()[0] == f"seen;reviewed_{word.replace('-', '_')}"
    assert said["evidence"].tolist()[0] == (
        f"reviewed: {word}, by r7, 2018-10-15; the pictures: rougher texture"
    )
    assert said["evidence"].tolist()[3] == f"reviewed: {word}, by r7, 2018-10-15"
    kept = ["building_id", "status", "p_destroyed"]
    pd.testing.assert_frame_equal(said[kept], homes[kept])


def test_without_reviews_the_homes_stay_and_the_columns_are_empty():
    homes = pd.DataFrame(
        {"building_id": ["b1"], "status_reason": ["seen"], "evidence": ["x"], "p_damage": [0.6],
         "p_severe": [0.5], "tier": ["T3"]}
    )  # fmt: skip
    nobody = pd.DataFrame(columns=["building_id", "grade", "reviewer", "reviewed_at_utc"])
    said = overrule(homes, nobody)
    pd.testing.assert_frame_equal(said[list(homes.columns)], homes, check_dtype=False)
    assert said["reviewed_grade"].isna().all()


def test_what_was_judged_in_the_web_app_is_read_beside_the_event_s_file(
    reviewed_event, event_copy, tmp_path
):
    """The same day, and without a line of the event file; later judgements change no run."""
    out = tmp_path / "out"
    bare = open_run(event_copy, out, AS_OF, None)
    buildings = pd.read_parquet(bare.source.footprints)["building_id"].astype(str).tolist()
    folder = out / bare.source.event_id / "reviews"
    folder.mkdir(parents=True)
    judged = folder / "reviews.csv"
    rows = [
        f"{buildings[0]},destroyed,r1,2018-10-15T09:00:00.000000Z,T4,6.0",
        f"{buildings[0]},destroyed,r2,2018-10-15T10:00:00.000000Z,T4,4.0",
        f"{buildings[1]},no-damage,r1,2018-10-19T09:00:00.000000Z,T0,4.0",
    ]
    header = f"{HEADER},tier,seconds"
    judged.write_text("\n".join([header, rows[2]]))
    assert open_run(event_copy, out, AS_OF, None).folder.run_id == bare.folder.run_id
    judged.write_text("\n".join([header, *rows]))
    run = open_run(event_copy, out, AS_OF, None)
    assert run.folder.run_id != bare.folder.run_id
    table = pd.DataFrame({"building_id": buildings[:2], "status_reason": "seen", "evidence": None,
                          "p_damage": 0.5, "p_severe": 0.5, "tier": "T2"})  # fmt: skip
    said = overrule_by_people(run, table)
    assert said["tier"].tolist() == ["T4", "T2"]
    assert said["reviewer"].fillna("").tolist() == ["r2", ""]
    event_file = reviewed_event([f"{buildings[1]},minor-damage,r9,2018-10-15T09:00:00Z"])
    both = overrule_by_people(open_run(event_file, out, AS_OF, None), table)
    assert both["reviewed_grade"].tolist() == ["destroyed", "minor-damage"]
