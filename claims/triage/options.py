"""Where triage draws its lines: the carrier's own, as settings."""

from dataclasses import dataclass

from core.errors import SettingsError

_GEOCODE_WITH_BUILDING = (1, 2, 3)
INSIDE = "inside"
_MATCH_METHODS = (INSIDE, "nearest")


@dataclass(frozen=True, slots=True)
class TriageOptions:
    """Where triage draws its lines. Probabilities are after fusion unless said otherwise."""

    draft_severe_frac: float = 0.9
    """P(severe) from which a draft may be made. A wrong draft held four times as dear as a late one
    asks that four in five be severe; of Hurricane Michael's homes that the model never saw 25 of
    35 were from 0.8 on and 9 of 11 from 0.9 on. Ours, a start; set it from the carrier's own
    reviews."""

    review_minor_frac: float = 0.6
    """P(damage) from which minor damage above the deductible goes to a person's desk; below it the
    insured is asked first. Ours; set it from reviewers' outcomes."""

    strong_prior_frac: float = 0.5
    """P(damage) from hazard and building alone from which a home that was not seen is not left
    alone: damaged more likely than not."""

    hazard_absent_frac: float = 0.01
    """P(damage) from the hazard alone below which a picture of damage is not believed by itself.
    With a detector of recall 0.75 and false-positive rate 0.03 a hit at this prior means 0.2, no
    more than the point where a look pays."""

    image_severe_frac: float = 0.5
    """Image-only P(major or destroyed) from which the image says severe: the median of the
    ordered scale."""

    novel_frac: float = 0.99
    """Novelty from which a home looks unlike all that the detector learnt from, so that its chances
    may mean nothing: one in a hundred homes of a kind that it knows."""

    automatable_geocode_classes: tuple[int, ...] = _GEOCODE_WITH_BUILDING
    """OED AddressMatch classes good enough to draft for a building: user coordinate, building,
    parcel. A street or postcode point names no building."""

    automatable_match_methods: tuple[str, ...] = _MATCH_METHODS
    """How the building may have been found: the point inside it, or near it."""

    automatable_distance_m: float = 25.0
    """Farthest building that a point may be joined to without a person, metres; ours, about half
    a suburban lot."""

    def __post_init__(self) -> None:
        for name in (
            "draft_severe_frac",
            "review_minor_frac",
            "strong_prior_frac",
            "hazard_absent_frac",
            "image_severe_frac",
            "novel_frac",
        ):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise SettingsError(
                    "reading the triage options",
                    f"{name} is {value}, not from 0 to 1",
                    "Give it as a fraction",
                )
        if not self.automatable_distance_m >= 0:
            raise SettingsError(
                "reading the triage options",
                f"automatable_distance_m is {self.automatable_distance_m}",
                "Give metres, at least 0",
            )
