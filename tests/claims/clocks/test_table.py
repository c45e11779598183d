"""The table says what the brief says, and a table that contradicts itself is refused."""

from datetime import date

import pytest
import yaml

from claims.clocks.table import PACKAGED, read_clock_table
from core.errors import SettingsError

TABLE = read_clock_table()
BY_HAND = [
    # state, clock, days, in a catastrophe, unit, from; reference: the brief, section 1.3
    ("FL", "acknowledge", 7, None, "calendar", "notice"),
    ("FL", "begin investigation", 7, None, "calendar", "proof"),
    ("FL", "inspect on site, if at all", 30, None, "calendar", "proof"),
    ("FL", "send the detailed estimate", 7, None, "calendar", "estimate"),
    ("FL", "pay or deny", 60, None, "calendar", "notice"),
    ("TX", "acknowledge", 15, None, "calendar", "notice"),
    ("TX", "begin investigation", 15, None, "calendar", "notice"),
    ("TX", "ask for the items needed", 15, None, "calendar", "notice"),
    ("TX", "accept or deny", 15, None, "business", "items"),
    ("TX", "pay", 5, None, "business", "accepted"),
    ("TX", "pay at the latest", 60, None, "calendar", "items"),
    ("LA", "begin investigation", 14, 30, "calendar", "notice"),
    ("LA", "pay", None, 60, "calendar", "proof"),
    ("CA", "acknowledge", 15, None, "calendar", "notice"),
    ("CA", "accept or deny", 40, None, "calendar", "proof"),
    ("AK", "acknowledge", 10, None, "business", "notice"),
    ("AZ", "acknowledge", 10, None, "business", "notice"),
    ("AR", "acknowledge", 15, None, "business", "notice"),
    ("DE", "acknowledge", 15, None, "business", "notice"),
]


def test_the_table_is_the_briefs_row_for_row():
    told = [
        (row.state, c.name, c.days, c.catastrophe_days, str(c.unit), str(c.starts_with))
        for row in TABLE.states
        for c in row.clocks
    ]
    assert told == BY_HAND
    assert TABLE.find("TX").catastrophe_adds_days == 15
    assert all(row.needs_counsel for row in TABLE.states)


@pytest.mark.parametrize(
    ("state", "day", "is_there"),
    [
        ("FL", date(2023, 2, 28), False),
        ("FL", date(2023, 3, 1), True),
        ("fl ", date(2026, 11, 28), True),
        ("TX", date(2018, 10, 10), True),
        ("GA", date(2026, 11, 28), False),
    ],
)
def test_a_row_holds_from_its_first_day_on(state, day, is_there):
    assert (TABLE.find(state, day) is not None) is is_there


def _packaged(root):
    return yaml.safe_load((root / PACKAGED).read_text(encoding="utf-8"))


@pytest.fixture
def told():
    from importlib.resources import files  # noqa: PLC0415

    return _packaged(files("claims.clocks"))


def _break(told, how):
    florida = told["states"][0]
    if how == "source":
        florida["clocks"][0]["source"] = "FL9"
    if how == "length":
        del florida["clocks"][0]["days"]
    if how == "unknown":
        florida["colour"] = "red"
    if how == "negative":
        florida["clocks"][0]["days"] = -7
    if how == "twice":
        florida["clocks"].append(florida["clocks"][0])
    if how == "overlap":
        told["states"].append(florida | {"in_force_from": date(2027, 1, 1)})
    if how == "unit":
        florida["clocks"][0]["unit"] = "fortnight"


@pytest.mark.parametrize(
    "how", ["source", "length", "unknown", "negative", "twice", "overlap", "unit"]
)
def test_a_table_that_cannot_be_is_refused(told, tmp_path, how):
    _break(told, how)
    path = tmp_path / "terms.yaml"
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(SettingsError, match="reading the clocks"):
        read_clock_table(path)


def test_a_later_row_takes_over_on_its_day(told, tmp_path):
    florida = dict(told["states"][0])
    told["states"][0]["in_force_to"] = date(2026, 12, 31)
    florida["in_force_from"] = date(2027, 1, 1)
    florida["clocks"] = [florida["clocks"][0] | {"days": 5}]
    told["states"].append(florida)
    path = tmp_path / "terms.yaml"
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    table = read_clock_table(path)
    assert table.find("FL", date(2026, 12, 31)).clocks[0].days == 7
    assert table.find("FL", date(2027, 1, 1)).clocks[0].days == 5
    assert table.find("FL").clocks[0].days == 5


@pytest.mark.parametrize("text", ["", "a: [", "\x00", "[]", "version: 1"])
def test_what_is_no_table_is_told_in_a_line(tmp_path, text):
    path = tmp_path / "terms.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="reading the clocks"):
        read_clock_table(path)
