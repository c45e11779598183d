"""What keeps a run from counting as complete: gates on what became of the book. Pure.

A run never ends well over a gap: each gate has its reason, its numbers and its remedy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.damage import Status

UNMATCHED = (Status.NO_BUILDING_MATCH, Status.AMBIGUOUS_MATCH, Status.GEOCODE_TOO_COARSE)
"""Locations that no image could help; they do not count against what was graded."""


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What a run must reach to count as complete; shares are 0 to 1."""

    max_rejected_frac: float = 0.3
    """Of the book's homes, so many may be lost to rows that cannot be used. A good export loses
    one in a hundred; a wrong delimiter, date format or column name loses most."""

    min_in_path_frac: float = 0.0
    """Of the homes read, so many must lie in the path; one at least, whatever is asked. A local
    storm reaches one in a hundred of a national book, so more is asked only where a book is one
    region's."""

    max_too_coarse_frac: float = 0.5
    """Of the homes in the path, so many may be placed too coarsely to find their building."""

    min_matched_frac: float = 0.5
    """Of the homes in the path that are placed well enough, so many must have a building."""

    min_assessed_frac: float = 0.25
    """Of the homes that have a building, so many must be graded."""


@dataclass(frozen=True, slots=True)
class BookCounts:
    """What became of the book on its way into the path.

    Attributes:
        in_book: homes read.
        homes_rejected: homes lost, since no row of theirs could be used.
        in_path: homes read that the hazard reached.
    """

    in_book: int
    homes_rejected: int
    in_path: int

    @property
    def outside_path(self) -> int:
        """Homes read that the hazard did not reach."""
        return self.in_book - self.in_path


@dataclass(frozen=True, slots=True)
class Gap:
    """A gate that a run did not pass.

    Attributes:
        code: which; stable, for programs.
        part: homes counted.
        whole: out of these.
        limit: share asked or allowed, 0 to 1; hours of age for the weather.
        problem: the numbers in a sentence.
        remedy: what to do about it.
        limit_name: the setting, or field of event.yaml, that moves the limit.
    """

    code: str
    part: int
    whole: int
    limit: float
    problem: str
    remedy: str
    limit_name: str


def find_gaps(
    book: BookCounts, by_status: Mapping[str, int], limits: GateLimits
) -> tuple[Gap, ...]:
    """The gates that a run did not pass, in the order of its work.

    A later gate is asked only of homes that passed the earlier ones, so one cause is told once.

    Args:
        book: what became of the book.
        by_status: homes in the path by status, each status present.
        limits: what is asked.
    """
    return (
        *_check_book(book, limits),
        *_check_path(book, limits),
        *_check_sight(by_status, limits),
    )


def find_old_weather(ages_h: Mapping[str, float | None], limit_h: float) -> tuple[Gap, ...]:
    """The gate on the age of what services say of the weather, if it is not passed.

    Args:
        ages_h: hours by product; None = it never came. No product at all is a gap too.
        limit_h: oldest that is allowed.
    """
    old = [name for name, age_h in ages_h.items() if age_h is None or age_h > limit_h]
    if ages_h and not old:
        return ()
    ages = ", ".join(
        f"{name} {'never came' if ages_h[name] is None else f'is {ages_h[name]:.1f} h old'}"
        for name in old
    )
    gap = Gap(
        "old_weather", len(old), len(ages_h), limit_h,
        f"the weather is older than {limit_h:g} h: {ages or 'no service was ever asked'}",
        "See why the services fail with `firstnotice weather fetch`, and run again",
        "max_age_h (settings, weather)",
    )  # fmt: skip
    return (gap,)


def _check_book(book: BookCounts, limits: GateLimits) -> Iterator[Gap]:
    whole = book.in_book + book.homes_rejected
    if book.homes_rejected > limits.max_rejected_frac * whole:
        yield Gap(
            "book_rejected", book.homes_rejected, whole, limits.max_rejected_frac,
            f"{book.homes_rejected} of the book's {whole} homes were rejected "
            f"({book.homes_rejected / whole:.0%}, at most {limits.max_rejected_frac:.0%} allowed)",
            "Mend the rows listed with their reasons in rejects.csv, or export the book again",
            "max_rejected_frac",
        )  # fmt: skip


def _check_path(book: BookCounts, limits: GateLimits) -> Iterator[Gap]:
    if not book.in_book:
        return
    if book.in_path and book.in_path >= limits.min_in_path_frac * book.in_book:
        return
    said = "none" if not book.in_path else f"only {book.in_path}"
    asked = f"{limits.min_in_path_frac:.0%} asked" if limits.min_in_path_frac else "one asked"
    yield Gap(
        "few_in_path" if book.in_path else "none_in_path", book.in_path, book.in_book,
        limits.min_in_path_frac,
        f"{said} of the book's {book.in_book} homes lies in the hazard's path ({asked}), "
        f"{book.outside_path} lie outside it",
        "Check that the hazard is this event's and whole (storm id, all rows of the track, area), "
        "and that the book's longitudes kept their signs",
        "min_in_path_frac",
    )  # fmt: skip


def _check_sight(by_status: Mapping[str, int], limits: GateLimits) -> Iterator[Gap]:
    in_path = sum(by_status.values())
    coarse = by_status[Status.GEOCODE_TOO_COARSE]
    fine = in_path - coarse
    if coarse > limits.max_too_coarse_frac * in_path:
        yield Gap(
            "many_too_coarse", coarse, in_path, limits.max_too_coarse_frac,
            f"{coarse} of {in_path} homes in the path are placed too coarsely to find their "
            f"building ({coarse / in_path:.0%}, at most {limits.max_too_coarse_frac:.0%} allowed)",
            "Give AddressMatch in the location file (absent, every home counts as ungeocoded), or "
            "geocode the addresses again",
            "max_too_coarse_frac",
        )  # fmt: skip
    matched = in_path - sum(by_status[status] for status in UNMATCHED)
    if matched < limits.min_matched_frac * fine:
        lost = _tell(by_status, UNMATCHED[:2])
        yield Gap(
            "few_matched", matched, fine, limits.min_matched_frac,
            f"only {matched} of {fine} homes placed well enough have a building "
            f"({matched / fine:.0%}, {limits.min_matched_frac:.0%} asked): {lost}",
            "Check that the footprints are of this event's ground and reach all homes in the path",
            "min_matched_frac",
        )  # fmt: skip
    graded = by_status[Status.GRADED]
    if graded < limits.min_assessed_frac * matched:
        others = [status for status in Status if status not in {*UNMATCHED, Status.GRADED}]
        yield Gap(
            "few_graded", graded, matched, limits.min_assessed_frac,
            f"only {graded} of {matched} matched homes were graded ({graded / matched:.0%}, "
            f"{limits.min_assessed_frac:.0%} asked): {_tell(by_status, others)}",
            "Run again when more imagery is there",
            "min_assessed_frac",
        )  # fmt: skip


def _tell(by_status: Mapping[str, int], statuses: "list[Status] | tuple[Status, ...]") -> str:
    return ", ".join(f"{by_status[each]} {each}" for each in statuses if by_status[each])
