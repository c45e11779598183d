"""What is told of a list: counts and ids, never names or contacts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.damage import Decision
from flows.wiring.sections.notify import Occasion

_TITLES = {
    Occasion.PUBLISHED: "the list is published",
    Occasion.HELD: "the list is held back",
    Occasion.RELEASED: "the list was released",
    Occasion.LATE: "the list is late",
}


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell.

    Attributes:
        occasion: what it is about.
        title: one line.
        body: plain text.
    """

    occasion: Occasion
    title: str
    body: str


def tell_list(
    event_id: str, run_id: str, by_decision: Mapping[str, int], failed: Sequence[str], place: str
) -> Message:
    """A run's list: published, or held back with what each gate said.

    Args:
        event_id: the event.
        run_id: the run.
        by_decision: homes by decision.
        failed: what the gates that were not passed say; none where the list is published.
        place: where the list and the map lie.
    """
    occasion = Occasion.HELD if failed else Occasion.PUBLISHED
    counts = ", ".join(f"{by_decision.get(each, 0):,} {each}" for each in Decision)
    lines = [f"Run {run_id}: {counts}.", *(f"Gate: {each}." for each in failed)]
    if failed:
        lines.append(
            "Drafts wait. A supervisor may release it: "
            f"firstnotice list release {event_id} --by .. --role supervisor --reason .."
        )
    lines.append(f"List and map: {place}")
    return Message(occasion, _title(event_id, occasion), "\n".join(lines))


def tell_release(event_id: str, run_id: str, by: str, gates: Sequence[str]) -> Message:
    """Somebody, by staff id, released a list."""
    body = f"Run {run_id}, held back by {', '.join(gates)}, was released by {by}."
    return Message(Occasion.RELEASED, _title(event_id, Occasion.RELEASED), body)


def tell_late(event_id: str, age_h: float | None, limit_h: float) -> Message:
    """An open event without a list of today."""
    age = "there is none yet" if age_h is None else f"the newest is {age_h:.0f} h old"
    body = (
        f"The event is open and {age} ({limit_h:g} h allowed). "
        "See the runs in Prefect's page, and run it: firstnotice run EVENT.yaml"
    )
    return Message(Occasion.LATE, _title(event_id, Occasion.LATE), body)


def _title(event_id: str, occasion: Occasion) -> str:
    return f"firstnotice, {event_id}: {_TITLES[occasion]}"
