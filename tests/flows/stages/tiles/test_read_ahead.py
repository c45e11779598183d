"""One item is read ahead, in order, and never more; an error costs its own item alone."""

import threading

import pytest

from flows.stages.tiles.read_ahead import read_ahead


def test_results_come_in_order_with_their_items():
    assert [(item, found.result()) for item, found in read_ahead(lambda x: x * x, range(5))] == [
        (0, 0), (1, 1), (2, 4), (3, 9), (4, 16),
    ]  # fmt: skip


def test_no_items_are_no_results():
    assert list(read_ahead(str, [])) == []


def test_the_next_is_read_while_the_last_is_worked_on_and_no_further():
    begun, second = [], threading.Event()

    def read(item):
        begun.append(item)
        if item == 1:
            second.set()
        return item

    for item, found in read_ahead(read, range(20)):
        found.result()
        if item == 0:
            assert second.wait(5), "the second is read while the first is worked on"
        assert max(begun) <= item + 1


def test_an_error_is_raised_where_its_result_is_asked_for():
    def read(item):
        if item == 1:
            raise ValueError("broken tile")
        return item

    kept = []
    for item, found in read_ahead(read, range(4)):
        if item == 1:
            with pytest.raises(ValueError, match="broken tile"):
                found.result()
            continue
        kept.append(found.result())
    assert kept == [0, 2, 3]


def test_a_consumer_that_stops_leaves_no_thread_behind():
    before = threading.active_count()
    for item, _ in read_ahead(str, range(100)):
        if item == 2:
            break
    assert threading.active_count() <= before + 1
