"""Processes are kept running with growing waits, and a tree is ended whole, sessions and all."""

import socket
import subprocess
import sys
import time
import uuid

import pytest

from core.errors import SettingsError
from flows.up import supervisor
from flows.up.children import Child, ChildSpec, choose_wait_s
from flows.up.tree import MARK, end_tree, find_tree, start_watchdog

STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "time.sleep(600)"
)
"""Does not end when asked, and has a child in a session of its own, as Prefect starts runs."""


@pytest.fixture
def mark():
    name = uuid.uuid4().hex
    yield name
    end_tree(name, 0.0)


def _wait_for(happens, limit_s=60):
    deadline = time.monotonic() + limit_s
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _start(code, mark):
    child = Child(ChildSpec("a child", [sys.executable, "-c", code], {MARK: mark}), lambda _: None)
    child.start()
    return child


def test_a_stubborn_tree_is_ended_with_the_sessions_below_it(mark):
    child = _start(STUBBORN, mark)
    _wait_for(lambda: len(find_tree(mark)) == 2)
    assert end_tree(mark, 0.2) >= 1
    assert find_tree(mark) == []
    assert child.process.wait() == -9


def test_a_tree_whose_owner_is_killed_ends_too(mark):
    code = (
        "import sys, time; from flows.up.tree import start_watchdog;"
        f"held = start_watchdog({mark!r}); print('on', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"on\n"
        child = _start("import time; time.sleep(600)", mark)
        owner.kill()
    child.process.wait(timeout=60)
    assert find_tree(mark) == []


def test_a_watchdog_that_is_told_nothing_does_nothing(mark):
    watchdog = start_watchdog(mark)
    child = _start("import time; time.sleep(600)", mark)
    watchdog.kill()
    watchdog.wait()
    watchdog.stdin.close()
    assert child.process.poll() is None
    end_tree(mark, 0.0)
    child.process.wait()


def test_what_ends_is_started_again_after_longer_and_longer_waits():
    said, clock = [], [0.0]
    spec = ChildSpec("The runner", [sys.executable, "-c", "raise SystemExit(3)"])
    child = Child(spec, said.append, lambda: clock[0])
    child.start()
    for _ in range(2):
        child.process.wait()
        child.tend()
        assert child.process is None
        child.tend()
        assert child.process is None, "not before its wait is over"
        clock[0] += 5
        child.tend()
    child.process.wait()
    assert said == [
        "The runner ended (code 3); it is started again in 1 s.",
        "The runner ended (code 3); it is started again in 2 s.",
    ]
    clock[0] += 100
    child.tend()
    assert said[-1].endswith("in 1 s."), "it ran long enough to have recovered"
    assert [choose_wait_s(count) for count in (1, 2, 3, 7, 20)] == [1, 2, 4, 60, 60]


def test_a_taken_port_is_passed_over(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert supervisor.find_port(port) > port
        monkeypatch.setattr(supervisor, "_PORTS_TRIED", 1)
        with pytest.raises(SettingsError, match="--port"):
            supervisor.find_port(port)
    assert not supervisor.is_up("http://127.0.0.1:1/health")
