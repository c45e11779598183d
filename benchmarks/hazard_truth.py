"""What the hazard alone tells, held against what was found; nothing here is timed.

``hazard_truth.py [--run FINDINGS TRUTH]...`` prints the tables of docs/fusion.md, "Hazard alone"
and "A whole county". The first needs the public data (FIRSTNOTICE_DATA) alone, and writes
docs/images/hazard-reliability.png; the second takes the findings.parquet of runs over events that
``firstnotice import xbd`` wrote, each with the event's truth.parquet.
"""

import argparse
import os
from pathlib import Path

import matplotlib as mpl
import numpy as np
from county import CALM_PRIOR, WAYS, Homes, draw_outside, find_called, find_drafted, join
from county import read_homes as read_run
from island import (
    COUNTY_GRADES,
    GUST_MPH,
    SURVEY_DAMAGED,
    SURVEY_SEVERE,
    Array,
    Figure,
    Flags,
    Island,
    figures_of,
    fit_depth,
    join_independent,
    list_priors,
    read_island,
    tell_depth,
    tell_water,
    tell_wind,
    with_interval,
)
from scipy.stats import kendalltau, spearmanr

from core.damage import DamageGrade
from detectors.network.card import card_path, read_card
from flows.wiring.adapters import choose_weights
from flows.wiring.settings import Settings
from weather.hazards.prior import Prior, take_worse

mpl.use("Agg")
import matplotlib.pyplot as plt

DATA = Path(os.environ.get("FIRSTNOTICE_DATA") or Path(__file__).parents[2] / "shared" / "data")
POINTS = "damage_points/fort_myers_beach_ian_2022.csv"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "hazard-reliability.png"
TENTHS = 10


def write_interval(figure: Figure, blocks: np.ndarray) -> str:
    value, low, high = with_interval(figure, blocks)
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def list_truths(island: Island) -> dict[str, tuple[str, Flags, Flags]]:
    """By name: which chance it is held against, what happened, and of which homes it is known."""
    everywhere = np.ones(len(island), bool)
    classed = island.county >= 0
    major = COUNTY_GRADES.index("major")
    return {
        "survey, DS2 or worse": ("damage", island.state >= SURVEY_DAMAGED, everywhere),
        "survey, DS4 or worse": ("severe", island.state >= SURVEY_SEVERE, everywhere),
        "county, major or destroyed": ("severe", island.county >= major, classed),
        "county, destroyed": ("severe", island.county > major, classed),
    }


def print_truths(island: Island, priors: dict[str, Prior]) -> None:
    """Every prior against every truth."""
    for truth, (which, happened, known) in list_truths(island).items():
        print(f"\n{truth} ({known.sum()} homes)")
        for name, prior in priors.items():
            told = getattr(prior, which)[known]
            figures = figures_of(told, happened[known])
            cells = [
                f"{key} {write_interval(f, island.blocks[known])}" for key, f in figures.items()
            ]
            print(f"  {name:32} " + "; ".join(cells))


def print_ranks(island: Island, priors: dict[str, Prior]) -> None:
    """Rank correlation of P(severe), and of the shore's nearness, with the survey's DS."""
    values = {name: prior.severe for name, prior in priors.items()} | {
        "nearness to the Gulf's shore": -island.shore_m
    }
    print("\nrank correlation with the survey's DS0 to DS6: Kendall, Spearman")
    for name, told in values.items():
        pairs = (kendalltau(told, island.state)[0], spearmanr(told, island.state)[0])
        print(f"  {name:32} " + ", ".join(f"{value:.3f}" for value in pairs))
    for truth, (_, happened, known) in list_truths(island).items():
        area = figures_of(values["nearness to the Gulf's shore"][known], happened[known])["AUC"]
        print(f"  AUC of the nearness, {truth}: {write_interval(area, island.blocks[known])}")


def print_union(island: Island) -> None:
    """What 1 - (1 - a)(1 - b) does beyond the larger of both, home by home on the same draws."""
    priors = list_priors(island)
    larger, either = priors["both, the larger"], priors["both, 1 - (1 - a)(1 - b)"]
    print("\n1 - (1 - a)(1 - b) less the larger")
    for truth, (which, happened, known) in list_truths(island).items():
        new, old = (figures_of(getattr(p, which)[known], happened[known]) for p in (either, larger))
        for key in ("AUC", "Brier"):
            change = subtract(new[key], old[key])
            print(f"  {truth}, {key}: {write_interval(change, island.blocks[known])}")


def subtract(new: Figure, old: Figure) -> Figure:
    def change(weights: Array) -> Array:
        return new(weights) - old(weights)

    return change


def print_fitted(island: Island) -> None:
    """Curves fitted on half of the blocks, on the other half."""
    truths = list_truths(island)
    survey = ("survey, DS2 or worse", "survey, DS4 or worse")
    county = ("county, major or destroyed", "county, destroyed")
    curves = [
        fit_depth(island.select(truths[worse][2]), *(truths[t][1][truths[t][2]] for t in pair))
        for pair in (survey, county)
        for worse in pair[1:]
    ]
    print("\nfitted on half of the blocks, to the survey and to the county:", *curves, sep="\n  ")
    held = island.select(~island.is_fitted)
    wind, fitted = tell_wind(held), tell_depth(held.depth_m, *curves[0])
    to_county = tell_depth(held.depth_m, curves[1][0], curves[1][0])
    print("the other half of the blocks")
    print_truths(
        held,
        {
            "surge depth, published curve": tell_water(held),
            "surge depth, fitted to survey": fitted,
            "surge depth, fitted to county": to_county,
            "wind, fitted: the larger": take_worse(wind, fitted),
            "wind, fitted: 1-(1-a)(1-b)": join_independent(wind, fitted),
        },
    )


def draw_reliability(island: Island) -> None:
    """Share that was so against the chance told, by tenths of the homes."""
    figure, axes = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
    axes.plot((0, 1), (0, 1), color="0.7", linewidth=1)
    water, wind = tell_water(island), tell_wind(island)
    for truth, mark in (("survey, DS4 or worse", "o"), ("county, major or destroyed", "s")):
        _, happened, known = list_truths(island)[truth]
        for name, told in (("surge depth", water.severe), ("wind", wind.severe)):
            edges = np.unique(np.quantile(told[known], np.arange(1, TENTHS) / TENTHS))
            number = np.digitize(told[known], edges)
            groups = [number == n for n in np.unique(number)]
            points = [(told[known][g].mean(), happened[known][g].mean()) for g in groups]
            axes.plot(*zip(*points, strict=True), mark, label=f"{name}; {truth}", alpha=0.8)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set(xlabel="P(severe) that the hazard tells", ylabel="share that was so")
    figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=2)
    figure.savefig(PICTURE, dpi=100)


def print_island() -> None:
    """The tables of "Hazard alone"."""
    island = read_island(DATA / POINTS)
    print(f"{len(island)} homes with a ground elevation in {island.blocks.max() + 1} blocks")
    wet = np.quantile(island.depth_m, [0.05, 0.5, 0.95])
    print("depth, 5th, 50th and 95th percentile, m:", np.round(wet, 2))
    priors = list_priors(island)
    around = {f"wind, {mph} mph": tell_wind(island, mph) for mph in (110, 140)}
    print(f"wind at {GUST_MPH} mph")
    print_truths(island, priors | around)
    print_ranks(island, priors)
    print_union(island)
    print_fitted(island)
    draw_reliability(island)


def print_county(findings: Path, truth: Path) -> None:
    """The rows of "A whole county" of one run."""
    bad = read_run(findings, truth, read_card(card_path(choose_weights(Settings.read(None)))))
    print(f"\n{truth.parent.name}: {len(bad)} homes inside, {len(bad.select(bad.is_whole))} whole")
    outside = {"calm": CALM_PRIOR, "as inside": float(np.median(bad.prior_damage))}
    for words, prior in outside.items():
        county = join(bad, draw_outside(bad, prior))
        print(f" prior outside {words} ({prior:.2f}), {len(county)} homes")
        for name, weigh in WAYS.items():
            posterior = weigh(county)
            drafts = count_wrong(county, find_drafted(posterior))
            called = count_wrong(county, find_called(posterior))
            print(f"  {name:28} drafts: {drafts}; called damaged: {called}")


def count_wrong(county: Homes, chosen: Flags) -> str:
    """Of 1,000 homes those chosen that are whole; and of severe homes the share chosen."""
    severe = county.grades >= DamageGrade.MAJOR
    wrong = chosen & county.is_whole
    false = write_interval(lambda w: 1000 * (w @ wrong) / w.sum(axis=1), county.scenes)
    return f"false a 1,000 {false}, severe found {chosen[severe].mean():.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", nargs=2, type=Path, action="append", default=[])
    runs = parser.parse_args().run
    print_island()
    for one in runs:
        print_county(*one)
