"""The deployments that one process serves: those of ``prefect.yaml``, with this place's folders.

``prefect.yaml`` is for work pools and many machines; a test holds the two to each other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.types.entrypoint import EntrypointType

from flows.assess_event import assess_event
from flows.assess_open_events import assess_open_events
from flows.deliver_claims import deliver_claims
from flows.look_for_news import look_for_news
from flows.watch_for_events import RESOURCE, watch_for_events

MORNING, ZONE = "0 5 * * *", "America/New_York"
NEWS_S, WATCH_S, DELIVER_S = 600.0, 1800.0, 300.0
SOON_S = 10.0
"""After a start what is looked at every so often is looked at so soon."""
TOLD = ("declared", "changed", "news")
"""What of an event starts a run of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation has its things.

    Attributes:
        events: folder of event folders.
        out: folder of all runs.
        settings_file: settings; None for defaults.
        watch_file: what is watched; None where nothing is.
        delivers: drafts go to a claims system that is asked, not into a folder.
    """

    events: Path
    out: Path
    settings_file: Path | None
    watch_file: Path | None
    delivers: bool


def make_deployments(place: Place) -> list[RunnerDeployment]:
    """All deployments of a place."""
    given = _say_paths(place)
    made = [
        _deploy(
            assess_event, "on-demand", "One event, when somebody asks or something of it is new.",
            {"out": given["out"], "settings_file": given["settings_file"]},
            triggers=[_trigger(given)],
        ),
        _deploy(
            assess_open_events, "daily", "Every open event, each morning.", given,
            schedules=[_cron()], concurrency_limit=1,
        ),
        _deploy(
            look_for_news, "looking", "New pictures, advisories and reviews start a run.", given,
            schedules=[_every(NEWS_S)], concurrency_limit=1,
        ),
    ]  # fmt: skip
    own = {"settings_file": given["settings_file"]}
    if place.watch_file is not None:
        watched = {"watch_file": str(place.watch_file.resolve())} | own
        made.append(_deploy(
            watch_for_events, "watching", "Storms, alerts and fires.", watched,
            schedules=[_every(WATCH_S)], concurrency_limit=1,
        ))  # fmt: skip
    if place.delivers:
        made.append(_deploy(
            deliver_claims, "delivering", "Drafts go to the claims system.",
            {"out": given["out"]} | own, schedules=[_every(DELIVER_S)], concurrency_limit=1,
        ))  # fmt: skip
    return made


def _deploy(
    flow: Any, name: str, description: str, parameters: dict[str, Any], **how: Any
) -> RunnerDeployment:
    made = flow.to_deployment(
        name, description=description, parameters=parameters,
        entrypoint_type=EntrypointType.MODULE_PATH, **how,
    )  # fmt: skip
    deployment: RunnerDeployment = made
    return deployment


def _say_paths(place: Place) -> dict[str, Any]:
    """Whole paths: what Prefect starts has a folder of its own."""
    settings = place.settings_file
    return {
        "events": str(place.events.resolve()), "out": str(place.out.resolve()),
        "settings_file": None if settings is None else str(settings.resolve()),
    }  # fmt: skip


def _trigger(given: dict[str, Any]) -> DeploymentEventTrigger:
    return DeploymentEventTrigger(
        name="assess events with news",
        match={"prefect.resource.id": f"{RESOURCE}.*"},
        expect={f"{RESOURCE}.{word}" for word in TOLD},
        parameters={
            "event_file": "{{ event.payload.event_file }}", "out": given["out"],
            "settings_file": given["settings_file"],
        },
    )  # fmt: skip


def _cron() -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate(
        schedule=CronSchedule(cron=MORNING, timezone=ZONE), slug="every-morning"
    )


def _every(seconds: float) -> DeploymentScheduleCreate:
    begins = datetime.now(UTC) + timedelta(seconds=SOON_S)
    schedule = IntervalSchedule(interval=timedelta(seconds=seconds), anchor_date=begins)
    return DeploymentScheduleCreate(schedule=schedule, slug="again")
