import numpy as np
import pandas as pd
import pytest

from policies.reading.cells.country_boxes import read_country_boxes
from policies.reading.cells.open_sea import find_open_sea
from policies.reading.cells.places import check_places


def reasons(places, country="US"):
    """Reason of each (latitude, longitude); None for a good place."""
    latitude, longitude = zip(*places, strict=True)
    rows = pd.DataFrame(
        {"Latitude": latitude, "Longitude": longitude, "CountryCode": country}
    ).astype("str")
    _, _, faults = check_places(rows)
    found = [[fault.reason for fault in faults if fault.is_bad[row]] for row in range(len(rows))]
    assert all(len(several) <= 1 for several in found)
    return [several[0] if several else None for several in found]


FLORIDA = [(30.1 + step / 100, -85.6 - step / 100) for step in range(40)]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ((30.1, 85.6), "sign_lost"),
        ((-30.1, -85.6), "sign_lost"),
        ((-30.1, 85.6), "sign_lost"),
        ((30.1, 0), "zero_coordinate"),
        ((0, -85.6), "zero_coordinate"),
        ((0, 0), "null_island"),
        ((-85.6, 30.1), "swapped_coordinates"),
        ((51.5, -0.1), "outside_country"),
        ((301, -85.6), "coordinate_out_of_range"),
        ((45.0, -100.0), None),
    ],
)
@pytest.mark.parametrize("others", [[], FLORIDA], ids=["alone", "in_a_book"])
def test_a_place_that_cannot_be_the_home_says_why(place, reason, others):
    assert reasons([*others, place])[-1] == reason


def test_a_book_that_is_swapped_as_a_whole_is_no_book_elsewhere():
    assert set(reasons([(longitude, latitude) for latitude, longitude in FLORIDA])) == {
        "swapped_coordinates"
    }


@pytest.mark.parametrize(
    ("country", "place"),
    [
        ("US", (21.3, -157.9)), ("US", (28.2, -177.4)), ("US", (61.2, -149.9)),
        ("US", (52.9, 173.2)), ("US", (18.4, -66.1)), ("PR", (18.4, -66.1)),
        ("US", (13.5, 144.8)), ("GU", (13.5, 144.8)), ("US", (-14.3, -170.7)),
        ("US", (18.3, -64.9)), ("FR", (-21.1, 55.5)), ("RE", (-21.1, 55.5)),
        ("FR", (4.9, -52.3)), ("FR", (16.2, -61.5)), ("NZ", (-43.9, -176.5)),
        ("NZ", (-36.8, 174.8)), ("FJ", (-16.8, -179.9)), ("FJ", (-17.8, 177.4)),
        ("GB", (51.48, 0.0)), ("GB", (49.2, -2.1)), ("GB", (32.3, -64.8)), ("PT", (37.7, -25.7)),
        ("PT", (32.6, -16.9)), ("ES", (28.1, -15.4)), ("ES", (39.5, 0.0)), ("EC", (-0.7, -90.3)),
        ("EC", (0.0, -78.5)), ("CL", (-27.1, -109.4)), ("RU", (65.0, -172.0)),
        ("NO", (78.2, 15.6)), ("DK", (64.2, -51.7)), ("NL", (12.1, -68.9)),
        ("AU", (-31.5, 159.1)), ("BR", (-3.9, -32.4)), ("CO", (12.5, -81.7)), ("IT", (35.5, 12.6)),
        ("JP", (26.2, 127.7)), ("CA", (43.9, -60.0)), ("KI", (1.9, -157.4)), ("GH", (5.6, 0.0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("others", [0, 40], ids=["alone", "in_a_book"])
def test_far_islands_and_meridians_are_home(country, place, others):
    box = read_country_boxes()[country][0]
    middle = ((box.south + box.north) / 2, (box.west + box.east) / 2)
    assert reasons([*[middle] * others, place], country)[-1] is None


def test_a_book_whose_signs_are_all_lost_is_told_so():
    lost = [(latitude, -longitude) for latitude, longitude in FLORIDA]
    assert set(reasons(lost)) == {"sign_lost"}
    assert reasons([*FLORIDA, *lost])[:40] == [None] * 40
    assert set(reasons([*FLORIDA, *lost])[40:]) == {"sign_lost"}


def test_where_most_of_the_book_is_nothing_is_outside():
    across_the_border = [(25.0 + step / 100, -111.5) for step in range(60)]  # Mexico, coded US
    assert set(reasons(across_the_border)) == {None}


def test_a_country_without_boxes_is_judged_by_the_book_for_what_explains_itself():
    homes = [(37 + step / 100, 31.5) for step in range(30)]
    odd = [(31.5, 37.1), (-37.1, 31.5), (37.1, 0), (41.0, 40.0)]
    assert reasons([*homes, *odd], "XX")[30:] == [
        "swapped_coordinates", "sign_lost", "zero_coordinate", None,
    ]  # fmt: skip
    assert reasons(odd, "XX") == [None, "in_the_sea", "in_the_sea", None]


@pytest.mark.parametrize(
    ("place", "is_sea"),
    [
        ((27.0, -90.0), True),  # the Gulf of Mexico, inside the rough box of the country
        ((89.9, -85.6), True),
        ((24.55, -81.8), False),  # Key West
        ((43.5, -87.0), False),  # Lake Michigan
        ((29.62, -85.45), False),  # 10 km off Cape San Blas: too near to be sure
        ((float("nan"), -85.6), False),
        ((91.0, 200.0), False),
    ],
)
def test_the_open_sea_is_no_place_to_live(place, is_sea):
    latitude, longitude = (np.array([value]) for value in place)
    assert find_open_sea(longitude, latitude).tolist() == [is_sea]
