"""What the workbench is given: where runs lie, and what only the composition root can open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from claims.incidents.roles import Role, UserOptions
from claims.ledger.store import Ledger
from core.scenes import Scene
from imagery.pixels.read import SceneReader
from web.people.sessions import SessionOptions
from web.people.users import IdentityProvider
from web.reviewing.options import ReviewOptions

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class ContactView:
    """Somebody looked at a contact.

    Attributes:
        by: staff id.
        role: in which role.
        event_id: the event.
        home: id of the home.
        masked: what was left empty for this role.
    """

    by: str
    role: str
    event_id: str
    home: str
    masked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunPixels:
    """Pictures that a run looked at.

    Attributes:
        scenes: by scene id.
        reader: reads them by addresses that were judged and signed as the run's were.
    """

    scenes: Mapping[str, Scene]
    reader: SceneReader


class OpenPixels(Protocol):
    """Finds the pictures of a run again."""

    def __call__(self, run_folder: Path) -> RunPixels | None:
        """None where the run does not say where its pictures lie, or they are gone."""
        ...


@dataclass(frozen=True, slots=True)
class WorkbenchOptions:
    """What the workbench serves and who may see it.

    Attributes:
        out: folder of all runs.
        people: says who somebody is.
        now: the clock, UTC.
        open_ledger: opens the ledger; None where no run has made it yet.
        log_view: notes that a contact was looked at; what it refuses is not shown.
        open_pixels: finds a run's pictures.
        users: roles that the settings give; once anybody is listed, they bind here too.
        masked: columns of contacts left empty for a role.
        review: how the queue is filled.
        sessions: how long people stay logged in.
        hosts: names that the server answers to; others are refused, see DNS rebinding.
        is_https: whether people reach it by https, so that the cookie never goes without.
    """

    out: Path
    people: IdentityProvider
    now: Callable[[], datetime]
    open_ledger: Callable[[], Ledger | None]
    log_view: Callable[[ContactView], None]
    open_pixels: OpenPixels
    users: UserOptions = field(default_factory=UserOptions)
    masked: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    review: ReviewOptions = field(default_factory=ReviewOptions)
    sessions: SessionOptions = field(default_factory=SessionOptions)
    hosts: tuple[str, ...] = LOOPBACK
    is_https: bool = False
