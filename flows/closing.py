"""The end of a run: its record, its artifacts, and whether it counts as complete."""

from dataclasses import dataclass
from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from claims.ledger.log_anchors import LogAnchor
from claims.publishing.acts import RELEASERS
from core.errors import CoverageError
from flows.casework.exporting import LISTS, name_user
from flows.casework.releasing import read_head
from flows.notifying.messages import tell_list
from flows.notifying.sending import send_once
from flows.stages.act import Acted
from flows.stages.gates import Gates, describe_gates
from flows.stages.locate import InPath
from flows.stages.publish import Published, write_run_record
from flows.wiring.context import RunContext
from flows.wiring.storage.exports import Export, log_exports, name_file
from flows.wiring.storage.folders import read_geo_table
from flows.wiring.storage.origin import write_origin
from reports.summary.files import summary_as_markdown
from reports.summary.gates import Gap
from reports.summary.numbers import Summary
from reports.summary.problems import DataNotice, DataProblem


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, in a line.

    Attributes:
        folder: where its files are.
        locations: insured locations in the path.
        outside_path: homes of the book that the hazard did not reach.
        homes_rejected: homes of the book lost, since no row of theirs could be used.
        new_incidents: incidents that this run opened.
        new_drafts: drafts that this run wrote.
        by_status: locations by status.
        by_tier: locations by tier.
        by_decision: locations by decision.
        notes: what people should know of it, in sentences.
        problems: rows of the inputs that could not be used, by reason.
        notices: what is odd in the book though its rows stay, misspelt columns first.
    """

    folder: Path
    locations: int
    outside_path: int
    homes_rejected: int
    new_incidents: int
    new_drafts: int
    by_status: dict[str, int]
    by_tier: dict[str, int]
    by_decision: dict[str, int]
    notes: tuple[str, ...] = ()
    problems: tuple[DataProblem, ...] = ()
    notices: tuple[DataNotice, ...] = ()


class IncompleteRunError(CoverageError):
    """A run ended over a gap; what it published all the same is in ``result``."""

    def __init__(self, work: str, problem: str, remedy: str, result: RunResult) -> None:
        super().__init__(work, problem, remedy)
        self.result = result


def close_run(
    run: RunContext,
    found: InPath,
    gates: Gates,
    acted: Acted,
    published: Published,
    *,
    laps_s: dict[str, float],
) -> RunResult:
    """Write the record and the artifacts.

    Raises:
        IncompleteRunError: a gate was not passed; the list is made all the same.
    """
    summary = published.summary
    exported = log_run_exports(run, summary.locations, acted.new_drafts)
    write_origin(run)
    write_run_record(
        run, found, acted, published, gates=gates, timings_s=laps_s, exports_head=exported
    )
    _create_artifacts(run, summary, gates)
    if not run.folder.is_replay:
        notify(run, published, acted)
    result = RunResult(
        run.folder.path, summary.locations, found.in_book - found.in_path, found.homes_rejected,
        acted.new_incidents, acted.new_drafts, summary.by_status, summary.by_tier,
        summary.by_decision, summary.notes, summary.data_problems, summary.data_notices,
    )  # fmt: skip
    if summary.gaps:
        raise make_error(run, summary.gaps, result, is_published=acted.is_published)
    return result


def notify(run: RunContext, published: Published, acted: Acted) -> None:
    """Tell whom the settings name that the list is there, or held back; once a run and outcome."""
    summary, folder = published.summary, run.folder
    failed = () if acted.is_published else [gap.problem for gap in summary.gaps]
    message = tell_list(
        run.source.event_id, folder.run_id, summary.by_decision, failed, str(folder.path)
    )
    marker = folder.work("notified").with_suffix(".json")
    send_once(message, run.settings.notify, marker, str(message.occasion))


def log_run_exports(run: RunContext, locations: int, new_drafts: int) -> LogAnchor:
    """Note in the export log what the run wrote that holds names; gives how far the log came."""
    access, out = run.settings.access, run.folder.out
    who, role, masked = name_user(), str(access.list_role), access.find_masked(access.list_role)
    exports = []
    for name in LISTS:
        file, sha256 = name_file(run.folder.file(name), out)
        exports.append(
            Export(who, role, access.purpose, "daily list", file, locations, sha256, tuple(masked))
        )
    if new_drafts:
        drafts = str(run.folder.drafts.relative_to(out))
        exports.append(Export(who, role, access.purpose, "claim drafts", drafts, new_drafts))
    return log_exports(out, exports)


def make_error(
    run: RunContext, gaps: tuple[Gap, ...], result: RunResult, *, is_published: bool
) -> IncompleteRunError:
    """All gaps in one error: reasons and numbers, what to do, and which limits say so."""
    event_id, releasers = run.source.event_id, " or ".join(RELEASERS)
    held = (
        f"The list is made in {run.folder.path} and not published: its drafts wait until a later "
        f"run passes, or a {releasers} releases it (firstnotice list release {event_id})"
    )
    if is_published or run.folder.is_replay:
        held = f"The list is made in {run.folder.path}"
    limits = " or ".join(gap.limit_name for gap in gaps)
    remedies = ". ".join(gap.remedy for gap in gaps)
    return IncompleteRunError(
        f"assessing event {run.source.event_id}",
        "; ".join(f"[{gap.code}] {gap.problem}" for gap in gaps),
        f"{remedies}. {held}; where this is right for the event, set {limits} in event.yaml or "
        "the settings",
        result,
    )


def _create_artifacts(run: RunContext, summary: Summary, gates: Gates) -> None:
    findings = read_geo_table(run.folder.file("findings.parquet"))
    counts = findings.groupby(["tier", "decision"]).size().rename("locations").reset_index()
    key = f"event-{run.source.event_id}"
    create_markdown_artifact(
        summary_as_markdown(summary), key=f"{key}-summary", description=run.folder.run_id
    )
    create_table_artifact(describe_gates(gates), key=f"{key}-gates", description=run.folder.run_id)
    create_table_artifact(
        read_head(run.folder.path), key=f"{key}-head", description="the list's first homes, by id"
    )
    create_table_artifact(
        counts.to_dict("records"), key=f"{key}-decisions", description="locations by tier, decision"
    )
    for name, file in (("list", "daily_list.xlsx"), ("map", "map.html")):
        create_link_artifact(
            run.folder.file(file).as_uri(), file, key=f"{key}-{name}",
            description=run.folder.run_id,
        )  # fmt: skip
