"""Progress of a run, for whoever watches: the command line draws it, others only log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


class ProgressSink(Protocol):
    """Is told what a run does."""

    def begin(self, stage: str, total: int) -> None:
        """A stage of ``total`` steps begins; the one before is done."""
        ...

    def advance(self, steps: int) -> None:
        """So many steps of the stage are done."""
        ...


class SilentProgress:
    """Tells nobody."""

    def begin(self, stage: str, total: int) -> None:
        """See ProgressSink."""

    def advance(self, steps: int) -> None:
        """See ProgressSink."""


class RichProgress:
    """Bars in a terminal, one a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, stage: str, total: int) -> None:
        """See ProgressSink."""
        self.finish()
        self._task = self._progress.add_task(stage, total=total)

    def advance(self, steps: int) -> None:
        """See ProgressSink."""
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def finish(self) -> None:
        """Fill the current stage's bar."""
        if self._task is not None:
            task = self._progress.tasks[self._progress.task_ids.index(self._task)]
            self._progress.update(self._task, completed=task.total)


current: ContextVar[ProgressSink] = ContextVar("progress")
"""Where a run in this context reports; unset means silence."""


def progress() -> ProgressSink:
    """The sink of this context."""
    return current.get(SilentProgress())


@contextmanager
def drawn_progress(console: Console) -> Iterator[None]:
    """Draw the progress of what runs inside."""
    columns = (
        TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as bars:
        sink = RichProgress(bars)
        token = current.set(sink)
        try:
            yield
            sink.finish()
        finally:
            current.reset(token)
