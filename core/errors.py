"""The error tree: every message names the work, the value and the remedy.

::

    FirstNoticeError
    ├── PermanentError            the same input fails the same way; never retried
    │   ├── InputError            a file or table from outside is wrong
    │   │   ├── EventError        event.yaml
    │   │   ├── SceneError        a scene, its bytes or its catalogue
    │   │   ├── ExposureError     the book of policies
    │   │   ├── WeatherError      a hazard product
    │   │   └── WeightsError      model weights or their card
    │   ├── SettingsError         a setting is missing or contradicts another
    │   ├── LedgerError           the ledger refuses the entry
    │   │   └── LedgerTamperedError   the hash chain does not hold
    │   ├── IllegalTransitionError    an incident cannot go from here to there
    │   │   └── RoleError         somebody may not do this in that role
    │   └── CoverageError         too much of the event was not seen
    └── TransientError            worth another try: a server, a lock, a full disk
"""


class FirstNoticeError(Exception):
    """Base of all errors raised on purpose.

    Args:
        work: what was being done, with the id or path it was done to.
        problem: what is wrong, quoting the value.
        remedy: what the reader can do about it.
    """

    def __init__(self, work: str, problem: str, remedy: str) -> None:
        self.work = work
        self.problem = problem
        self.remedy = remedy
        super().__init__(work, problem, remedy)

    def __str__(self) -> str:
        return f"{self.work}: {self.problem}. {self.remedy}"


class PermanentError(FirstNoticeError):
    """The same input fails the same way, so a retry is a waste."""


class TransientError(FirstNoticeError):
    """The same input may work on another try."""


class InputError(PermanentError):
    """A file or table from outside is wrong."""


class EventError(InputError):
    """An event file is wrong."""


class SceneError(InputError):
    """A scene, its bytes or its catalogue is wrong.

    Attributes:
        scene_id: whose pixels failed, where it came of reading some.
    """

    scene_id: str | None = None


class ExposureError(InputError):
    """A file of the book of policies is wrong as a whole (a wrong row is a reject instead)."""


class WeatherError(InputError):
    """A hazard product is wrong."""


class WeightsError(InputError):
    """Model weights, or the card beside them, are wrong."""


class SettingsError(PermanentError):
    """A setting is missing or contradicts another."""


class LedgerError(PermanentError):
    """The ledger refuses the entry."""


class LedgerTamperedError(LedgerError):
    """A ledger row was edited, removed or inserted after it was written."""


class IllegalTransitionError(PermanentError):
    """An incident cannot go from this state to that one."""


class RoleError(IllegalTransitionError):
    """Somebody may not do this in that role."""


class CoverageError(PermanentError):
    """Too much of the event was not seen for the run to count as complete."""


def is_transient(error: BaseException) -> bool:
    """Whether another try of the same work may succeed."""
    return isinstance(error, TransientError | TimeoutError | ConnectionError)
