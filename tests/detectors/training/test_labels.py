"""Reviews: good rows go on, bad ones are told, and conflicts end as the rule says."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.damage import XBD_SUBTYPES
from core.errors import InputError
from core.schemas.book import REJECTS
from core.tables import check_table
from detectors.training.labels import check_truth, known_by, read_reviews, resolve_reviews

HEADER = "building_id,grade,reviewer,reviewed_at_utc"
KNOWN = ["a", "b", "c", "d"]
WORDS = {int(grade): word for word, grade in XBD_SUBTYPES.items()}


@pytest.fixture
def write(tmp_path):
    def writer(*rows, header=HEADER):
        path = tmp_path / "reviews.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return writer


def _row(building, grade, reviewer="r1", at="2018-10-15T09:00:00Z"):
    return f"{building},{grade},{reviewer},{at}"


def _resolved(path):
    reviews = resolve_reviews(read_reviews(path), KNOWN, path.name)
    check_table(reviews.rejects, REJECTS)
    grades = {row.building_id: WORDS[row.grade] for row in reviews.table.itertuples()}
    told = [(row.row_number, row.reason) for row in reviews.rejects.itertuples()]
    return grades, told


@pytest.mark.parametrize(
    ("row", "reason", "value"),
    [
        ("a,destroyed,r1", "wrong_number_of_values", "3 values, not 4"),
        ("a,destroyed,r1,2018-10-15T09:00:00Z,x", "wrong_number_of_values", "5 values, not 4"),
        (_row("", "destroyed"), "blank_building_id", None),
        (_row("zz", "destroyed"), "unknown_building", "zz"),
        (_row("a", "Destroyed!"), "unknown_grade", "Destroyed!"),
        (_row("a", ""), "unknown_grade", None),
        (_row("a", "destroyed", ""), "blank_reviewer", None),
        (_row("a", "destroyed", at="2018-10-15T09:00:00"), "bad_instant", "2018-10-15T09:00:00"),
        (_row("a", "destroyed", at="15.10.2018 09:00"), "bad_instant", "15.10.2018 09:00"),
        (_row("a", "destroyed", at="2018-13-45T09:00:00Z"), "bad_instant", "2018-13-45T09:00:00Z"),
        (_row("a", "destroyed", at=""), "bad_instant", None),
        (_row("a", "un-classified"), "cannot_tell", "un-classified"),
        ('a,"destroyed\nb,minor-damage",r1,2018-10-15T09:00:00Z', "line_break_in_value",
         "destroyed\nb,minor-damage"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_number_and_the_good_go_on(write, row, reason, value):
    path = write(_row("b", "minor-damage"), "", row, _row("c", "no-damage"))
    reviews = resolve_reviews(read_reviews(path), KNOWN, path.name)
    assert set(reviews.table["building_id"]) == {"b", "c"}
    (reject,) = reviews.rejects.to_dict("records")
    assert (reject["file"], reject["row_number"], reject["reason"]) == ("reviews.csv", 4, reason)
    assert reject["value"] == value or (value is None and pd.isna(reject["value"]))
    assert reject["remedy"]


def test_columns_may_stand_in_any_order_with_others_between(write):
    path = write(
        " r1 , a ,note, 2018-10-15T04:00:00-05:00 ,destroyed",
        header="reviewer,building_id,remark,reviewed_at_utc,grade",
    )
    (row,) = read_reviews(path).table.to_dict("records")
    assert (row["building_id"], row["reviewer"], row["grade"]) == ("a", "r1", 3)
    assert row["reviewed_at_utc"] == datetime(2018, 10, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "does not name building_id, grade"),
        (b"building_id,grade,reviewer\n", "reviewed_at_utc"),
        (b"building_id,grade,grade,reviewer,reviewed_at_utc\n", "does not name grade once"),
        (b"\xff\xfe\x00\x01" * 100, "not a readable CSV"),
        (b"building_id," + b"x" * 200_000, "not a readable CSV"),
    ],
)
def test_what_is_no_reviews_file_is_refused(tmp_path, content, problem):
    path = tmp_path / "reviews.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=problem) as caught:
        read_reviews(path)
    assert "reviews.csv" in str(caught.value)
    with pytest.raises(InputError, match="No such file"):
        read_reviews(tmp_path / "none.csv")


def test_a_header_alone_is_nobody_yet(write):
    reviews = resolve_reviews(read_reviews(write()), KNOWN, "reviews.csv")
    assert (len(reviews.table), len(reviews.rejects)) == (0, 0)


def test_the_newest_of_each_reviewer_then_the_majority_then_the_newest_then_the_graver(write):
    grades, told = _resolved(
        write(
            _row("a", "no-damage", "r1", "2018-10-15T09:00:00Z"),  # 2: superseded by row 3
            _row("a", "destroyed", "r1", "2018-10-15T10:00:00Z"),
            _row("b", "minor-damage", "r1", "2018-10-15T09:00:00Z"),
            _row("b", "minor-damage", "r2", "2018-10-15T09:00:00Z"),
            _row("b", "destroyed", "r3", "2018-10-16T09:00:00Z"),  # 6: outvoted, though newer
            _row("c", "minor-damage", "r1", "2018-10-15T09:00:00Z"),  # 7: tie, older
            _row("c", "major-damage", "r2", "2018-10-15T11:00:00Z"),
            _row("d", "no-damage", "r1"),  # 9: tie at one instant, less grave
            _row("d", "major-damage", "r2"),
        )
    )
    assert grades == {
        "a": "destroyed", "b": "minor-damage", "c": "major-damage", "d": "major-damage",
    }  # fmt: skip
    assert told == [
        (2, "superseded_review"), (6, "outvoted_review"), (7, "outvoted_review"),
        (9, "outvoted_review"),
    ]  # fmt: skip


def test_one_who_can_no_longer_tell_takes_the_vote_back(write):
    grades, told = _resolved(
        write(
            _row("a", "destroyed", "r1", "2018-10-15T09:00:00Z"),
            _row("a", "un-classified", "r1", "2018-10-15T10:00:00Z"),
        )
    )
    assert grades == {}
    assert told == [(2, "superseded_review"), (3, "cannot_tell")]


def test_reviews_after_the_runs_instant_do_not_exist_yet(write):
    path = write(
        _row("a", "no-damage", "r1", "2018-10-15T09:00:00Z"),
        _row("a", "destroyed", "r1", "2018-10-17T09:00:00Z"),
    )
    early = known_by(read_reviews(path), datetime(2018, 10, 16, tzinfo=UTC))
    resolved = resolve_reviews(early, KNOWN, path.name)
    assert resolved.table["grade"].tolist() == [0]
    assert len(resolved.rejects) == 0


_reviews = st.lists(
    st.tuples(st.sampled_from(KNOWN), st.integers(0, 4), st.sampled_from("rst"), st.integers(0, 3)),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(rows=_reviews, turn=st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing_and_no_row_is_lost(tmp_path_factory, rows, turn):
    lines = [_row(b, WORDS[g], r, f"2018-10-15T0{hour}:00:00Z") for b, g, r, hour in rows]
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    results = []
    for _ in range(2):
        path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        reviews = resolve_reviews(read_reviews(path), KNOWN, path.name)
        results.append(dict(zip(reviews.table["building_id"], reviews.table["grade"], strict=True)))
        won = reviews.table.set_index("building_id")["grade"]
        told = set(reviews.rejects["row_number"])
        for number, line in enumerate(lines, start=2):
            building, word = line.split(",")[:2]
            agrees = building in won.index and WORDS[won[building]] == word
            assert agrees or number in told
        turn.shuffle(lines)
    assert results[0] == results[1]


def test_truth_that_contradicts_itself_is_left_out_and_told():
    truth = pd.DataFrame(
        {
            "building_id": ["a", "a", "b", "b", "c", "d", "e"],
            "grade": ["destroyed", "destroyed", "no-damage", "destroyed", "un-classified", "?",
                      "minor-damage"],
        }
    )  # fmt: skip
    checked = check_truth(truth, "truth.parquet")
    assert dict(zip(checked.table["building_id"], checked.table["grade"], strict=True)) == {
        "a": 3, "e": 1,
    }  # fmt: skip
    assert [(row.row_number, row.reason) for row in checked.rejects.itertuples()] == [
        (3, "conflicting_truth"), (4, "conflicting_truth"), (6, "unknown_grade"),
    ]  # fmt: skip
