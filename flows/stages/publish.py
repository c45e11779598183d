"""From findings to what people look at: list, workbook, GeoPackage, map, summary, run record."""

import json
import resource
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from claims.ledger.log_anchors import LogAnchor
from core.errors import SceneError
from core.events import CatEvent
from core.provenance import sha256_of_file
from core.scenes import SceneRole
from detectors.network.card import card_path, read_card
from flows.casework.planning import PLAN_FILE, plan_run
from flows.stages.act import Acted
from flows.stages.analyst_files import AnalystContent, write_analyst_files
from flows.stages.gates import Gates, describe_gates
from flows.stages.known.clocks import describe_clocks
from flows.stages.known.previous import find_previous
from flows.stages.known.reviews import read_recalibration
from flows.stages.locate import InPath
from flows.stages.pull_weather import describe_weather, say_freshness
from flows.wiring.adapters import (
    choose_gate,
    choose_run_format,
    choose_weights,
    open_catalog,
    open_reader,
    tell_kind,
)
from flows.wiring.books import describe_run_book
from flows.wiring.context import RunContext
from flows.wiring.licence_gate import describe_licences
from flows.wiring.opening import find_changed
from flows.wiring.scene_listing import describe_sources
from flows.wiring.storage.exports import EXPORTS_HEAD
from flows.wiring.storage.folders import RUN_FILE, atomic_path, read_geo_table, read_table
from flows.wiring.wording.redaction import describe_settings, hide_secrets
from imagery.chips.backdrop import draw_backdrop
from reports.context import ReportContext
from reports.files.geopackage import EventLayers, write_geopackage
from reports.files.options import AnalystFile
from reports.lists.daily_list import build_daily_list
from reports.lists.files import write_list_csv
from reports.lists.open_drafts import hide_deciders
from reports.lists.workbook import InputFaults, write_list_xlsx
from reports.maps.page import Backdrop, MapContent, write_map
from reports.summary.files import write_summary_json, write_summary_md
from reports.summary.gates import BookCounts
from reports.summary.numbers import EventTables, Summary, summarise

LIST_FILE = "daily_list.csv"
PRODUCTS = (
    "findings.parquet", LIST_FILE, "daily_list.xlsx", "event.gpkg", "map.html", "summary.json",
    "summary.md",
)  # fmt: skip
"""What a run gives to people; run.json lists their digests."""
MAX_BACKDROPS = 150
"""Scenes laid under the map; with about 20 kB each they stay a small part of the file."""
VERSIONED = ("firstnotice", "torch", "torchvision", "rasterio", "geopandas", "prefect")
KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """What the reports say.

    Attributes:
        summary: the event in numbers.
        changes: rows of the list by change flag.
        compared_with: the run that the flags are against; None where there was none.
    """

    summary: Summary
    changes: dict[str, int]
    compared_with: str | None


def publish(run: RunContext, found: InPath, gates: Gates, notes: tuple[str, ...]) -> Published:
    """Write all reports of the run from its findings; each file appears whole.

    Args:
        run: the run.
        found: what became of the book.
        gates: what they say of the list.
        notes: what the stages before have to say.
    """
    folder = run.folder
    findings = read_geo_table(folder.file("findings.parquet"))
    locations = read_geo_table(folder.work("locations"))
    rejects = pd.concat([read_table(folder.work(n)) for n in ("rejects", "footprint_rejects")])
    notices = read_table(folder.work("notices"))
    areas, scenes = (read_geo_table(folder.work(name)) for name in ("hazard_areas", "scenes"))
    buildings = read_geo_table(folder.work("buildings"))
    previous, planned = find_previous(run), plan_run(run, findings, locations)
    context = ReportContext(run.source.event, run.as_of_utc, folder.run_id, previous.list_version)
    summary = replace(
        summarise(
            EventTables(
                findings, rejects, areas, notices, locations, buildings,
                read_table(folder.work("rejected_scenes")),
            ),
            context,
            book=BookCounts(found.in_book, found.homes_rejected, found.in_path),
            notes=(*notes, *say_freshness(run), *previous.notes, *_note_changed(run),
                   *planned.notes),
        ),
        gaps=gates.gaps,
        plan=planned.plan.figures if planned.plan else None,
    )  # fmt: skip
    left = folder.work("left")
    table = build_daily_list(
        findings, locations, read_table(folder.work("contacts")), context, previous.table,
        left=read_table(left) if left.exists() else None,
        clocks=describe_clocks(run, findings, locations), visits=planned.visits,
    )  # fmt: skip
    table = _mask(table, run.settings.access.find_masked(run.settings.access.list_role))
    with atomic_path(folder.file(LIST_FILE)) as path:
        write_list_csv(table, path)
    with atomic_path(folder.file("daily_list.xlsx")) as path:
        staffed = planned.plan.cells if planned.plan else None
        write_list_xlsx(table, InputFaults(rejects, notices), summary, path, staffed=staffed)
    changes = table["change_flag"].value_counts().to_dict()
    layers = EventLayers(hide_deciders(findings), table, buildings, areas, scenes)
    _write_for_analysts(run, layers, context, summary, changes)
    with atomic_path(folder.file("summary.md")) as path:
        write_summary_md(summary, path)
    with atomic_path(folder.file("summary.json")) as path:
        write_summary_json(summary, path)
    return Published(summary, changes, previous.run_id)


def _write_for_analysts(
    run: RunContext,
    layers: EventLayers,
    context: ReportContext,
    summary: Summary,
    changes: dict[str, int],
) -> None:
    """GeoPackage, map and the files beside them; none of them says who decided."""
    folder = run.folder
    with atomic_path(folder.file("event.gpkg")) as path:
        write_geopackage(path, layers, run.as_of_utc)
    content = MapContent(
        context, layers.findings, layers.footprints, layers.hazard_areas, layers.scenes,
        read_table(folder.work("pictures")), summary, _backdrops(run, layers.scenes),
        run.settings.map,
    )  # fmt: skip
    with atomic_path(folder.file("map.html")) as path:
        write_map(path, content)
    model = read_card(card_path(choose_weights(run.settings))).ref.name
    write_analyst_files(run, AnalystContent(layers, content, changes, model))


def find_products(run: RunContext) -> list[str]:
    """Files of the run for people that are there, in the order of ``PRODUCTS`` and then by name."""
    return [
        name for name in (*PRODUCTS, PLAN_FILE, *AnalystFile) if run.folder.file(name).is_file()
    ]


def _mask(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """The list with columns left empty, of the same kinds."""
    empty = {name: pd.Series(None, index=table.index, dtype=table[name].dtype) for name in columns}
    return table.assign(**empty)


def _note_changed(run: RunContext) -> tuple[str, ...]:
    changed = ", ".join(find_changed(run))
    if not changed:
        return ()
    note = (
        f"inputs changed after the run began ({changed}); run.json has the digests of what was "
        "there when it began"
    )
    return (note,)


def _backdrops(run: RunContext, scenes: gpd.GeoDataFrame) -> tuple[Backdrop, ...]:
    """Post-event scenes as small pictures; one that cannot be read is left out."""
    shown = scenes[scenes["role"] == SceneRole.POST].head(MAX_BACKDROPS)
    if not len(shown):
        return ()
    wanted = set(shown["scene_id"])
    found = open_catalog(run).search(shapely.box(*shown.total_bounds), run.as_of_utc)
    drawn = []
    for scene in found.scenes:
        if scene.scene_id in wanted:
            try:
                jpeg, bounds = draw_backdrop(scene, open_reader(run).read)
            except SceneError:
                continue
            label = f"after, {scene.captured_at_utc:%Y-%m-%d}"
            drawn.append(Backdrop(jpeg, bounds, label))
    return tuple(drawn)


def write_run_record(
    run: RunContext,
    found: InPath,
    acted: Acted,
    published: Published,
    *,
    gates: Gates,
    timings_s: dict[str, float],
    exports_head: LogAnchor,
) -> None:
    """Write run.json, the last file of a run: inputs, digests, versions, counts, timings."""
    folder = run.folder
    card = read_card(card_path(choose_weights(run.settings)))
    scenes = read_geo_table(folder.work("scenes"))
    rejected = read_table(folder.work("rejected_scenes"))
    listed = (run.source, run.settings.imagery, run.as_of_utc)
    record: dict[str, Any] = {
        "event_id": run.source.event_id,
        "event": _describe_event(run.source.event),
        "run_id": folder.run_id,
        "as_of_utc": run.as_of_utc.isoformat(),
        "recorded_at_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "is_replay": folder.is_replay,
        **_describe_state(gates),
        "published": acted.is_published,
        "notes": list(published.summary.notes),
        "compared_with": published.compared_with,
        "list_version": published.summary.list_version,
        "inputs_sha256": dict(run.inputs),
        "book": describe_run_book(run),
        "weather": describe_weather(run),
        "imagery_sources": hide_secrets(describe_sources(*listed)),
        "settings": describe_settings(run.settings),
        "model": asdict(card.ref),
        "calibration": card.calibrations.name(tell_kind(run.source)),
        "number_format": asdict(choose_run_format(run.settings)),
        "recalibration": read_recalibration(run),
        "licences": describe_licences(card.ref, scenes, choose_gate(run.settings)),
        "imagery_licences": sorted(scenes["licence"].unique()),
        "versions": {name: version(name) for name in VERSIONED},
        "ledger_head": asdict(acted.ledger_head) if acted.ledger_head else None,
        EXPORTS_HEAD: asdict(exports_head),
        "list_head": _describe_head(run, acted),
        "counts": {
            **asdict(found), "outside_path": found.in_book - found.in_path, **_counts(acted),
            "scenes": len(scenes), "rejected_scenes": len(rejected),
            "by_status": published.summary.by_status, "by_tier": published.summary.by_tier,
            "by_decision": published.summary.by_decision, "changes": published.changes,
        },
        "looks": _read_looks(run),
        "rejected_scenes": rejected.to_dict("records"),
        "scene_notes": read_table(folder.work("scene_notes")).to_dict("records"),
        "timings_s": {name: round(seconds, 2) for name, seconds in timings_s.items()},
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB,
        "products_sha256": {name: sha256_of_file(folder.file(name)) for name in find_products(run)},
    }  # fmt: skip
    with atomic_path(folder.file(RUN_FILE)) as path:
        path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if not folder.is_replay:
        folder.point_latest()


def _describe_state(gates: Gates) -> dict[str, Any]:
    return {
        "state": "incomplete" if gates.gaps else "complete",
        "problem": "; ".join(gap.problem for gap in gates.gaps) or None,
        "gaps": [asdict(gap) for gap in gates.gaps],
        "gates": describe_gates(gates),
    }


def _describe_event(event: CatEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "name": event.name,
        "perils": [str(peril) for peril in event.perils],
        "window_start_utc": event.window.start_utc.isoformat(),
        "window_end_utc": event.window.end_utc.isoformat(),
        "carrier_cat_code": event.carrier_cat_code,
        "pcs_code": event.pcs_code,
    }


def _counts(acted: Acted) -> dict[str, int]:
    counted = asdict(acted).items()
    return {name: value for name, value in counted if type(value) is int}  # a truth is no count


def _read_looks(run: RunContext) -> list[dict[str, int]]:
    """How much of each look at the buildings was graded, and how much was known already."""
    paths = sorted(run.folder.work("looks").parent.glob("reuse_*.parquet"))
    rows = [read_table(path).to_dict("records")[0] for path in paths]
    return [{str(name): int(count) for name, count in row.items()} for row in rows]


def _describe_head(run: RunContext, acted: Acted) -> dict[str, str] | None:
    if acted.list_head is None:
        return None
    return {"event_id": run.source.event_id, "last_hash": acted.list_head}
