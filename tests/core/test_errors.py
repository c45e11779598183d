"""The error tree is what its docstring draws, and every message says work, problem, remedy."""

import copy
import inspect
import pickle

import pytest

from core import errors
from core.errors import FirstNoticeError, TransientError, is_transient

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, FirstNoticeError)
]


def _drawn_parents() -> dict[str, str | None]:
    """Class -> parent, as the module's docstring draws them (four columns a level)."""
    parents: dict[str, str | None] = {}
    trail: list[str] = []
    lines = [line for line in (errors.__doc__ or "").splitlines() if "Error" in line]
    for line in lines:
        before, name = line.split("Error")[0], line.strip(" │├└─").split()[0]
        depth = len(before) - len(before.lstrip(" │├└─"))
        level = (depth - 4) // 4
        trail = [*trail[:level], name]
        parents[name] = trail[level - 1] if level else None
    return parents


def test_the_docstring_draws_every_class_under_its_parent():
    parents = {
        each.__name__: None if each is FirstNoticeError else each.__base__.__name__
        for each in CLASSES
    }
    assert _drawn_parents() == parents


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_message_reads_as_work_problem_remedy(kind):
    error = kind("reading scene 12", "it has 7 bands", "Convert it")
    assert str(error) == "reading scene 12: it has 7 bands. Convert it"
    assert (error.work, error.problem, error.remedy) == error.args


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("send", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])  # noqa: S301
def test_an_error_survives_the_way_from_a_worker_process(kind, send):
    error = kind("a", "b", "c")
    arrived = send(error)
    assert type(arrived) is kind
    assert str(arrived) == str(error)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_only_transient_errors_are_worth_another_try(kind):
    assert is_transient(kind("a", "b", "c")) is issubclass(kind, TransientError)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError("slow"), True),
        (ConnectionResetError("gone"), True),
        (ConnectionRefusedError("closed"), True),
        (ValueError("wrong"), False),
        (FileNotFoundError("absent"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_errors_of_python_itself(error, expected):
    assert is_transient(error) is expected
