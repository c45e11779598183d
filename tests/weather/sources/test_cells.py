"""Cells of CSV text: a reject names the line that a person finds it in."""

import pytest

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
