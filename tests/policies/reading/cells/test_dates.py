from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.reading.cells.dates import DateOrder, parse_dates, read_date

LANDFALL = date(2018, 10, 14)


def parse(*texts, **more):
    columns = {"a": texts} | more
    rows = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    return parse_dates(rows, list(columns))


def days(dates, name="a"):
    return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in dates.columns[name]]


def test_iso_dates_are_days():
    dates = parse("2018-10-10", "2018-10-10T00:00:00", "9999-12-31", "2018-02-30", "soon", None)
    assert days(dates) == ["2018-10-10", "2018-10-10", "9999-12-31", None, None, None]
    assert [fault.reason for fault in dates.faults if fault.is_bad.any()] == ["bad_date"]
    assert dates.faults[0].is_bad.tolist() == [False, False, False, True, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "10/14/2018", "14/10/2018", "14.10.2018", "10-14-2018", "10/14/18", "10/14/2018 0:00",
        "10/14/2018 12:00:00 AM", "2018/10/14", "2018.10.14", "20181014", "14-Oct-18",
        "14 October 2018", "Oct 14, 2018", "43387", "43387.5", "14-OCT-2018 00:00",
        "2018-10-14T00:00:00Z", "2018-10-14T00:00:00.000+00:00", "2018-10-14 00:00:00-0500",
        "2018-10-14 00:00:00 UTC",
    ],
)  # fmt: skip
def test_a_date_that_can_be_read_in_one_way_is_read(text):
    assert days(parse(text)) == ["2018-10-14"]


@pytest.mark.parametrize("text", ["soon", "13/13/2018", "0", "1234567", "14-Foo-2018", "99999"])
def test_what_is_no_date_is_at_fault(text):
    assert days(parse(text)) == [None]


@pytest.mark.parametrize(
    ("proof", "day"), [("10/14/2018", "2018-03-04"), ("14/10/2018", "2018-04-03")]
)
def test_one_date_proves_the_order_of_all_dates_of_the_file(proof, day):
    dates = parse("03/04/2018", None, b=("03/04/2018", proof))
    assert days(dates) == [day, None]
    assert days(dates, "b") == [day, "2018-10-14"]
    assert dates.order is not None
    assert not any(fault.is_bad.any() for fault in dates.faults)


@pytest.mark.parametrize("others", [(), ("10/14/2018", "14/10/2018"), ("05/05/2018",)])
def test_an_order_that_nothing_or_everything_proves_is_not_guessed(others):
    dates = parse("03/04/2018", *others)
    assert days(dates)[0] is None
    assert None not in days(dates)[1:]
    (open_fault,) = (fault for fault in dates.faults if fault.reason == "ambiguous_date")
    assert open_fault.is_bad.tolist() == [True, *[False] * len(others)]


def test_no_rows():
    assert days(parse()) == []


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)), st.sampled_from(list(DateOrder)))
def test_every_day_reads_back_in_either_order(day, order):
    sign = "%m/%d/%Y" if order is DateOrder.MONTH_FIRST else "%d/%m/%Y"
    assert read_date(day.strftime(sign), order) == day
    assert read_date(day.strftime(sign), None) in (day, None)
    assert read_date(day.strftime("%d-%b-%y"), None) == day
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    assert read_date(str(serial), order) == day
