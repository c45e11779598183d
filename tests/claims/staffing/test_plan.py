from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.staffing.bases import Base, choose_bases, read_bases, share_out
from claims.staffing.demand import Demand
from claims.staffing.options import CapacityOptions
from claims.staffing.plan import plan_day
from claims.staffing.solve import assign, assign_exactly, assign_greedily, compute_reached
from core.errors import InputError

OPTIONS = CapacityOptions(hours_per_home=2.0, cell_resolution=8)


@st.composite
def problems(draw):
    """Up to three bases and three cells, so small that all plans can be tried."""
    bases, cells = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    losses = [
        sorted(draw(st.lists(st.integers(0, 100), min_size=1, max_size=6)), reverse=True)
        for _ in range(cells)
    ]
    starts = np.concatenate(([0], np.cumsum([len(each) for each in losses])))
    demand = Demand(
        tuple(map(str, range(cells))), starts.astype(np.int64),
        np.concatenate(losses).astype(float), np.arange(starts[-1]),
    )  # fmt: skip
    visits = draw(st.lists(st.integers(0, 4), min_size=bases * cells, max_size=bases * cells))
    adjusters = draw(st.lists(st.integers(0, 3), min_size=bases, max_size=bases))
    return demand, np.array(visits).reshape(bases, cells), np.array(adjusters)


def try_all(demand, visits, adjusters) -> float:
    """The most that any plan reaches."""

    def splits(count, cells):
        return [each for each in product(range(count + 1), repeat=cells) if sum(each) <= count]

    rows = [splits(count, visits.shape[1]) for count in adjusters]
    plans = (np.array(plan) for plan in product(*rows))
    return max(compute_reached(demand, visits, plan) for plan in plans)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_the_exact_plan_is_the_best_of_all_and_the_greedy_one_states_its_gap(problem):
    demand, visits, adjusters = problem
    best = try_all(demand, visits, adjusters)
    chosen = assign(demand, visits, adjusters, OPTIONS)
    assert chosen.reached == pytest.approx(best, abs=1e-6)
    assert chosen.gap_frac <= 1e-6
    assert (chosen.adjusters.sum(axis=1) <= adjusters).all()
    if demand.losses.sum() > 0 and (visits * adjusters[:, None]).any():
        greedy = assign_greedily(demand, visits, adjusters)
        assert (greedy.adjusters.sum(axis=1) <= adjusters).all()
        assert best / 2 - 1e-6 <= greedy.reached <= best + 1e-6 <= greedy.bound + 1e-5
        missed = 1 - greedy.reached / best if best else 0.0
        assert greedy.gap_frac >= missed - 1e-5


def test_the_bound_of_large_plans_is_that_of_the_linear_program():
    """One base, visits alike everywhere: the program's bound is the best homes of all."""
    rng = np.random.default_rng(5)
    losses = -np.sort(-rng.random((40, 25)), axis=1)
    demand = Demand(
        tuple(map(str, range(40))), np.arange(0, 1001, 25), losses.ravel(), np.arange(1000)
    )
    visits, adjusters = np.full((1, 40), 4), np.array([30])
    greedy = assign_greedily(demand, visits, adjusters)
    best_homes = np.sort(losses.ravel())[-120:].sum()
    assert greedy.bound == pytest.approx(best_homes, rel=1e-5)
    exact = assign_exactly(demand, visits, adjusters, 20.0)
    assert greedy.reached <= exact.reached <= greedy.bound + 1e-9
    assert greedy.gap_frac == pytest.approx(1 - greedy.reached / greedy.bound)
    assert greedy.gap_frac < 0.05


def make_homes(count, seed=3):
    rng = np.random.default_rng(seed)
    chance = rng.beta(0.4, 1.5, count)
    return pd.DataFrame({
        "latitude": 30.0 + rng.normal(0, 0.05, count),
        "longitude": -85.6 + rng.normal(0, 0.05, count),
        "p_severe": chance, "loss": chance * rng.gamma(4, 0.25, count),
        "postal_code": rng.choice(["32401", "32405"], count),
    }, index=np.arange(count) * 3)  # fmt: skip


BASES = (
    Base("Panama City", 6, 8.0, 30.16, -85.66),
    Base("Tallahassee", 5, 10.0, 30.44, -84.28),
    Base("hotel", 2, 8.0),
)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 60), st.integers(0, 9), st.floats(0, 14), st.floats(0.3, 6), st.integers(4, 9)
)
def test_a_plan_never_spends_more_hours_than_there_are(count, adjusters, hours, per_home, size):
    bases = (BASES[0], Base("b", adjusters, hours, 30.3, -85.5))
    options = CapacityOptions(hours_per_home=per_home, cell_resolution=size)
    homes = make_homes(count)
    plan = plan_day(homes, bases, options)
    assert plan.figures.hours_away + plan.figures.hours_at_homes <= plan.figures.hours + 1e-6
    for base in bases:
        rows = plan.cells[plan.cells["base"] == base.name]
        assert rows["adjusters"].sum() <= base.adjusters
        spent = (rows["hours_away"] + rows["hours_at_homes"] - 0.01).sum()
        assert spent <= base.adjusters * base.hours_per_day + 1e-6
    assert (
        plan.figures.homes_reached == plan.cells["homes_reached"].sum() == plan.reached_from.count()
    )
    assert plan.figures.hours_at_homes == pytest.approx(plan.figures.homes_reached * per_home)
    assert plan.cells["loss_frac"].sum() == pytest.approx(plan.figures.loss_frac or 0.0, abs=1e-6)


def test_a_plan_reaches_the_homes_with_most_at_stake_of_each_area():
    homes = make_homes(200)
    plan = plan_day(homes, BASES, OPTIONS)
    told = homes.assign(base=plan.reached_from)
    assert plan.figures.is_best
    assert 0.2 < plan.figures.loss_frac < 1
    assert set(told["base"].dropna()) <= {base.name for base in BASES}
    assert told.loc[told["base"].notna(), "loss"].median() > told["loss"].median()
    assert plan.figures.severe_reached == pytest.approx(
        told.loc[told["base"].notna(), "p_severe"].sum()
    )


def test_more_adjusters_never_reach_less():
    homes = make_homes(120)
    reached = [
        plan_day(homes, share_out(BASES, count), OPTIONS).figures.loss_frac
        for count in (0, 3, 9, 60)
    ]
    assert reached == sorted(reached)
    assert reached[0] == 0
    assert reached[-1] > 0.8


def test_many_homes_are_planned_greedily_by_area_and_the_gap_is_stated():
    homes = make_homes(20_000)
    options = CapacityOptions(cell_resolution=8, exact_columns=10)
    plan = plan_day(homes, share_out(BASES, 300), options)
    assert plan.figures.sent == 300
    assert not plan.figures.is_best
    assert 0 < plan.figures.gap_frac < 0.15


def test_nobody_to_send_is_said():
    with pytest.raises(InputError, match="nobody said how many adjusters"):
        plan_day(make_homes(3), (), OPTIONS)
    assert choose_bases(None, CapacityOptions()) == ()
    assert choose_bases(None, CapacityOptions(adjusters=4)) == (Base("all", 4, 8.0),)


def test_bases_are_read_and_shared_out(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("base,latitude,longitude,adjusters,hours_per_day\nHQ,30.1,-85.6,3,\nB,,,1,10\n")
    bases = read_bases(path, CapacityOptions())
    assert bases == (Base("HQ", 3, 8.0, 30.1, -85.6), Base("B", 1, 10.0))
    assert [base.adjusters for base in share_out(bases, 10)] == [8, 2]
    assert sum(base.adjusters for base in share_out(BASES, 100)) == 100


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("base,adjusters\nHQ,two\n", "row 2: adjusters is 'two'"),
        ("base,adjusters\nHQ,1.5\n", "row 2 has no base, or no whole adjusters"),
        ("base,adjusters,latitude\nHQ,1,95\n", "row 2: latitude is '95'"),
        ("base,adjusters,latitude\nHQ,1,30\n", "row 2 has half a place"),
        ("base,adjusters,hours_per_day\nHQ,1,25\n", "hours_per_day is '25'"),
        ("base,adjusters\nHQ,1\nHQ,2\n", "names 'HQ' twice"),
        ("name,adjusters\nHQ,1\n", "no rows with 'base'"),
        ("", "no rows with 'base'"),
        ("base,adjusters\n,1\n", "row 2 has no base"),
        ("base,adjusters\nHQ,nan\n", "adjusters is 'nan'"),
    ],
)
def test_a_wrong_file_of_bases_is_refused(tmp_path, text, problem):
    path = tmp_path / "staff.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_bases(path, CapacityOptions())
