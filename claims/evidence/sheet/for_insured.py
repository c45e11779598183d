"""The two pages that the insured may be given: what was seen of their home, and what it is not."""

from collections.abc import Iterator, Mapping
from typing import Any

from reportlab.platypus import Flowable

from claims.evidence.sheet.common import (
    TITLES,
    Pack,
    name_digests,
    say_when,
    show_hazards,
    show_pictures,
)
from claims.evidence.sheet.parts import box, bullets, digests, facts, gap, paragraph, section
from claims.evidence.sheet.style import LEAD, SMALL_INK

_MOST_LINES = 6
_UNSEEN = "There are none: your home was not seen."


def compose(pack: Pack, pictures: Mapping[str, bytes]) -> tuple[list[Flowable], list[Flowable]]:
    """First and second page."""
    told = pack["explanation"]
    shows = told["what_the_pictures_show"]
    shown = [] if shows is None else [paragraph(f"The pictures show: {shows}.")]
    means = bullets(pack["score"]["meaning"], _MOST_LINES, _UNSEEN)
    made = (facts(list(_tell_made(pack)), SMALL_INK), gap(1.5), _show_digests(pack))
    first = [
        show_pictures(pack, pictures),
        paragraph(told["sentence"], LEAD),
        *shown,
        *section("What this is", *bullets(pack["telling"], _MOST_LINES, "")),
        *section("Your home", facts(list(_tell_home(pack)))),
    ]
    second = [
        *section("The weather at your home", *show_hazards(pack)),
        *section("What the numbers mean", *means),
        *section("How it was made", *made),
        gap(3),
        box(pack["use_limit"]),
    ]
    return first, second


def _tell_home(pack: Pack) -> Iterator[tuple[str, Any]]:
    incident, place = pack["incident"], pack["location"]
    yield "policy", f"{incident['policy_number']}, location {incident['location_number']}"
    parts = (place["street_address"], place["city"], place["state"], place["postal_code"])
    yield "address", ", ".join(part for part in parts if part) or None
    yield "event", f"{pack['event']['name']}, {incident['loss_date']}"
    yield "our reference", incident["incident_id"]


def _tell_made(pack: Pack) -> Iterator[tuple[str, Any]]:
    model = pack["model"]
    looked = pack["review"]["looked_at_by_a_person"]
    graded = "a model of pictures" if model["graded_this_home"] else "no model: it was not seen"
    yield "made", f"{say_when(pack['run']['as_of_utc'])}, run {pack['run']['run_id']}"
    yield "assessed by", f"{graded}; {'a person looked at it' if looked else 'no person yet'}"
    yield "pictures", "; ".join(map(_credit, pack["images"])) or None
    yield "weather from", "; ".join(pack["event"]["product_ids"]) or None


def _credit(image: Mapping[str, Any]) -> str:
    title = TITLES[image["role"]].lower()
    return f"{title}: {image['provider'] or 'not known'}, {image['licence'] or 'not known'}"


def _show_digests(pack: Pack) -> Flowable:
    return digests({"model": pack["model"]["weights_sha256"]} | name_digests(pack))
