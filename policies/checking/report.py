"""What a data steward has to know of a book before a storm: tables that he can work down. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from core.schemas.book import HOME_KEY
from policies.matching.geocode import GEOCODE_RULES, compute_is_automatic
from policies.reading.exposure import Book
from policies.reading.rejects import count_homes_lost

DUPLICATES = ("duplicate_row", "conflicting_duplicate")
MISPLACED = (
    "swapped_coordinates", "sign_lost", "zero_coordinate", "outside_country", "in_the_sea",
    "null_island", "coordinate_out_of_range", "blank_coordinates",
)  # fmt: skip
"""Reasons of rejects that are about a place."""
STACKED_FROM = 5
"""So many homes on one very point are a building of many, or a default that a geocoder gave."""
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, eq=False)
class BookReport:
    """What is to be known and to be done about a book; ids alone, no names.

    Attributes:
        homes: insured homes read.
        homes_lost: rows of the location file whose home is lost.
        by_class: homes by OED AddressMatch.
        measures: ``measure, homes, share, meaning``.
        reasons: ``file, field, reason, rows, example_rows, remedy``, rejects first.
        classes: ``geocode_class, name, homes, share, insured_value, is_automatic, why``.
        stacked: ``latitude, longitude, homes, example_locations`` of points that many homes share.
        unreachable: HOME_KEY and ``lacks`` of homes whose people cannot be reached.
        rejects: REJECTS of the book.
        notices: NOTICES of the book.
    """

    homes: int
    homes_lost: int
    by_class: dict[int, int]
    measures: pd.DataFrame
    reasons: pd.DataFrame
    classes: pd.DataFrame
    stacked: pd.DataFrame
    unreachable: pd.DataFrame
    rejects: pd.DataFrame
    notices: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by what people call them."""
        return {
            "Measures": self.measures, "Reasons": self.reasons, "Geocodes": self.classes,
            "Stacked points": self.stacked, "No contact": self.unreachable,
            "Rejects": self.rejects, "Notices": self.notices,
        }  # fmt: skip


def build_report(book: Book, location_file: str) -> BookReport:
    """What is to be known of a book.

    Args:
        book: the book, for any peril or none.
        location_file: name of its location file.
    """
    locations = book.locations
    lost = count_homes_lost(book.rejects, location_file)
    stacked = _find_stacked(book)
    unreachable = _find_unreachable(book)
    counts = locations["geocode_class"].value_counts()
    return BookReport(
        len(locations), lost, {int(code): int(n) for code, n in counts.items()},
        pd.DataFrame(
            [*_measure(book, lost, stacked, unreachable)],
            columns=["measure", "homes", "share", "meaning"],
        ),
        _count_reasons(book), _count_classes(book), stacked, unreachable,
        book.rejects, book.notices,
    )  # fmt: skip


def find_fit(book: Book) -> "pd.Series[bool]":
    """Homes whose row is sure enough for a draft without a person's look at the book."""
    locations = book.locations
    is_fit = pd.Series(compute_is_automatic(locations["geocode_class"].to_numpy()))
    is_fit &= ~locations["has_conflicting_rows"] & ~locations["is_aggregate"].eq(other=True)
    is_fit &= ~(locations["number_of_buildings"] > 1)
    is_fit &= locations["policy_choice"].isna() & locations["expiry_date"].notna()
    return is_fit & locations["deductible_amount"].notna()


def _measure(
    book: Book, lost: int, stacked: pd.DataFrame, unreachable: pd.DataFrame
) -> Iterator[tuple[str, int, float, str]]:
    whole = len(book.locations) + lost
    place = book.rejects["reason"].isin(MISPLACED)
    twice = book.rejects["reason"].isin(DUPLICATES)
    home = book.locations
    told = (
        ("read", len(home), "insured homes that a run can find"),
        ("lost", lost, "rows of the location file whose home is in no table: see Reasons"),
        ("misplaced", _rows(book.rejects[place]), "lost by their coordinates"),
        ("repeated", _rows(book.rejects[twice]), "rows that repeat or contradict another"),
        ("conflicting", int(home["has_conflicting_rows"].sum()), "of two places or two terms"),
        ("stacked", int(stacked["homes"].sum()), f"on a point of {STACKED_FROM} homes or more"),
        ("without_expiry", int(home["expiry_date"].isna().sum()), "cover cannot be told in force"),
        ("without_deductible", int(home["deductible_amount"].isna().sum()), "not known in money"),
        ("without_value", int((home["building_tiv"] == 0).sum()), "BuildingTIV blank or 0"),
        ("unreachable", len(unreachable), "no contact row, no phone and no e-mail, or no consent"),
        ("fit_for_automation", int(find_fit(book).sum()), "placed, insured and measured for sure"),
    )
    for name, count, meaning in told:
        yield name, count, round(count / whole, 4) if whole else 0.0, meaning


def _rows(rejects: pd.DataFrame) -> int:
    return len(rejects[["file", "row_number"]].drop_duplicates())


def _count_reasons(book: Book) -> pd.DataFrame:
    parts = [book.rejects.assign(what="rejected"), book.notices.assign(what="kept")]
    told = pd.concat(parts, ignore_index=True)
    by = ["what", "file", "field", "reason"]
    groups = told.groupby(by, sort=False, dropna=False)
    counts = groups.agg(
        rows=("row_number", "nunique"), remedy=("remedy", "first"),
        example_rows=("row_number", _show_some),
    ).reset_index()  # fmt: skip
    counts = counts.sort_values(["what", "rows"], ascending=False, kind="stable")
    return counts[[*by, "rows", "example_rows", "remedy"]].reset_index(drop=True)


def _show_some(numbers: "pd.Series[int]") -> str:
    some = numbers.drop_duplicates().head(_EXAMPLES)
    return ", ".join(str(number) for number in some)


def _count_classes(book: Book) -> pd.DataFrame:
    locations = book.locations
    by_class = locations.groupby("geocode_class")["building_tiv"].agg(["size", "sum"])
    rows = [
        (
            code, GEOCODE_RULES[code].name, int(row["size"]),
            round(int(row["size"]) / len(locations), 4), float(row["sum"]),
            GEOCODE_RULES[code].is_automatic, GEOCODE_RULES[code].why,
        )
        for code, row in ((int(str(code)), row) for code, row in by_class.iterrows())
    ]  # fmt: skip
    names = ["geocode_class", "name", "homes", "share", "insured_value", "is_automatic", "why"]
    return pd.DataFrame(rows, columns=names)


def _find_stacked(book: Book) -> pd.DataFrame:
    points = pd.DataFrame({
        "latitude": shapely.get_y(np.asarray(book.locations.geometry)),
        "longitude": shapely.get_x(np.asarray(book.locations.geometry)),
        "location_number": book.locations["location_number"],
    })  # fmt: skip
    place = ["latitude", "longitude"]
    points = points[points.groupby(place)["location_number"].transform("size") >= STACKED_FROM]
    found = points.groupby(place, sort=False)["location_number"].agg(
        homes="size", example_locations=lambda names: ", ".join(names.head(_EXAMPLES))
    )
    return found.reset_index().sort_values("homes", ascending=False, kind="stable")


def _find_unreachable(book: Book) -> pd.DataFrame:
    joined = book.locations[HOME_KEY].merge(book.contacts, on=HOME_KEY, how="left", indicator=True)
    has_way = joined["phone"].notna() | joined["email"].notna()
    lacks = np.select(
        [joined["_merge"] == "left_only", ~has_way, ~joined["has_contact_consent"].eq(other=True)],
        ["contact", "phone and e-mail", "consent"],
        "",
    )
    found = pd.DataFrame(joined[HOME_KEY]).assign(lacks=lacks)
    return found[found["lacks"] != ""].reset_index(drop=True)
