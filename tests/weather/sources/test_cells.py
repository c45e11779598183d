"""Cells of CSV text: a reject names the line that a person finds it in."""

import numpy as np
import pytest

from core.errors import WeatherError
from weather.sources.cells import parse_cells

ROWS = "a,b\n1,x\n2,y\n3,z\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (ROWS, [2, 3, 4]),
        (ROWS.replace("\n", "\r\n"), [2, 3, 4]),
        ("\n\n" + ROWS, [4, 5, 6]),
        (ROWS.replace("2,y", "\n\n2,y"), [2, 5, 6]),
        (ROWS.replace("1,x", '1,"x\n\nx"'), [2, 5, 6]),
        (ROWS.replace("2,y", '2,"y\r\ny"'), [2, 3, 5]),
        (ROWS + "\n,\n", [2, 3, 4]),
        ("a,b\n", []),
    ],
)
def test_rows_keep_their_line(text, lines):
    cells = parse_cells(text, "a.csv", "a CSV", ("a", "b"))
    assert cells.rows.index.tolist() == lines
    assert cells.rows["a"].tolist() == ["1", "2", "3"][: len(lines)]


@pytest.mark.parametrize(
    ("text", "kept", "rejects"),
    [
        ("a,b\n1,x,?\n2,y\n", ["2"], {2: "it has 3 cells where the header has 2"}),
        ("a,b\n1,x,\n2,y,,\n", ["1", "2"], {}),
        ("a,b\n1,x\n2\n3,z\n", ["1", "2", "3"], {}),
        ("a,b\n1,x\n2", ["1"], {3: "the file ends in the middle of it, after 1 cells"}),
        ("a,b\n1,x\n2,y", ["1", "2"], {}),
        ('a,b\n1,"x\n2,y\n3,z\n', ["2", "3"], {2: "its quotes do not match"}),
        ('a,b\n1,"x"x\n2,"y ""y"""\n', ["2"], {2: "its quotes do not match"}),
    ],
)
def test_a_broken_row_costs_itself_alone(text, kept, rejects):
    cells = parse_cells(text, "a.csv", "a CSV", ("a", "b"))
    assert cells.rows["a"].tolist() == kept
    assert [each.place for each in cells.rejects()] == [f"line {line}" for line in rejects]
    for reject, reason in zip(cells.rejects(), rejects.values(), strict=True):
        assert reject.reason.startswith(reason)


def test_a_column_that_is_not_asked_for_is_left_out():
    cells = parse_cells("a,b,c,a\n1,2,3,4\n", "a.csv", "a CSV", ("a",), {"a", "a.1"})
    assert cells.rows.to_dict("list") == {"a": ["1"], "a.1": ["4"]}


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n" + '1,"x\n' * 200])
def test_what_is_no_table_is_refused(text):
    with pytest.raises(WeatherError, match="it is no table"):
        parse_cells(text, "a.csv", "a CSV", ("a", "b"))


def test_a_number_that_is_rejected_is_none():
    cells = parse_cells(f"a,b\n{'9' * 400},1\n7,2\n99,3\n", "a.csv", "a CSV", ("a",))
    assert cells.numbers("a", (0, 50)).tolist() == pytest.approx([np.nan, 7, np.nan], nan_ok=True)
    assert [each.place for each in cells.rejects()] == ["line 2", "line 4"]
