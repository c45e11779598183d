"""Products that are lines of comma-separated values, each with its number for messages."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import WeatherError
from weather.sources.records import Reject, read_bytes

_BOM = b"\xef\xbb\xbf"


class LineError(WeatherError):
    """A line of a product is wrong.

    Attributes:
        number: of the line, the first is 1.
    """

    def __init__(self, name: str, number: int, problem: str, remedy: str) -> None:
        self.number = number
        super().__init__(f"reading {name}, line {number}", problem, remedy)

    def __reduce__(self) -> tuple[type[WeatherError], tuple[str, str, str]]:
        """Travels between processes as what it says."""
        return (WeatherError, (self.work, self.problem, self.remedy))

    @property
    def reject(self) -> Reject:
        """The same as a reject, where the rest of the file goes on."""
        return Reject(f"line {self.number}", self.problem)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file.

    Attributes:
        name: of the file.
        lines: without their ends.
    """

    name: str
    lines: tuple[str, ...]

    def fail(self, number: int, problem: str, remedy: str) -> LineError:
        """The error to raise about line ``number`` (the first is 1)."""
        return LineError(self.name, number, problem, remedy)

    def values(self, number: int) -> list[str]:
        """The comma-separated values of a line, without the trailing comma's empty one."""
        values = [value.strip() for value in self.lines[number - 1].split(",")]
        return values[:-1] if values[-1] == "" else values


def read_lines(path: Path, what: str) -> Lines:
    """The lines of a file.

    Args:
        path: the file; any byte is a character, so that junk is reported by line.
        what: it should be, for the message, as in ``the HURDAT2 text file``.

    Raises:
        WeatherError: it cannot be opened.
    """
    text = read_bytes(path, what).removeprefix(_BOM).decode("latin-1")
    return Lines(path.name, tuple(line.rstrip("\r") for line in text.split("\n")))
