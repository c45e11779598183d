"""The two pages for claims people: what was seen and what it means; what stands behind it."""

from collections.abc import Iterator, Mapping
from typing import Any

from reportlab.platypus import Flowable

from claims.evidence.sheet.common import Pack, name_digests, say_when, show_hazards, show_pictures
from claims.evidence.sheet.parts import box, bullets, digests, facts, gap, paragraph, section
from claims.evidence.sheet.style import LEAD, SMALL, SMALL_INK
from claims.incidents.roles import MACHINES
from core.damage import Decision

_MOST_LINES = 6
_NOTHING = "Nothing that was looked for."
_MOST_RULES = 12
_MOST_DEADLINES = 6
_DAY = len("2018-10-13")
_RESULTS = {
    "pass": "The terms on paper speak for cover.",
    "refer": "A person has to look at the terms.",
    "fail": "The terms on paper speak against cover. A person decides; nothing is denied by this.",
}


def compose(pack: Pack, pictures: Mapping[str, bytes]) -> tuple[list[Flowable], list[Flowable]]:
    """First and second page."""
    return _show_seen(pack, pictures), _show_behind(pack)


def _show_seen(pack: Pack, pictures: Mapping[str, bytes]) -> list[Flowable]:
    told, score = pack["explanation"], pack["score"]
    tier = f"Tier {score['tier']}, {score['tier_label']}. {told['sentence']}"
    shows = told["what_the_pictures_show"]
    shown = [] if shows is None else [paragraph(f"The pictures show: {shows}.")]
    means = bullets(score["meaning"], _MOST_LINES, "There are none: the home was not seen.")
    against = bullets(told["speaks_against"], _MOST_LINES, _NOTHING)
    is_drafted = pack["incident"]["decision"] == Decision.OPEN_DRAFT
    return [
        show_pictures(pack, pictures),
        paragraph(tier, LEAD),
        *shown,
        *section("What the numbers mean", *means),
        *(section("What speaks against a claim", *against) if is_drafted else []),
        *section("The home", facts(list(_tell_home(pack)))),
        gap(3),
        box(pack["use_limit"]),
    ]


def _tell_home(pack: Pack) -> Iterator[tuple[str, Any]]:
    incident, policy, place = pack["incident"], pack["policy"], pack["location"]
    in_force = {True: "in force", False: "not in force on paper", None: "in force: a person looks"}
    yield "policy", f"{incident['policy_number']}, location {incident['location_number']}"
    yield "insured", pack["contact"]["insured_name"]
    parts = (place["street_address"], place["city"], place["state"], place["postal_code"])
    yield "address", ", ".join(part for part in parts if part) or None
    point = f"{place['latitude']:.5f}, {place['longitude']:.5f}"
    yield "point", f"{point} (geocode class {place['geocode_class']})"
    yield "building", _tell_building(place)
    yield "loss", f"{incident['loss_date']}, {pack['event']['name']}"
    terms = f"{policy['inception_date'] or '?'} to {policy['expiry_date'] or '?'}"
    yield "term", f"{in_force[policy['in_force']]}; {terms}"
    yield "values", _tell_values(policy)


def _tell_building(place: Mapping[str, Any]) -> str | None:
    if place["footprint_id"] is None:
        return None
    source = place["footprint_source"] or "source not stated"
    distance = place["distance_m"]
    off = f", {distance:.0f} m from the point" if distance else ""
    return f"{place['footprint_id']} ({source}); matched {place['match_method']}{off}"


def _tell_values(policy: Mapping[str, Any]) -> str:
    currency = policy["currency"]
    deductible = policy["deductible"]
    less = "deductible not stated" if deductible is None else f"deductible {deductible:,.0f}"
    return f"building {policy['building_value']:,.0f} {currency}; {less}"


def _show_behind(pack: Pack) -> list[Flowable]:
    cover = pack["coverage"]
    rules = list(map(_tell_rule, cover["rules"]))
    people = bullets(_tell_people(pack), _MOST_LINES, "Nobody has looked at it yet.")
    made = (facts(list(_tell_made(pack)), SMALL_INK), gap(2), _show_digests(pack))
    return [
        *section("Hazards at the home", *show_hazards(pack)),
        *section(
            f"Cover on paper: {cover['result']}",
            paragraph(_RESULTS.get(cover["result"], "")),
            *bullets(rules, _MOST_RULES, "No rule spoke."),
            paragraph(f"rules of version {cover['ruleset_version']}", SMALL),
        ),
        *section("People", *people),
        *section("Clocks of the law", *_show_clocks(pack)),
        *section("How it was made", *made),
        gap(3),
        box(pack["use_limit"]),
    ]


def _tell_rule(rule: Mapping[str, Any]) -> str:
    cited = "" if rule["id"] is None else f" ({rule['id']}, version {rule['version']})"
    source = "" if rule["source"] is None else f"; {rule['source']}"
    return f"{rule['in_words']}{cited}{source}"


def _tell_people(pack: Pack) -> Iterator[str]:
    review = pack["review"]
    if review["grade"] is not None:
        day = str(review["graded_at_utc"])[:_DAY]
        yield f"graded {review['grade']} by {review['graded_by']} on {day}"
    for entry in reversed(pack["history"]):
        if entry["actor"] not in MACHINES:
            why = "" if entry["reason"] is None else f": {entry['reason']}"
            role = "" if entry["role"] is None else f" ({entry['role']})"
            yield (
                f"{entry['recorded_at_utc'][:_DAY]} {entry['kind'].replace('_', ' ')} by "
                f"{entry['actor']}{role}{why}"
            )


def _show_clocks(pack: Pack) -> list[Flowable]:
    clock = pack["clock"]
    if clock["why"] is not None:
        return [paragraph(f"{clock['why'][0].upper()}{clock['why'][1:]}.")]
    lines = [
        f"{each['name']}: {each['status']}"
        + ("" if each["due_on"] is None else f", by {each['due_on']}")
        + f" ({each['basis']})"
        for each in clock["deadlines"]
    ]
    counsel = "A working table, not advice: counsel has not confirmed it."
    return [*bullets(lines, _MOST_DEADLINES, "No clock runs."), paragraph(counsel, SMALL)]


def _tell_made(pack: Pack) -> Iterator[tuple[str, Any]]:
    model, run = pack["model"], pack["run"]
    graded = "" if model["graded_this_home"] else "; it did not grade this home"
    yield "run", f"{run['run_id']}, as of {say_when(run['as_of_utc'])}"
    yield "model", f"{model['name']}, licence {model['licence']}{graded}"
    yield "trained on", "; ".join(model["training_set"]) or None
    yield "software", f"firstnotice {model['code_version']}, {model['number_format']}"
    yield "hazard products", "; ".join(pack["event"]["product_ids"]) or None


def _show_digests(pack: Pack) -> Flowable:
    chips = name_digests(pack)
    inputs = {f"input {name}": sha for name, sha in pack["run"]["input_manifest"].items()}
    return digests(
        {"weights": pack["model"]["weights_sha256"], "settings": pack["run"]["config_hash"],
         "book": pack["policy"]["snapshot_hash"], "history": pack["history_digest"]}
        | chips | inputs
    )  # fmt: skip
