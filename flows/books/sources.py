"""What a person names as a book: an event file, a folder, files, or a stored book."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ExposureError
from flows.wiring.event_file import read_event_file

ROLES = ("location", "account", "contacts")
_EVENT_SUFFIXES = (".yaml", ".yml")
_HELP = "Name an event.yaml, a folder with location and account files, or the files themselves"


@dataclass(frozen=True, slots=True)
class BookFiles:
    """Files of a book.

    Attributes:
        location: OED location file.
        account: OED account file.
        contacts: contacts file, if any.
    """

    location: Path
    account: Path
    contacts: Path | None

    @property
    def by_role(self) -> dict[str, Path | None]:
        """The files by role."""
        return {role: getattr(self, role) for role in ROLES}


def find_files(sources: Sequence[Path]) -> BookFiles:
    """The files of a book that somebody names: event file, folder, or one by one.

    Raises:
        ExposureError: it is not clear which they are.
        EventError: the event file is wrong.
    """
    if len(sources) == 1 and sources[0].suffix.lower() in _EVENT_SUFFIXES:
        policies = read_event_file(sources[0]).policies
        if policies.location is None or policies.account is None:
            raise ExposureError(
                f"reading the book of {sources[0]}", f"it names the stored book {policies.book!r}",
                "Name that book, or files",
            )  # fmt: skip
        return BookFiles(policies.location, policies.account, policies.contacts)
    if len(sources) == 1 and sources[0].is_dir():
        return _find_in(sources[0])
    if len(sources) not in {2, 3}:
        raise ExposureError("reading the book", f"{len(sources)} files are given", _HELP)
    return BookFiles(sources[0], sources[1], sources[2] if len(sources) > 2 else None)  # noqa: PLR2004


def _find_in(folder: Path) -> BookFiles:
    found = {}
    for role in ROLES:
        named = sorted(folder.glob(f"{role}.*"))
        if len(named) > 1 or (not named and role != "contacts"):
            listed = ", ".join(path.name for path in named) or "none"
            raise ExposureError(
                f"reading the book in {folder}", f"{role} files there: {listed}", _HELP
            )
        found[role] = named[0] if named else None
    return BookFiles(Path(str(found["location"])), Path(str(found["account"])), found["contacts"])
