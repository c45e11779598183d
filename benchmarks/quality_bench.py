"""What quality finds on real pictures under rendered skies: ``quality_bench.py EVENT_FOLDER...``.

Writes docs/images/quality.png and prints the tables of docs/quality.md.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from measuring import Figure
from numpy.typing import NDArray
from real_pairs import PIXEL_M, RealPair, read_pairs
from scipy import ndimage
from skies import KINDS, render_sky

from core.chips import POST, PRE
from imagery.chips.cut import CutOptions, PreparedDate, prepare_date, register_dates
from imagery.pixels.read import Pixels

mpl.use("Agg")
import matplotlib.pyplot as plt

PAIRS = 8
SEED = 11
THICKNESS = (0.3, 1.0)
UNUSABLE_OPACITY = 0.7
"""A home is not to be graded where its median pixel shows less than a third of the ground."""
SEEN_OPACITY = 0.1
BLURS_M = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "quality.png"
OPTIONS = CutOptions()

Dates = tuple[PreparedDate, PreparedDate]


def prepare(pixels: Pixels) -> PreparedDate:
    """One date as cut_tile prepares it."""
    return prepare_date(pixels, PIXEL_M, PIXEL_M, OPTIONS)


def boxes_of(pair: RealPair) -> NDArray[np.intp]:
    """``(homes, 4)`` pixel boxes about as large as the homes."""
    middles, sides = pair.places.middles, pair.places.boxes[:, 2:] - pair.places.boxes[:, :2]
    half = sides / 5  # a chip shows 2.5 times the longer side of the building
    return np.rint(np.hstack([middles - half, middles + half])).astype(np.intp)


def find_inside(pair: RealPair, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Homes that lie wholly on the scene."""
    inside = ndimage.minimum_filter(valid, 41, mode="constant", cval=False)
    rows, columns = np.rint(pair.places.middles[:, ::-1]).astype(np.intp).T
    found: NDArray[np.bool_] = inside[rows, columns]
    return found


def clear_of(pair: RealPair, dates: Dates, time: int) -> NDArray[np.float64]:
    """Share of each home that is seen clearly at a date, once both have been looked at."""
    before, after = dates
    return register_dates(pair.places, before, after, OPTIONS).cut().clear_frac[:, time]


def measure_pair(pair: RealPair, seed: int) -> list[dict[str, object]]:
    """Every home of both dates, clear, under each sky and blurred."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    taken = (pair.before, pair.after)
    clear = (prepare(pair.before), prepare(pair.after))
    for time, pixels in enumerate(taken):
        boxes, inside = boxes_of(pair), find_inside(pair, pixels.valid)
        if not inside.any():
            continue
        for sky, amounts, changed in skies_over(pixels, boxes, rng, with_blur=time == POST):
            dates = clear if changed is pixels else replace_date(clear, time, prepare(changed))
            shares = clear_of(pair, dates, time)
            rows += [
                {"event": pair.event_id, "scene": pair.scene_id, "date": time, "sky": sky,
                 "amount": amount, "usable": share}
                for amount, share in zip(amounts[inside], shares[inside], strict=True)
            ]  # fmt: skip
    return rows


def replace_date(dates: Dates, time: int, date: PreparedDate) -> Dates:
    """The same pair with another picture of one date."""
    return (dates[PRE], date) if time == POST else (date, dates[POST])


def skies_over(
    pixels: Pixels, boxes: NDArray[np.intp], rng: np.random.Generator, *, with_blur: bool
) -> Iterator[tuple[str, NDArray[np.float64], Pixels]]:
    """A picture clear, under each sky and blurred, with how much of it lies on each home."""
    yield "clear", np.zeros(len(boxes)), pixels
    for kind in KINDS:
        sky = render_sky(pixels.bands, kind, rng.uniform(*THICKNESS), int(rng.integers(10**6)))
        opacity = [
            np.median(part) if (part := sky.opacity[top : bottom + 1, left : right + 1]).size else 0
            for left, top, right, bottom in boxes.clip(0)
        ]
        yield kind, np.array(opacity), Pixels(sky.pixels, pixels.valid)
    for sigma_m in BLURS_M if with_blur else ():
        yield "blur", np.full(len(boxes), sigma_m), blur(pixels, sigma_m, rng)


def blur(pixels: Pixels, sigma_m: float, rng: np.random.Generator) -> Pixels:
    """The picture out of focus, with a sensor's noise."""
    sigma = sigma_m / PIXEL_M
    bands = ndimage.gaussian_filter(pixels.bands.astype(np.float32), (0, sigma, sigma))
    bands += rng.normal(0, 1, bands.shape).astype(np.float32) * (sigma > 0)
    return Pixels(bands.clip(0, 255).astype(np.uint8), pixels.valid)


def draw(table: pd.DataFrame, limit: float) -> None:
    """Share called obscured by opacity and by blur, and an example of each sky."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True)
    edges = np.linspace(0, 1, 11)
    for kind in KINDS:
        part = table[table["sky"] == kind]
        bins = pd.cut(part["amount"], edges, labels=(edges[1:] + edges[:-1]) / 2)
        share = (part["usable"] < limit).groupby(bins, observed=True).mean()
        axes[0].plot(share.index.astype(float), share, marker="o", ms=3, label=kind)
    axes[0].axvline(UNUSABLE_OPACITY, color="grey", lw=0.6)
    axes[0].set_xlabel("opacity over the home (shadow: share of light taken)")
    axes[0].set_ylabel("share of homes obscured")
    axes[0].legend(fontsize=7, frameon=False)
    part = table[table["sky"] == "blur"]
    axes[1].plot((part["usable"] < limit).groupby(part["amount"]).mean(), marker="o", ms=3)
    axes[1].set_xlabel("Gaussian blur, sigma in metres")
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)


def measure_quality(events: list[Path]) -> list[Figure]:
    """All of it, printed; recall and false alarms as figures."""
    rows = [
        row
        for event in events
        for number, pair in enumerate(read_pairs(event, PAIRS, SEED))
        for row in measure_pair(pair, SEED + number)
    ]
    table = pd.DataFrame(rows)
    limit = OPTIONS.quality.min_usable_frac
    is_clear = table["sky"] == "clear"
    alarms = table[is_clear].groupby("event")["usable"].agg([lambda v: (v < limit).mean(), "size"])
    print(alarms.round(4).to_string())
    is_sky = table["sky"].isin(KINDS)
    is_thick = is_sky & (table["amount"] >= UNUSABLE_OPACITY)
    is_thin = is_sky & (table["amount"] <= SEEN_OPACITY)
    for name, chosen in (("unusable told", is_thick), ("beside a sky, yet obscured", is_thin)):
        part = table[chosen]
        share = (part["usable"] < limit).groupby(part["sky"]).agg(["mean", "size"])
        print(name, share.round(3).to_string(), sep="\n")
    part = table[is_sky]
    bins = pd.cut(part["amount"], [-1, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    obscured = part["usable"] < limit
    print(pd.crosstab(part["sky"], bins, obscured, aggfunc="mean").round(2).to_string())
    blurred = table[table["sky"] == "blur"]
    print((blurred["usable"] < limit).groupby(blurred["amount"]).mean().round(3))
    draw(table, limit)
    false_alarms = (table.loc[is_clear, "usable"] < limit).mean()
    recall = (table.loc[is_thick, "usable"] < limit).mean()
    return [
        Figure("imagery.quality_false_alarms_frac", float(false_alarms), "fraction"),
        Figure("imagery.quality_recall_frac", float(recall), "fraction"),
    ]


if __name__ == "__main__":
    for each in measure_quality([Path(argument) for argument in sys.argv[1:]]):
        print(each)
