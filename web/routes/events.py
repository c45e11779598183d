"""Pages: the events, the map of one, its review queue."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from core.damage import TIER_LABELS
from reports.maps.data import embed_json
from reports.palette import DECISION_SWATCHES, TIER_SWATCHES
from reports.words import DECISION_LABELS, INDICATIVE_NOTE, STATUS_LABELS
from web.pages import render
from web.people.guard import Bench, Reviewer, Seer, Visitor
from web.people.rights import RIGHTS, Right
from web.routes.shared import Json, NewestRun
from web.runs.listing import Run, list_events, read_record, read_summary
from web.workbench import Workbench

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
def show_events(bench: Bench, visitor: Seer) -> str:
    """All events with their newest run."""
    runs = list_events(bench.options.out).values()
    events = sorted((_tell_run(run) for run in runs), key=lambda each: each["as_of"], reverse=True)
    return render("events", events=events, **_tell_visitor(visitor))


@router.get("/events/{event_id}", response_class=HTMLResponse)
def show_map(run: NewestRun, bench: Bench, visitor: Seer) -> str:
    """The map of an event."""
    return _render_desk("map", run, bench, visitor)


@router.get("/events/{event_id}/review", response_class=HTMLResponse)
def show_review(run: NewestRun, bench: Bench, visitor: Reviewer) -> str:
    """The review queue of an event."""
    return _render_desk("review", run, bench, visitor)


@router.get("/api/events")
def list_all(bench: Bench, _: Seer) -> list[Json]:
    """All events with their newest run."""
    return [_tell_run(run) for run in list_events(bench.options.out).values()]


def _render_desk(name: str, run: Run, bench: Workbench, visitor: Visitor) -> str:
    told = _tell_page(run, bench, visitor)
    embedded = Markup(embed_json(told))  # noqa: S704  embed_json escapes
    return render(name, told=told, embedded=embedded, **_tell_visitor(visitor))


def _tell_visitor(visitor: Visitor) -> Json:
    rights = RIGHTS[visitor.person.role]
    return {
        "person": visitor.person,
        "csrf": visitor.session.csrf,
        "may_review": Right.REVIEW in rights,
        "may_contact": Right.CONTACT in rights,
    }


def _tell_run(run: Run) -> Json:
    record, summary = read_record(run), read_summary(run)
    counts = record.get("counts", {})
    return {
        "event_id": run.event_id,
        "name": record.get("event", {}).get("name") or run.event_id,
        "run_id": run.run_id,
        "as_of": str(record.get("as_of_utc", ""))[:16].replace("T", " ") + " UTC",
        "state": record.get("state", "unknown"),
        "problem": record.get("problem"),
        "locations": summary.get("locations", counts.get("in_path", 0)),
        "assessed": summary.get("assessed", 0),
        "by_tier": counts.get("by_tier", {}),
        "by_decision": counts.get("by_decision", {}),
        "notes": record.get("notes", []),
    }


def _tell_page(run: Run, bench: Workbench, visitor: Visitor) -> Json:
    """What the scripts of a page are told."""
    rights = RIGHTS[visitor.person.role]
    homes = bench.homes(run)
    return {
        **_tell_run(run),
        "api": f"/api/events/{run.event_id}/{run.run_id}",
        "csrf": visitor.session.csrf,
        "mayContact": Right.CONTACT in rights,
        "mayReview": Right.REVIEW in rights,
        "hasPictures": bench.pixels(run) is not None,
        "bounds": homes.bounds(),
        "total": len(homes),
        "tiers": [
            {"code": str(tier), "words": words, "fill": TIER_SWATCHES[tier].fill,
             "ink": TIER_SWATCHES[tier].ink, "line": TIER_SWATCHES[tier].line}
            for tier, words in TIER_LABELS.items()
        ],
        "decisions": [
            {"code": str(each), "words": words, "fill": DECISION_SWATCHES[each].fill}
            for each, words in DECISION_LABELS.items()
        ],
        "statuses": [{"code": str(each), "words": words} for each, words in STATUS_LABELS.items()],
        "note": INDICATIVE_NOTE,
    }  # fmt: skip
