"""The benchmark's file: a run of some parts puts its figures in and leaves the others alone."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MACHINE = {"cpu": "a", "cores": 2}


@pytest.fixture
def results(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import results_file  # noqa: PLC0415  benchmarks are scripts, on no path

    yield results_file
    for name in ("results_file", "measuring"):
        sys.modules.pop(name)


def run_of(results, commit, values, machine=MACHINE):
    figures = [results.Figure(name, value, "s") for name, value in values.items()]
    return results.fill_results(machine, commit, figures)


def test_new_figures_say_their_commit_and_the_others_stay(results):
    older = run_of(results, "c1", {"a": 1.0, "b": 2.0})
    merged = results.merge_results(older, run_of(results, "c2", {"b": 3.0, "c": 4.0}))
    assert merged == {
        "machine": MACHINE,
        "commit": "c1",
        "results": {
            "a": {"value": 1.0, "unit": "s"},
            "b": {"value": 3.0, "unit": "s", "commit": "c2"},
            "c": {"value": 4.0, "unit": "s", "commit": "c2"},
        },
    }
    again = results.merge_results(merged, run_of(results, "c3", {"a": 5.0}))
    assert again["results"]["b"] == merged["results"]["b"]
    assert again["results"]["a"] == {"value": 5.0, "unit": "s", "commit": "c3"}


def test_a_figure_of_another_machine_says_so(results):
    older = run_of(results, "c1", {"a": 1.0})
    other = MACHINE | {"cores": 8}
    merged = results.merge_results(older, run_of(results, "c1", {"a": 2.0}, other))
    assert merged["machine"] == MACHINE
    assert merged["results"]["a"] == {"value": 2.0, "unit": "s", "machine": other}


def test_a_whole_file_is_read_back(results, tmp_path):
    found = run_of(results, "c1", {"a": 1.0})
    results.write_results(tmp_path / "results.json", found)
    assert results.json.loads((tmp_path / "results.json").read_text()) == found
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
