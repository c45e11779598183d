"""Registration on real pairs with known harm added: ``registration_bench.py EVENT_FOLDER...``.

Writes docs/images/registration.png and prints the tables of docs/registration.md.
"""

import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from grading import CHOSEN
from measuring import Figure
from real_pairs import PIXEL_M, RealPair, expect, move, read_pairs
from sklearn.metrics import roc_auc_score

from core.damage import DamageGrade
from detectors.network.card import shipped_weights
from detectors.network.predict import SiameseDetector
from imagery.chips.cut import CutOptions, PreparedDate, prepare_date, register_dates
from imagery.pixels.read import Pixels
from imagery.registration.align import AlignOptions, register

mpl.use("Agg")
import matplotlib.pyplot as plt

PAIRS = 6
SEED = 3
SHIFTS_PX = (0.4, 1.3, 2.6, 5.2, 8.0, 14.3, 20.0)
TURNS_DEG = (0.25, 0.5, 1.0)
GSD_RATIOS = (1.5, 2.0)
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "registration.png"
GAMMA, NOISE = 1.35, 4.0
OPTIONS = CutOptions()
NO_ALIGN = replace(
    OPTIONS, align=AlignOptions(min_quality=np.inf, min_strength=np.inf, min_windows=10**9)
)


def prepare(pixels: Pixels, gsd_m: float = PIXEL_M) -> PreparedDate:
    """One date as cut_tile prepares it."""
    return prepare_date(pixels, PIXEL_M, gsd_m, OPTIONS)


def harms(rng: np.random.Generator) -> list[tuple[str, float, complex, float, float]]:
    """Name, amount, shift, turn and coarseness of each harm."""
    angles = rng.uniform(0, 2 * np.pi, len(SHIFTS_PX))
    return [
        *(("shift, px", s, complex(s * np.exp(1j * a)), 0.0, 1.0)
          for s, a in zip(SHIFTS_PX, angles, strict=True)),
        *(("turn, deg", t, 2.7 - 1.2j, t, 1.0) for t in TURNS_DEG),
        *(("pixel size, times", r, -3.3 + 4.1j, 0.0, r) for r in GSD_RATIOS),
    ]  # fmt: skip


def measure_pair(pair: RealPair, rng: np.random.Generator) -> list[dict[str, object]]:
    """Errors of every home: against the real picture after, and against a copy of before."""
    rows = []
    before = prepare(pair.before)
    copy = pair.before.bands / 255.0
    copied = Pixels(
        (255 * copy**GAMMA + rng.normal(0, NOISE, copy.shape)).clip(0, 255).astype(np.uint8),
        pair.before.valid,
    )
    for kind, source in (("real", pair.after), ("copy", copied)):
        own = None
        for name, amount, shift, turn, ratio in [("none", 0.0, 0j, 0.0, 1.0), *harms(rng)]:
            date = prepare(move(source, shift, turn, ratio), PIXEL_M * ratio)
            found = register(
                before.texture, date.texture, pair.places.middles, PIXEL_M, OPTIONS.align
            )
            shifts = found.columns_px + 1j * found.rows_px
            if own is None:
                own = shifts if kind == "real" else np.zeros_like(shifts)
            # the picture's own shift is turned with it
            error = np.abs(shifts - expect(pair.places, shift, turn) - own)
            rows += [
                {"event": pair.event_id, "kind": kind, "harm": name, "amount": amount,
                 "error_px": each, "is_believed": found.tile.quality >= OPTIONS.align.min_quality,
                 "is_own": is_own, "is_unlike": found.is_unlike,
                 "shift_m": length * PIXEL_M}
                for each, is_own, length in zip(error, found.is_own, found.length_px, strict=True)
            ]  # fmt: skip
    return rows


def measure_grades(
    pairs: list[RealPair], detector: SiameseDetector, rng: np.random.Generator
) -> pd.DataFrame:
    """AUC of damage with and without an added shift of 8 px, registered or not."""
    graded: dict[tuple[str, int, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    for pair in pairs:
        angle = rng.uniform(0, 2 * np.pi)
        before = prepare(pair.before)
        for added in (0, 8):
            after = prepare(move(pair.after, complex(added * np.exp(1j * angle))))
            for name, options in (("not registered", NO_ALIGN), ("registered", OPTIONS)):
                chips = register_dates(pair.places, before, after, options).cut().chips
                chance = detector.grade(chips).damaged
                key = (pair.event_id, added, name)
                graded.setdefault(key, []).append((pair.grades, chance))
    rows = []
    for (event, added, name), parts in graded.items():
        grades, chance = (np.concatenate(part) for part in zip(*parts, strict=True))
        known = grades != DamageGrade.UNCLASSIFIED
        damaged = grades[known] >= DamageGrade.MINOR
        rows.append(
            {"event": event, "added_px": added, "pair": name, "homes": int(known.sum()),
             "AUC damaged": roc_auc_score(damaged, chance[known]),
             "mean P of undamaged": chance[known][~damaged].mean()}
        )  # fmt: skip
    return pd.DataFrame(rows)


def measure_unlike(pairs: list[RealPair]) -> tuple[int, int]:
    """How many pairs of two different places are told, of how many."""
    told = tried = 0
    for one, other in zip(pairs, pairs[1:] + pairs[:1], strict=True):
        height, width = np.minimum(one.before.valid.shape, other.after.valid.shape)
        cropped = [
            Pixels(p.bands[:, :height, :width], np.ascontiguousarray(p.valid[:height, :width]))
            for p in (one.before, other.after)
        ]
        textures = [prepare(p).texture for p in cropped]
        found = register(*textures, one.places.middles, PIXEL_M, OPTIONS.align)
        told += found.is_unlike
        tried += 1
    return told, tried


def draw(table: pd.DataFrame) -> None:
    """Median and 90th percentile of the error over each harm."""
    harms_ = ["shift, px", "turn, deg", "pixel size, times"]
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True)
    for axis, harm in zip(axes, harms_, strict=True):
        for (event, kind), part in table[table["harm"] == harm].groupby(["event", "kind"]):
            by = part.groupby("amount")["error_px"]
            (line,) = axis.plot(
                by.median(), marker="o", ms=3, ls="-" if kind == "real" else ":",
                label=f"{event}, {'real pair' if kind == 'real' else 'changed copy'}",
            )  # fmt: skip
            if kind == "real":
                axis.plot(by.quantile(0.9), lw=0.7, color=line.get_color(), alpha=0.6)
        axis.axhline(0.5, color="grey", lw=0.6)
        axis.set_xlabel(f"added {harm}")
        axis.set_ylim(0, 1.2)
    axes[0].set_ylabel("error, px of 0.5 m\n(median; thin: 90%)")
    axes[0].legend(fontsize=5.5, frameon=False)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)


def measure_registration(events: list[Path]) -> list[Figure]:
    """All of it, printed; the median error in pixels and the loss of AUC as figures."""
    rng = np.random.default_rng(SEED)
    detector = SiameseDetector.load(shipped_weights(), CHOSEN)
    rows: list[dict[str, object]] = []
    grades = []
    figures = []
    for event in events:
        pairs = list(read_pairs(event, PAIRS, SEED))
        for pair in pairs:
            rows += measure_pair(pair, rng)
        grades.append(measure_grades(pairs, detector, rng))
        told, tried = measure_unlike(pairs)
        print(f"{event.name}: {told} of {tried} pairs of different places told")
    table = pd.DataFrame(rows)
    summary = table.groupby(["event", "kind", "harm", "amount"]).agg(
        homes=("error_px", "size"), median=("error_px", "median"),
        p90=("error_px", lambda v: v.quantile(0.9)), believed=("is_believed", "mean"),
        own=("is_own", "mean"), unlike=("is_unlike", "mean"),
        over_limit=("shift_m", lambda v: (v > OPTIONS.align.max_shift_m).mean()),
    )  # fmt: skip
    print(summary.round(3).to_string())
    print(pd.concat(grades).round(4).to_string())
    draw(table)
    real = table[(table["kind"] == "real") & (table["harm"] != "none")]
    figures.append(Figure("imagery.registration_median_error_px", real["error_px"].median(), "px"))
    return figures


if __name__ == "__main__":
    for each in measure_registration([Path(argument) for argument in sys.argv[1:]]):
        print(each)
