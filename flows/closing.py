"""The end of a run: its record, its artifacts, and whether it counts as complete."""

from dataclasses import dataclass
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from core.damage import Status
from core.errors import CoverageError
from flows.stages.act import Acted
from flows.stages.locate import InPath
from flows.stages.publish import Published, write_run_record
from flows.wiring.context import RunContext
from flows.wiring.storage import read_geo_table
from reports.summary.files import summary_as_markdown
from reports.summary.numbers import Summary

UNMATCHED = (Status.NO_BUILDING_MATCH, Status.AMBIGUOUS_MATCH, Status.GEOCODE_TOO_COARSE)
"""Locations that no image could help; they do not count against coverage."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, in a line.

    Attributes:
        folder: where its files are.
        locations: insured locations in the path.
        new_incidents: incidents that this run opened.
        new_drafts: drafts that this run wrote.
        by_status: locations by status.
        by_tier: locations by tier.
        by_decision: locations by decision.
    """

    folder: Path
    locations: int
    new_incidents: int
    new_drafts: int
    by_status: dict[str, int]
    by_tier: dict[str, int]
    by_decision: dict[str, int]


def close_run(
    run: RunContext, found: InPath, acted: Acted, published: Published, laps_s: dict[str, float]
) -> RunResult:
    """Write the record and the artifacts.

    Raises:
        CoverageError: a smaller part of the matched homes was graded than the run must.
    """
    summary = published.summary
    problem = find_gaps(run, summary)
    write_run_record(run, found, acted, published, timings_s=laps_s, problem=problem)
    _create_artifacts(run, summary)
    if problem is not None:
        raise CoverageError(
            f"assessing event {run.source.event_id}", problem,
            f"The list is published in {run.folder.path}; run again when more imagery is there, "
            "or lower min_assessed_frac",
        )  # fmt: skip
    return RunResult(
        run.folder.path, summary.locations, acted.new_incidents, acted.new_drafts,
        summary.by_status, summary.by_tier, summary.by_decision,
    )  # fmt: skip


def find_gaps(run: RunContext, summary: Summary) -> str | None:
    """The gaps in words, if the run saw too little; None if it saw enough."""
    least = run.source.min_assessed_frac
    if least is None:
        least = run.settings.run.min_assessed_frac
    matched = summary.locations - sum(summary.by_status[status] for status in UNMATCHED)
    graded = summary.by_status[Status.GRADED]
    if matched == 0 or graded >= least * matched:
        return None
    gaps = ", ".join(
        f"{count} {status}"
        for status, count in summary.by_status.items()
        if count and status != Status.GRADED
    )
    return (
        f"only {graded} of {matched} matched homes were graded ({graded / matched:.0%}, "
        f"{least:.0%} asked): {gaps}"
    )


def _create_artifacts(run: RunContext, summary: Summary) -> None:
    findings = read_geo_table(run.folder.file("findings.parquet"))
    counts = findings.groupby(["tier", "decision"]).size().rename("locations").reset_index()
    key = f"event-{run.source.event_id}"
    create_markdown_artifact(
        summary_as_markdown(summary), key=f"{key}-summary", description=run.folder.run_id
    )
    create_table_artifact(
        counts.to_dict("records"), key=f"{key}-decisions", description="locations by tier, decision"
    )
