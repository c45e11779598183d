"""``firstnotice recalibrate``: what reviews of an event would have been worth."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.damage import PROBABILITIES, XBD_SUBTYPES, DamageGrade, Status
from core.errors import EventError
from detectors.measuring.recalibration_curve import FIGURES, SIZES, simulate_recalibration
from detectors.network.card import card_path, read_card
from flows.wiring.adapters import choose_weights
from flows.wiring.event_file import read_event_file
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import LATEST, RUN_FILE, atomic_path, read_geo_table, read_table

FOLDER = "recalibration"
SEED = 7
TITLES = {
    "ece": "calibration error of P(damaged)", "brier": "Brier score of P(damaged)",
    "log_loss": "log loss of the four grades (nats)",
}  # fmt: skip
MIN_HOMES = 2
_DIGITS = 4
_INCHES = (11.0, 3.6)
_DPI = 120


@dataclass(frozen=True, slots=True, eq=False)
class KnownHomes:
    """Homes of a run with the truth about them.

    Attributes:
        chances: ``(homes, grades)``, image only.
        grades: ``(homes,)``, the truth.
        basis: which homes they are, in words.
    """

    chances: np.ndarray
    grades: np.ndarray
    basis: str


def recalibrate_event(event_file: Path, out: Path, settings_file: Path | None) -> Path:
    """Write ``recalibration.md``, ``.json`` and ``.png`` of an event's newest run.

    Returns:
        The folder that holds them, ``OUT/<event_id>/recalibration``.

    Raises:
        EventError: there is no truth beside the event or no run of it, its run was recalibrated
            already, or too few homes are known.
    """
    event_id = read_event_file(event_file).event_id
    work = f"simulating reviews of {event_id}"
    truth_file, latest = event_file.parent / "truth.parquet", out / event_id / LATEST
    for path, remedy in (
        (truth_file, "Only events whose truth is known tell what reviews are worth"),
        (latest / RUN_FILE, "Run the event first"),
    ):
        if not path.exists():
            raise EventError(work, f"there is no {path}", remedy)
    record = json.loads((latest / RUN_FILE).read_text(encoding="utf-8"))
    done = record.get("recalibration")
    if done is not None and done["fit"]["outcome"] == "used":
        raise EventError(
            work, f"run {record['run_id']} was recalibrated by reviews already",
            "Run the event once without reviews in event.yaml",
        )  # fmt: skip
    card = read_card(card_path(choose_weights(Settings.read(settings_file))))
    findings = read_geo_table(latest / "findings.parquet")
    known = choose_homes(findings, read_table(truth_file), card.held_out_scenes)
    if len(known.grades) < MIN_HOMES:
        raise EventError(
            work, f"{len(known.grades)} homes have a picture's grade and a true one",
            "Take an event with more homes",
        )  # fmt: skip
    curve = simulate_recalibration(known.chances, known.grades, SIZES, SEED)
    _write_all(out / event_id / FOLDER, event_id, str(record["run_id"]), known, curve)
    return out / event_id / FOLDER


def choose_homes(
    findings: pd.DataFrame, truth: pd.DataFrame, held_out_scenes: tuple[str, ...]
) -> KnownHomes:
    """Graded buildings with a true grade; only on scenes that the model never saw, if any are."""
    grades = truth.drop_duplicates("building_id")[["building_id", "grade"]]
    graded = findings[findings["status"] == Status.GRADED].drop_duplicates("building_id")
    known = graded.merge(grades, on="building_id")
    values = known["grade"].map(XBD_SUBTYPES).astype("int64")
    is_known = values != DamageGrade.UNCLASSIFIED
    is_unseen = is_known & known["post_scene_id"].isin(held_out_scenes)
    basis = "all graded homes; if the model learned from this event, the gain is understated"
    if is_unseen.any():
        is_known, basis = is_unseen, "graded homes on scenes that the model never saw"
    return KnownHomes(
        known.loc[is_known, PROBABILITIES].to_numpy(np.float64),
        values[is_known].to_numpy(np.int64), basis,
    )  # fmt: skip


def _write_all(
    folder: Path, event_id: str, run_id: str, known: KnownHomes, curve: pd.DataFrame
) -> None:
    content = {
        "event_id": event_id, "run_id": run_id, "homes": len(known.grades), "basis": known.basis,
        "seed": SEED, "curve": curve.round(_DIGITS).to_dict("records"),
    }  # fmt: skip
    with atomic_path(folder / "recalibration.json") as path:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    with atomic_path(folder / "recalibration.png") as path:
        draw_curve(curve, event_id).savefig(path)
    with atomic_path(folder / "recalibration.md") as path:
        path.write_text(describe_curve(content, curve), encoding="utf-8")


def describe_curve(content: dict[str, object], curve: pd.DataFrame) -> str:
    """The curve as a page."""
    head = ["reviews", "drawn", "used", *TITLES.values()]
    rows = [head, ["---"] * len(head)]
    for row in curve.sort_values(["drawn_by", "reviews"]).to_dict("records"):
        cells = [f"{row[n]:.3f} ({row[f'{n}_low']:.3f} to {row[f'{n}_high']:.3f})" for n in FIGURES]
        rows.append([str(row["reviews"]), row["drawn_by"], f"{row['used_frac']:.0%}", *cells])
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    return (
        f"# What reviews of {content['event_id']} would have been worth\n\n"
        f"Run {content['run_id']}, {content['homes']} homes: {content['basis']}.\n\n"
        "In each of the draws half of the homes could be reviewed, at random or the least sure "
        "first; the other half measures, the same for every row of a draw. Mean and 95% range over "
        "draws, lower is better. *Used* is how often the reviews were taken to help.\n\n"
        f"{table}\n\n![The same as curves](recalibration.png)\n"
    )


def draw_curve(curve: pd.DataFrame, event_id: str) -> Figure:
    """One panel a figure, one line a way of drawing, with its 95% range."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    figure.suptitle(f"Homes not reviewed, {event_id}")
    for axes, (name, title) in zip(figure.subplots(1, len(TITLES)), TITLES.items(), strict=True):
        for drawn_by, part in curve.groupby("drawn_by"):
            axes.plot(part["reviews"], part[name], marker="o", label=drawn_by)
            axes.fill_between(part["reviews"], part[f"{name}_low"], part[f"{name}_high"], alpha=0.2)
        axes.set(title=title, xlabel="homes reviewed", ylim=(0, None))
        axes.legend()
    return figure
