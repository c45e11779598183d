"""Whether a run's list may be published: all gates, before anything is made of its findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from claims.ledger.entry import format_instant
from claims.ledger.store import Ledger
from claims.publishing.acts import find_published, is_held, judged
from core.damage import Status
from core.errors import FirstNoticeError
from flows.stages.extents import place_gaps
from flows.stages.locate import InPath
from flows.stages.pull_weather import find_weather_gaps
from flows.wiring.adapters import choose_limits, find_ledger
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import read_geo_table
from reports.summary.gates import BookCounts, Gap, find_gaps
from reports.summary.quality import GateResult, Outcome, judge_quality

BOOK_GATES = (
    "book_rejected", "none_in_path", "few_in_path", "many_too_coarse", "few_matched", "few_graded",
)  # fmt: skip
"""Gates on what became of the book, see ``reports.summary.gates``."""
WEATHER_GATE = "old_weather"
_DAMAGED = (OSError, ValueError, KeyError, FirstNoticeError)
"""What reading an earlier run raises that was cut or taken away."""


@dataclass(frozen=True, slots=True)
class Gates:
    """What the gates say of a run's list.

    Attributes:
        results: every gate, in the order in which they are told.
    """

    results: tuple[GateResult, ...]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gates that were not passed."""
        return tuple(each.gap for each in self.results if each.gap is not None)


def judge_gates(run: RunContext, found: InPath) -> Gates:
    """Ask every gate of the findings as they stand before anything is made of them.

    Args:
        run: the run.
        found: what became of the book.
    """
    findings = read_geo_table(run.folder.work("findings"))
    counts = findings["status"].value_counts()
    by_status = {str(status): int(counts.get(status, 0)) for status in Status}
    book = BookCounts(found.in_book, found.homes_rejected, found.in_path)
    gaps = find_gaps(book, by_status, choose_limits(run.source, run.settings))
    published = _read_published(run)
    return Gates((
        *_tell_weather(run), *_tell_all(BOOK_GATES, place_gaps(run, gaps)),
        *judge_quality(findings, published, run.settings.gates),
    ))  # fmt: skip


def note_gates(run: RunContext, gates: Gates, ledger: Ledger) -> bool:
    """Write into the ledger what becomes of the list; gives whether it is held back.

    Before any draft of the run is queued, so that no delivery of another process takes one out.
    The list of a run that a person released stays released when the run comes again.
    """
    event_id, codes = run.source.event_id, [gap.code for gap in gates.gaps]
    at = format_instant(run.as_of_utc)
    ledger.lists.note(judged(event_id, run.folder.run_id, codes, at))
    return is_held(ledger.lists.of_event(event_id))


def describe_gates(gates: Gates) -> list[dict[str, Any]]:
    """All gates, for the run's record."""
    return [
        {"code": each.code, "outcome": str(each.outcome), "told": each.told}
        for each in gates.results
    ]


def _tell_weather(run: RunContext) -> tuple[GateResult, ...]:
    if run.source.weather is None:
        told = "not judged: the event names no live weather"
        return (GateResult(WEATHER_GATE, Outcome.NOT_JUDGED, told),)
    return _tell_all((WEATHER_GATE,), find_weather_gaps(run))


def _tell_all(codes: Sequence[str], gaps: Sequence[Gap]) -> tuple[GateResult, ...]:
    missed = {gap.code: gap for gap in gaps}
    return tuple(
        GateResult(code, Outcome.FAILED, missed[code].problem, missed[code])
        if code in missed
        else GateResult(code, Outcome.PASSED, "passed")
        for code in codes
    )


def _read_published(run: RunContext) -> gpd.GeoDataFrame | None:
    """Findings of the newest earlier run whose list is published, where they can be read."""
    ledger = find_ledger(run.settings, run.folder.out)
    if ledger is None:
        return None
    published = set(find_published(ledger.lists.of_event(run.source.event_id)))
    for folder in run.folder.find_previous(run.as_of_utc):
        if folder.name in published:
            try:
                return read_geo_table(folder / "findings.parquet")
            except _DAMAGED:
                continue
    return None
