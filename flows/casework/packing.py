"""Evidence packs of incidents: gathered from a run and the ledger, written as files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from claims.clocks.deadlines import Clocks
from claims.clocks.milestones import read_reached
from claims.evidence.insured import share_with_insured
from claims.evidence.pack import build_pack
from claims.evidence.packing import MANIFEST_FILE, PACK_FILE, find_changed, pack_files
from claims.evidence.sources import Audience, PackSources, RuleWords
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry
from core.errors import InputError, WeightsError
from core.hazards.kinds import EventKind
from core.schemas.book import LOCATION_KEY
from core.schemas.hazards import HAZARD_ROWS
from core.tables import FINDINGS
from detectors.calibrate import GENERAL
from detectors.network.card import card_path, read_card
from flows.casework.deciding import Record, find_history, open_record
from flows.casework.exporting import name_user
from flows.stages.known.clocks import compute_all, find_homes
from flows.wiring.adapters import choose_weights
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import Export, log_exports, name_file
from flows.wiring.storage.folders import (
    RUN_FILE,
    atomic_folder,
    find_runs,
    keep_private,
    read_geo_table,
)
from policies.coverage.clauses.register import CLEAR_RULES, list_rules

PACKS_FOLDER = "packs"
_PICTURES = {"pre_jpeg": "before", "post_jpeg": "after", "saliency_jpeg": "tinted"}
_ROLES = ("pre", "post")


@dataclass(frozen=True, slots=True)
class PackWish:
    """Which pack is wanted.

    Attributes:
        incident_id: of whom.
        audience: for whom.
        run_id: by which run; the newest that has the home, if not given.
        steps: as the incident stood after so many entries; after all, if not given.
    """

    incident_id: str
    audience: Audience = Audience.CLAIMS
    run_id: str | None = None
    steps: int | None = None


def make_pack(record: Record, wish: PackWish, to: Path | None) -> Path:
    """Write a pack into a folder, an older one there replaced, and give the folder.

    Args:
        record: the ledger and the folder of runs.
        wish: which pack.
        to: where; beside the event's runs, if not given.

    Raises:
        InputError: no run has the home, or something else than a pack lies where it is to go.
        LedgerError: the ledger knows no such incident.
    """
    keep_private()
    if to is not None:
        _check_place(to)
    sources = gather(record, wish)
    pack = build_pack(sources)
    if wish.audience is Audience.INSURED:
        pack = share_with_insured(pack)
    event_folder = record.out / str(sources.finding["event_id"]) / PACKS_FOLDER
    folder = to or event_folder / f"{wish.incident_id}-{wish.audience}"
    with atomic_folder(folder) as partial:
        for name, content in pack_files(pack, sources.pictures).items():
            (partial / name).parent.mkdir(exist_ok=True)
            (partial / name).write_bytes(content)
    log_pack(record, folder, wish)
    return folder


def log_pack(record: Record, folder: Path, wish: PackWish) -> None:
    """Note in the export log that a pack, which holds names and contacts, was written."""
    access = record.settings.access
    file, sha256 = name_file(folder / PACK_FILE, record.out)
    what = f"evidence pack for {wish.audience}"
    export = Export(name_user(), str(access.list_role), access.purpose, what, file, 1, sha256)
    log_exports(record.out, [export], record.ledger.log_anchors)


def make_packs_of_drafts(out: Path, event_id: str, most: int) -> tuple[Path, ...]:
    """Packs of the first drafts of an event's newest run, with the settings' defaults.

    Args:
        out: folder of the runs and their ledger.
        event_id: the event.
        most: how many.

    Raises:
        LedgerError: there is no ledger yet.
    """
    record = open_record(out, None, None)
    current = record.ledger.current(event_id)
    drafted = current.loc[current["state"] == IncidentState.CLAIM_DRAFT, "incident_id"]
    return tuple(
        make_pack(record, PackWish(str(incident)), None) for incident in drafted.head(most)
    )


def check_pack(folder: Path) -> tuple[str, ...]:
    """What is wrong with a pack; nothing where all of it is as it was made.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(
            f"checking the pack {folder}", "there is no such folder", "Name a pack's folder"
        )
    found = (path for path in folder.rglob("*") if path.is_file())
    return find_changed({path.relative_to(folder).as_posix(): path.read_bytes() for path in found})


def gather(record: Record, wish: PackWish) -> PackSources:
    """What the pack is made of.

    Raises:
        InputError, LedgerError: as ``make_pack``.
    """
    history = find_history(record, wish.incident_id)[: wish.steps]
    run, finding = _find_run(record.out, history[-1], wish)
    key = [(name, "==", finding[name]) for name in LOCATION_KEY]
    told = json.loads((run / RUN_FILE).read_text(encoding="utf-8"))
    building = [("building_id", "==", finding["building_id"])]
    scenes = [finding[f"{role}_scene_id"] for role in _ROLES]
    locations = read_geo_table(run / "work" / "locations.parquet", key)
    return PackSources(
        finding=finding,
        location=_first(locations),
        contact=_first(_read(run, "contacts", key)),
        hazard_rows=_read_hazards(run, key),
        scenes=_read(run, "scenes", [("scene_id", "in", [s for s in scenes if isinstance(s, str)])])
        .set_index("scene_id")
        .to_dict("index"),
        building=_first(_read(run, "buildings", building)),
        pictures=_read_pictures(run, building),
        event=told.get("event") or _recall_event(run, told),
        run=told,
        card=_find_card(record.settings, told),
        history=history,
        clocks=_compute_clocks(record, wish, history, (finding, locations)),
        rules={
            rule.cited: RuleWords(rule.meaning, rule.source)
            for rule in (*CLEAR_RULES, *list_rules(record.settings.coverage))
        },
    )


def _check_place(folder: Path) -> None:
    """Refuse a place where something else lies: a pack replaces what is there."""
    is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if not is_free and not (folder / MANIFEST_FILE).is_file():
        raise InputError(
            f"writing a pack to {folder}",
            "something else lies there",
            "Name a folder that is new, empty or a pack with --to",
        )


def _find_run(out: Path, last: Entry, wish: PackWish) -> tuple[Path, dict[Any, Any]]:
    """The run, and what it found of the home; of several rows that name it, the one of its key."""
    numbers = [getattr(last.key, name) for name in LOCATION_KEY]
    for run in find_runs(out / last.event_id):
        if wish.run_id not in (None, run.name):
            continue
        is_it = [("incident_id", "==", last.incident_id)]
        rows = read_geo_table(run / "findings.parquet", is_it)
        if len(rows):
            is_key = (rows[LOCATION_KEY] == numbers).all(axis=1)
            row = (rows[is_key] if is_key.any() else rows).iloc[0].to_dict()
            return run, dict.fromkeys(FINDINGS.columns) | row  # an older run knew fewer columns
    which = "no run" if wish.run_id is None else f"no run {wish.run_id}"
    raise InputError(
        f"gathering the evidence of incident {last.incident_id}",
        f"{which} under {out} has a finding of it",
        "Name the folder of its runs with --out",
    )


def _read(run: Path, name: str, filters: list[tuple[str, str, Any]]) -> pd.DataFrame:
    """Rows of a table that the run handed on; none where it is gone."""
    path = run / "work" / f"{name}.parquet"
    return pd.read_parquet(path, filters=filters) if path.is_file() else pd.DataFrame()


def _read_hazards(run: Path, key: list[tuple[str, str, Any]]) -> list[dict[Any, Any]]:
    rows = _read(run, "hazard_rows", key).to_dict("records")
    return [dict.fromkeys(HAZARD_ROWS.columns) | row for row in rows]


def _first(table: pd.DataFrame) -> dict[Any, Any]:
    return table.iloc[0].to_dict() if len(table) else {}


def _read_pictures(run: Path, building: list[tuple[str, str, Any]]) -> dict[str, bytes]:
    drawn = _first(_read(run, "pictures", building))
    return {
        role: drawn[column]
        for column, role in _PICTURES.items()
        if isinstance(drawn.get(column), bytes)
    }


def _recall_event(run: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a run whose record does not describe it, from its summary."""
    try:
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        summary = {}
    event_id = told["event_id"]
    return {
        "event_id": event_id,
        "name": summary.get("event_name", event_id),
        "perils": summary.get("perils", []),
        "carrier_cat_code": summary.get("cat_code"),
    }


def _find_card(settings: Settings, told: Mapping[str, Any]) -> dict[str, Any]:
    """The weights' card, where the weights of the run are those of the settings."""
    try:
        card = read_card(card_path(choose_weights(settings)))
    except WeightsError:
        return {}
    if card.sha256 != told.get("model", {}).get("sha256"):
        return {}
    name = told.get("calibration", GENERAL)  # runs before there were several do not say
    kind = None if name == GENERAL else EventKind(name)
    used = card.calibrations.choose(kind)
    calibration = {"name": name, "temperature": used.temperature, "bias": used.bias}
    return {"training_data": card.training_data, "calibration": calibration}


def _compute_clocks(
    record: Record,
    wish: PackWish,
    history: tuple[Entry, ...],
    home: tuple[dict[Any, Any], Any],
) -> Clocks:
    finding, locations = home
    incident, last = wish.incident_id, history[-1]
    if wish.steps is None:
        reached = record.ledger.reached(last.event_id).get(incident, ())
    else:
        reached = tuple(
            each
            for entry in history
            for each in read_reached(
                entry.entry_kind, json.loads(entry.payload), entry.recorded_at_utc
            )
        )
    row = type(locations)([finding], geometry="geometry", crs=4326)
    homes = find_homes(row, locations, [incident])
    states = {incident: str(last.to_state)}
    return compute_all(states, {incident: reached}, homes, record.settings.clocks)[incident]
