"""What scores, tiers and codes mean, in plain words for people who read no model cards. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from core.damage import Status, Tier

TIER_WORDS = MappingProxyType(
    {
        Tier.T0: "No damage was seen from above",
        Tier.T1: "The home may be slightly affected",
        Tier.T2: "Signs of minor damage: the roof is covered or patched less than before",
        Tier.T3: "Signs of major damage: parts of roof or walls are open or gone",
        Tier.T4: "Seen from above, the building looks destroyed",
        Tier.U: "The building could not be assessed",
    }
)
STATUS_WORDS = MappingProxyType(
    {
        Status.OBSCURED: "cloud, smoke, shadow or a gap hides it in the pictures",
        Status.NO_IMAGERY: "no picture from after the event shows the place yet",
        Status.STALE_IMAGERY: "no picture is recent enough",
        Status.MISALIGNED: "the pictures before and after do not line up",
        Status.NO_BUILDING_MATCH: "no building was found at the address",
        Status.AMBIGUOUS_MATCH: "more than one building fits the address",
        Status.GEOCODE_TOO_COARSE: "the address is known too coarsely",
    }
)
UNSEEN = "Not seen is not undamaged."
_BY_ALL = "pictures, hazard and the homes around together"
_HUNDRED = 100
_FEW, _MOST = 1, 99
"""In 100 homes; what is rarer, or surer, is said as such."""


def say_seen(status: str, tier: str, quality_flags: Iterable[str] = ()) -> str:
    """What was seen of the home, in a sentence or two."""
    if status in STATUS_WORDS and tier == Tier.U:
        why = f" ({say_why(quality_flags)})" if quality_flags else ""
        return f"{TIER_WORDS[Tier.U]}: {STATUS_WORDS[Status(status)]}{why}. {UNSEEN}"
    words = TIER_WORDS[Tier(tier)]
    if tier == Tier.T0:
        return f"{words}. That does not mean that there is none: much damage shows only inside."
    return f"{words}."


def say_share(chance: float) -> str:
    """``about 98 are``, of 100 homes."""
    homes = round(chance * _HUNDRED)
    if homes < _FEW:
        return "fewer than one is"
    if homes > _MOST:
        return "nearly all are"
    return f"about {homes} {'is' if homes == 1 else 'are'}"


def explain_score(score: Mapping[str, Any]) -> Iterator[str]:
    """What each number of a pack's score means, a sentence a number."""
    image = score["class_probs"]
    if image is not None:
        told = ", ".join(f"{name.replace('_', ' ')} {chance:.0%}" for name, chance in image.items())
        yield f"By the two pictures alone: {told}."
    if score.get("p_damage") is not None:
        by = "hazard and the homes around, unseen" if image is None else _BY_ALL
        yield (
            f"By {by}: of 100 homes with such a score "
            f"{say_share(score['p_damage'])} damaged, {say_share(score['p_severe'])} severely so."
        )
    novelty = score.get("novelty_frac")
    if novelty is not None and round(novelty * _HUNDRED) >= _MOST:
        yield "The picture looks unlike almost all that the model learnt from: rely on it less."


def say_why(quality_flags: Iterable[str]) -> str:
    """Why a home was not assessed, without the scenes concerned."""
    return ", ".join(flag.partition(":")[0].replace("_", " ") for flag in quality_flags)


def say_code(code: str) -> str:
    """A reason code in words: ``expiry_day_unclear:2018-10-10`` with its detail in brackets."""
    head, _, detail = code.partition(":")
    words = head.replace("_", " ").strip()
    return f"{words} ({detail})" if detail else words
