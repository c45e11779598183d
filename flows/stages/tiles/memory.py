"""Freed memory given back to the system, so that a long run holds no more than a short one."""

import ctypes


def give_back_memory() -> None:
    """Return what was freed and is still held for later; does nothing where it cannot be asked.

    glibc keeps what each thread freed apart, and pictures of many sizes leave gaps: after 10,000
    homes a quarter of what a process held was such. Takes some milliseconds.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
