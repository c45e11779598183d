"""The server is launched while a run's inputs are read, and ended where no run takes it."""

import subprocess
import sys
from contextlib import contextmanager

import prefect.server.api.server  # noqa: F401  now: it starts processes as it is imported
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from core.errors import EventError
from flows.cli.process import ephemeral_server
from flows.cli.process.ephemeral_server import server_ahead, start_server


@contextmanager
def _no_server_named():
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@pytest.fixture
def launched(monkeypatch):
    """Processes launched, each waiting instead of serving."""
    begun, popen = [], subprocess.Popen

    def begin(arguments, **how):
        if "uvicorn" in arguments:
            arguments = [sys.executable, "-c", "import time; time.sleep(60)"]
        begun.append(popen(arguments, **how))
        return begun[-1]

    monkeypatch.setattr("flows.cli.process.ephemeral_server.subprocess.Popen", begin)
    with _no_server_named():
        yield begun
    assert not ephemeral_server._ahead
    for each in begun:
        each.kill()
        each.communicate()


def test_a_server_that_no_run_takes_is_ended_with_its_watcher(launched):
    with pytest.raises(EventError):
        _refuse(launched)
    server, watcher = launched
    assert server.returncode is not None
    assert watcher.returncode is not None


def test_a_named_server_is_taken_and_none_launched(launched):
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}), server_ahead():
        assert start_server() == "http://127.0.0.1:1/api"
    assert launched == []


def _refuse(launched):
    with server_ahead():
        assert launched[0].poll() is None
        raise EventError("reading", "it is wrong", "Correct it")


class _Prefects:
    """Stands in for ``SubprocessASGIServer``: takes what it would have started itself."""

    def __init__(self):
        self.port, self.server_process, self.running = None, None, False

    @property
    def api_url(self):
        return f"http://127.0.0.1:{self.port}/api"

    def _run_uvicorn_command(self):
        return ephemeral_server.subprocess.Popen(["own", "uvicorn"])

    def start(self):
        self.running, self.server_process = True, self._run_uvicorn_command()


@pytest.fixture
def prefects(monkeypatch):
    made = _Prefects()
    monkeypatch.setattr("prefect.server.api.server.SubprocessASGIServer", lambda: made)
    monkeypatch.setattr(ephemeral_server, "_watchers", [])
    return made


def test_a_run_takes_the_server_that_was_launched(launched, prefects):
    with server_ahead():
        server, watcher = launched
        port = ephemeral_server._ahead[0].port
        assert start_server() == f"http://127.0.0.1:{port}/api"
    assert launched == [server, watcher]
    assert prefects.server_process is server
    assert server.poll() is None
    assert watcher.poll() is None


def test_a_server_that_died_meanwhile_is_replaced(launched, prefects):
    with server_ahead():
        server, watcher = launched
        server.kill()
        server.wait()
        start_server()
    assert prefects.server_process is launched[2]
    assert prefects.server_process.poll() is None
    assert watcher.returncode is not None
