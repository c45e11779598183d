"""A county in which one home in twenty lies in the bad area: drafts made for homes that are whole.

The bad area is a real run's homes with their labels. The others are drawn from that event's homes
labelled undamaged, with what the pictures said of them: streets of one scene each, since mistakes
come by the picture, laid out 100 km away, so that the homes around a home are all whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claims.triage.options import TriageOptions
from core.damage import GRADED, PROBABILITIES, XBD_SUBTYPES, DamageGrade, Status
from detectors.fusion import FusionOptions, Posterior, fuse, hold_to_hazard
from detectors.local_rate import compute_local_rate
from detectors.network.card import WeightsCard

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

BAD_FRAC = 0.05
STREET_HOMES, HOME_M, STREET_M = 20, 25.0, 60.0
AWAY_DEG, DEGREE_M = 1.0, 111_195.0
CALM_PRIOR = 0.01
"""P(minor or worse) where the hazard hardly was: the floor of the wind prior, and the least that
triage lets a picture be believed at."""
HAZARD_ALONE = 1e9
"""As many homes as the hazard counts for when the homes around are not to."""
SEED = 20110522


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """``(homes,)`` each."""

    image: Array
    """Calibrated grades by pictures alone, ``(homes, 4)``."""
    grades: NDArray[np.int64]
    """The labels."""
    prior_damage: Array
    hazard: NDArray[np.object_]
    longitude: Array
    latitude: Array
    scenes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.grades)

    def select(self, wanted: NDArray[np.generic]) -> "Homes":
        return Homes(*(getattr(self, name)[wanted] for name in self.__slots__))

    @property
    def is_whole(self) -> Flags:
        """Labelled undamaged."""
        return self.grades == DamageGrade.NO_DAMAGE


def read_homes(findings: Path, truth: Path, card: WeightsCard) -> Homes:
    """Homes of a run that were graded and are labelled; of an event that the shipped weights were
    trained on, those of the scenes that training never saw, if there are any."""
    table = gpd.read_parquet(findings)
    labels = pd.read_parquet(truth)[["location_number", "grade"]]
    table = table[table["status"] == Status.GRADED].merge(labels, on="location_number")
    table["label"] = table["grade"].map(XBD_SUBTYPES).astype(int)
    table = table[table["label"] < len(GRADED)].drop_duplicates("building_id")
    unseen = table["post_scene_id"].isin(card.held_out_scenes)
    table = table[unseen] if unseen.any() else table
    return Homes(
        table[PROBABILITIES].to_numpy(np.float64), table["label"].to_numpy(np.int64),
        table["prior_damage"].to_numpy(np.float64), table["leading_hazard"].to_numpy(object),
        table.geometry.x.to_numpy(), table.geometry.y.to_numpy(),
        pd.factorize(table["post_scene_id"])[0].astype(np.int64),
    )  # fmt: skip


def draw_outside(bad: Homes, prior: float, seed: int = SEED) -> Homes:
    """Whole homes for the rest of the county, in streets of one scene each."""
    random = np.random.default_rng(seed)
    whole = bad.select(np.flatnonzero(bad.is_whole))
    wanted = round(len(bad) * (1 / BAD_FRAC - 1))
    streets = -(-wanted // STREET_HOMES)
    scenes = whole.scenes[random.integers(0, len(whole), streets)]
    picked = np.concatenate(
        [random.choice(np.flatnonzero(whole.scenes == scene), STREET_HOMES) for scene in scenes]
    )[:wanted]
    number = np.arange(wanted)
    east = AWAY_DEG + number % STREET_HOMES * HOME_M / DEGREE_M
    north = number // STREET_HOMES * STREET_M / DEGREE_M
    return replace(
        whole.select(picked), prior_damage=np.full(wanted, prior),
        longitude=bad.longitude.mean() + east, latitude=bad.latitude.min() + north,
    )  # fmt: skip


def join(first: Homes, second: Homes) -> Homes:
    """Both as one book."""
    pairs = ((getattr(first, name), getattr(second, name)) for name in Homes.__slots__)
    return Homes(*(np.concatenate(pair) for pair in pairs))


def weigh_image(homes: Homes) -> Posterior:
    """Pictures alone."""
    image = homes.image
    return Posterior(image[:, 1:].sum(axis=1), image[:, 2:].sum(axis=1), image[:, 3])


def weigh_prior(homes: Homes) -> Posterior:
    """Pictures and the hazard."""
    options = FusionOptions()
    local = replace(options.local, hazard_homes=HAZARD_ALONE)
    return _weigh(homes, homes.image[:, 1:].sum(axis=1), replace(options, local=local))


def weigh_plain(homes: Homes) -> Posterior:
    """Pictures, the hazard, and the homes around as their own pictures have them."""
    return _weigh(homes, homes.image[:, 1:].sum(axis=1), FusionOptions())


def weigh_all(homes: Homes) -> Posterior:
    """Pictures, the hazard and the homes around held to it, as shipped."""
    options = FusionOptions()
    said = homes.image[:, 1:].sum(axis=1)
    return _weigh(homes, hold_to_hazard(said, homes.prior_damage, options.base_rate), options)


def _weigh(homes: Homes, said: Array, options: FusionOptions) -> Posterior:
    rate = compute_local_rate(
        (homes.longitude, homes.latitude), np.arange(len(homes)), said, homes.prior_damage,
        options.local,
    )  # fmt: skip
    return fuse(homes.image, rate, options.choose_weights(homes.hazard), options.base_rate)


WAYS: dict[str, Callable[[Homes], Posterior]] = {
    "image alone": weigh_image,
    "image and prior": weigh_prior,
    "with homes around, not held": weigh_plain,
    "as shipped": weigh_all,
}


def find_drafted(posterior: Posterior) -> Flags:
    """Where severe damage is sure enough for a draft, all else (cover, match) being in order."""
    drafted: Flags = posterior.severe >= TriageOptions().draft_severe_frac
    return drafted


def find_called(posterior: Posterior) -> Flags:
    """Where a home is called damaged, T2 or worse: a person's or the insured's time."""
    called: Flags = posterior.damage >= 0.5  # noqa: PLR2004  the majority of ``choose_tier``
    return called
