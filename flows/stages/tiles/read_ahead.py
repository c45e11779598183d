"""Reads the next while the last is worked on, and never further ahead."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")


def read_ahead(
    read: Callable[[Item], Read], items: Iterable[Item]
) -> Iterator[tuple[Item, Future[Read]]]:
    """Each item with what reading it gave, in order; one is read ahead in a thread.

    At most two reads are held at a time, however many items there are. An error of a read is
    raised where its result is asked for, and keeps none of the others.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        last: tuple[Item, Future[Read]] | None = None
        try:
            for item in items:
                coming = (item, pool.submit(read, item))
                if last is not None:
                    yield last
                last = coming
            if last is not None:
                yield last
        finally:
            pool.shutdown(cancel_futures=True)
