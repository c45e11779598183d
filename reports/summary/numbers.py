"""The event in numbers: what was seen, what is expected, what is at stake, what is missing."""

from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import pandas as pd

from core.damage import CoverageResult, Decision, Status, Tier
from core.expected_loss import compute_expected_loss
from core.staffing import PlanFigures
from reports.context import ReportContext
from reports.summary.expecting import (
    ExpectedCount,
    compute_expected_count,
    led_by_water,
    tell_kinds,
)
from reports.summary.gates import BookCounts, Gap
from reports.summary.judged import SizeClass, count_judged
from reports.summary.places import (
    HazardBand,
    PostalCode,
    choose_postal_codes,
    count_in_hazard,
)
from reports.summary.problems import (
    DataNotice,
    DataProblem,
    count_notices,
    count_rejects,
    count_rows,
    count_scenes,
)
from reports.words import INDICATIVE_NOTE


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How the event is summed up."""

    interval_frac: float = 0.9
    """Share of outcomes that an interval holds; nine in ten is plain to say to a claims lead."""
    strange_novelty_frac: float = 0.99
    """Novelty from which a home counts as strange to the model; one in a hundred that it knows."""
    top_postal_codes: int = 10
    """Postal codes named, those with the most expected severe homes; what fits one screen."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One event at one instant.

    Attributes:
        event_id: the event.
        event_name: what people call it.
        perils: OED codes, the primary one first.
        cat_code: the carrier's catastrophe code, else the industry's, if any.
        as_of_utc: the instant the summary speaks of.
        run_id: the run.
        list_version: the daily list beside it.
        locations: insured locations in the path; every count below is out of these.
        imaged: locations with a scene after the event over them.
        imaged_frac: of all, 0 to 1; None where there are no locations.
        assessed: locations graded from imagery.
        assessed_frac: of all, 0 to 1; None where there are no locations.
        strange: assessed locations whose pictures look stranger to the model than 99 in 100 of the
            homes that it knows; far more than one in a hundred says that its chances may not hold
            for this event.
        strange_frac: of the assessed, 0 to 1; None where the model cannot tell.
        by_status: locations by status, each status present.
        by_tier: locations by tier, each tier present.
        by_decision: locations by decision, each decision present.
        by_coverage: locations by coverage result, each result present.
        interval_frac: share of outcomes that each interval below holds, 0 to 1.
        damaged: homes expected with minor damage or worse, over all locations.
        damaged_not_assessed: the part of ``damaged`` known from hazard alone.
        severe: homes expected with major damage or worse, over all locations.
        severe_not_assessed: the part of ``severe`` known from hazard alone.
        led_by_water: locations where rain, surge or a river leads; floods are untested.
        insured_value: building value by currency and tier, each tier present.
        indicative_loss: value times the tier's ratio by currency, over assessed locations.
            Indicative, never a reserve.
        unknown_values: locations whose value the book does not state; they add nothing above.
        gust_max_mps: highest 3-second gust at a location, m/s, if any is known.
        hazard_bands: locations by hazard, weakest first.
        top_postal_codes: worst first; empty where no book was given.
        data_problems: rejected input rows by file and reason.
        rejected_rows: how many rows were rejected.
        book: what became of the book on its way into the path, if it is known.
        gaps: the gates that the run did not pass; none of a complete one.
        notes: what else people should know of the run, in sentences.
        note: how to read it.
        scenes_set_aside: scenes that could not be used, by reason.
        data_notices: what is odd in the book though its rows stay, misspelt columns first.
        judged_by_size: the share judged by ground area of the building; empty where the outlines
            were not given.
        plan: the day's capacity plan; None where none was made.
    """

    event_id: str
    event_name: str
    perils: tuple[str, ...]
    cat_code: str | None
    as_of_utc: datetime
    run_id: str
    list_version: int
    locations: int
    imaged: int
    imaged_frac: float | None
    assessed: int
    assessed_frac: float | None
    strange: int
    strange_frac: float | None
    by_status: dict[str, int]
    by_tier: dict[str, int]
    by_decision: dict[str, int]
    by_coverage: dict[str, int]
    interval_frac: float
    damaged: ExpectedCount
    damaged_not_assessed: ExpectedCount
    severe: ExpectedCount
    severe_not_assessed: ExpectedCount
    led_by_water: int
    insured_value: dict[str, dict[str, float]]
    indicative_loss: dict[str, float]
    unknown_values: int
    gust_max_mps: float | None
    hazard_bands: tuple[HazardBand, ...]
    top_postal_codes: tuple[PostalCode, ...]
    data_problems: tuple[DataProblem, ...]
    rejected_rows: int
    book: BookCounts | None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    note: str = INDICATIVE_NOTE
    scenes_set_aside: tuple[DataProblem, ...] = ()
    data_notices: tuple[DataNotice, ...] = ()
    judged_by_size: tuple[SizeClass, ...] = ()
    plan: PlanFigures | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EventTables:
    """What an event is summed up from.

    Attributes:
        findings: FINDINGS.
        rejects: REJECTS of all inputs.
        hazard_areas: HAZARD_AREAS, for the locations by hazard.
        notices: NOTICES of the book; None where nobody looked.
        locations: LOCATIONS, for the postal codes; None leaves them out.
        buildings: FOOTPRINTS, for the share judged by size; None leaves it out.
        scenes_rejected: ``scene_id`` and ``reason`` of scenes that could not be used, if any.
    """

    findings: pd.DataFrame
    rejects: pd.DataFrame
    hazard_areas: gpd.GeoDataFrame
    notices: pd.DataFrame | None = None
    locations: pd.DataFrame | None = None
    buildings: pd.DataFrame | None = None
    scenes_rejected: pd.DataFrame | None = None


def summarise(
    tables: EventTables,
    context: ReportContext,
    *,
    book: BookCounts | None = None,
    notes: tuple[str, ...] = (),
    options: SummaryOptions | None = None,
) -> Summary:
    """The event in numbers; names, contacts and rejected values stay out of it.

    Args:
        tables: what is summed up.
        context: which event, when, by which run.
        book: what became of the book on its way into the path.
        notes: what else people should know of the run.
        options: how to sum up; None for the defaults.
    """
    options = options or SummaryOptions()
    findings = tables.findings
    unseen = findings[findings["status"] != Status.GRADED]
    seen = len(findings) - len(unseen)
    imaged = int(findings["post_captured_at_utc"].notna().sum())
    strange = int((findings["novelty_frac"] >= options.strange_novelty_frac).sum())
    kinds = tell_kinds(findings)
    sigmas = NormalDist().inv_cdf((1 + options.interval_frac) / 2)
    return Summary(
        **_describe_run(context),
        locations=len(findings),
        imaged=imaged,
        imaged_frac=_share(imaged, len(findings)),
        assessed=seen,
        assessed_frac=_share(seen, len(findings)),
        strange=strange,
        strange_frac=_share(strange, int(findings["novelty_frac"].notna().sum())),
        **_count_words(findings),
        interval_frac=options.interval_frac,
        damaged=compute_expected_count(findings["p_damage"], kinds, sigmas),
        damaged_not_assessed=compute_expected_count(unseen["p_damage"], kinds, sigmas),
        severe=compute_expected_count(findings["p_severe"], kinds, sigmas),
        severe_not_assessed=compute_expected_count(unseen["p_severe"], kinds, sigmas),
        led_by_water=int(led_by_water(findings).sum()),
        insured_value=_value_by_tier(findings),
        indicative_loss=_indicative_loss(findings),
        unknown_values=int((findings["building_tiv"] <= 0).sum()),
        gust_max_mps=_finite(findings["gust_mps"].max()),
        hazard_bands=count_in_hazard(findings, tables.hazard_areas),
        top_postal_codes=choose_postal_codes(findings, tables.locations, options.top_postal_codes),
        **_count_problems(tables),
        book=book,
        notes=notes,
        judged_by_size=(
            () if tables.buildings is None else count_judged(findings, tables.buildings)
        ),
    )


def _describe_run(context: ReportContext) -> dict[str, Any]:
    """The fields of ``Summary`` that say what it is of."""
    return {
        "event_id": context.event.event_id,
        "event_name": context.event.name,
        "perils": tuple(str(peril) for peril in context.event.perils),
        "cat_code": context.cat_code,
        "as_of_utc": context.as_of_utc,
        "run_id": context.run_id,
        "list_version": context.list_version,
    }


def _count_words(findings: pd.DataFrame) -> dict[str, Any]:
    """The fields of ``Summary`` that count locations by a word."""
    return {
        "by_status": _count(findings["status"], Status),
        "by_tier": _count(findings["tier"], Tier),
        "by_decision": _count(findings["decision"], Decision),
        "by_coverage": _count(findings["coverage_result"], CoverageResult),
    }


def _count_problems(tables: EventTables) -> dict[str, Any]:
    """The fields of ``Summary`` that say what is wrong with the inputs."""
    notices, scenes = tables.notices, tables.scenes_rejected
    return {
        "data_problems": count_rejects(tables.rejects),
        "rejected_rows": count_rows(tables.rejects),
        "data_notices": () if notices is None else count_notices(notices, tables.findings),
        "scenes_set_aside": () if scenes is None else count_scenes(scenes),
    }


def _count(words: "pd.Series[str]", vocabulary: Any) -> dict[str, int]:
    counts = words.value_counts()
    return {str(word): int(counts.get(str(word), 0)) for word in vocabulary}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _finite(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 1)


def _value_by_tier(findings: pd.DataFrame) -> dict[str, dict[str, float]]:
    sums = findings.groupby(["currency", "tier"])["building_tiv"].sum()
    return {
        currency: {
            str(tier): round(float(sums.get((currency, str(tier)), 0.0)), 2) for tier in Tier
        }
        for currency in sorted(findings["currency"].unique())
    }


def _indicative_loss(findings: pd.DataFrame) -> dict[str, float]:
    loss = compute_expected_loss(findings).fillna(0.0)
    sums = loss.groupby(findings["currency"].to_numpy()).sum().sort_index()
    return {str(currency): round(float(total), 2) for currency, total in sums.items()}
