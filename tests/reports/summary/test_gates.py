import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.damage import Status
from reports.summary.gates import BookCounts, GateLimits, find_gaps

LIMITS = GateLimits()


def counts(**by_status):
    return {str(status): by_status.get(str(status), 0) for status in Status}


def codes(book, by_status, limits=LIMITS):
    return [gap.code for gap in find_gaps(book, by_status, limits)]


@pytest.mark.parametrize(
    ("book", "by_status", "expected"),
    [
        (BookCounts(60, 0, 60), counts(graded=60), []),
        (BookCounts(5, 55, 5), counts(graded=5), ["book_rejected"]),
        (BookCounts(0, 60, 0), counts(), ["book_rejected"]),
        (BookCounts(60, 0, 0), counts(), ["none_in_path"]),
        (BookCounts(20_000, 150, 200), counts(graded=150, no_imagery=50), []),
        (BookCounts(60, 0, 60), counts(geocode_too_coarse=60), ["many_too_coarse"]),
        (BookCounts(60, 0, 60), counts(no_building_match=60), ["few_matched"]),
        (BookCounts(60, 0, 60), counts(no_imagery=60), ["few_graded"]),
        (BookCounts(60, 0, 60), counts(geocode_too_coarse=40, no_building_match=20),
         ["many_too_coarse", "few_matched"]),
    ],
)  # fmt: skip
def test_each_gap_is_told_by_its_own_reason(book, by_status, expected):
    assert codes(book, by_status) == expected


def test_a_national_book_and_a_local_storm_are_no_gap_but_a_regions_book_may_ask_for_more():
    book, seen = BookCounts(10_000, 0, 100), counts(graded=100)
    assert codes(book, seen) == []
    asked = dataclasses.replace(LIMITS, min_in_path_frac=0.1)
    assert codes(book, seen, asked) == ["few_in_path"]
    (gap,) = find_gaps(book, seen, asked)
    assert (gap.part, gap.whole, gap.limit) == (100, 10_000, 0.1)
    assert "9900 lie outside it" in gap.problem


@given(
    st.integers(0, 100), st.integers(0, 100),
    st.lists(st.sampled_from(sorted(Status)), max_size=60),
    st.builds(GateLimits, *[st.floats(0, 1)] * 5),
)  # fmt: skip
def test_every_gap_holds_its_numbers_and_a_remedy(elsewhere, rejected, statuses, limits):
    book = BookCounts(elsewhere + len(statuses), rejected, len(statuses))
    by_status = {str(status): statuses.count(status) for status in Status}
    gaps = find_gaps(book, by_status, limits)
    for gap in gaps:
        assert 0 <= gap.part <= gap.whole
        assert str(gap.whole) in gap.problem
        assert gap.remedy
        assert gap.limit == getattr(limits, gap.limit_name)
    assert len({gap.code for gap in gaps}) == len(gaps)
    if book.in_book and not book.in_path:
        assert "none_in_path" in {gap.code for gap in gaps}
