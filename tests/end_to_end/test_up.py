"""`firstnotice up` on a fresh machine: one tree, news starts a run, and nothing is left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from flows.up.tree import MARK, find_tree
from tests.end_to_end.conftest import COMMAND

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

STEP_S = 400


@pytest.fixture
def place(tmp_path, town_event):
    """A folder with an event that is open today, and nothing else."""
    shutil.copytree(town_event.parent, tmp_path / "events" / "my-storm")
    path = tmp_path / "events" / "my-storm" / "event.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content |= {"event_id": "my-storm", "closes_at_utc": "2100-01-01T00:00:00Z"}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


class Up:
    """The running command, and what it said."""

    def __init__(self, place):
        kept = {n: text for n, text in os.environ.items() if not n.startswith("PREFECT_")}
        self.log = place / "up.log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [COMMAND, "up", "--port", "4310", "--web-port", "8710"], cwd=place,
                env=kept | {"PREFECT_HOME": str(place / "prefect")},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def said(self):
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, happens):
        deadline = time.monotonic() + STEP_S
        while not happens():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)

    def wait_said(self, text):
        self.wait_for(lambda: text in self.said())


def _children(pid):
    names = {}
    for child in subprocess.check_output(["ps", "-o", "pid=", "--ppid", str(pid)]).split():
        command = Path(f"/proc/{int(child)}/cmdline").read_bytes()
        names[int(child)] = command.replace(b"\0", b" ").decode()
    return names


def test_one_command_runs_everything_and_leaves_nothing_behind(place):
    up = Up(place)
    try:
        up.wait_said("Everything runs.")
        url = re.search(r"http://127\.0\.0\.1:\d+", up.said())
        assert url
        children = _children(up.process.pid)
        (runner,) = [pid for pid, name in children.items() if "serve_deployments" in name]
        environment = Path(f"/proc/{runner}/environ").read_bytes()
        (mark,) = re.findall(rf"{MARK}=(\w+)".encode(), environment)

        # the event was never run: that is news, and an automation starts its run
        latest = place / "out" / "my-storm" / "latest" / "run.json"
        up.wait_for(latest.is_file)
        assert json.loads(latest.read_text(encoding="utf-8"))["published"] is True

        os.kill(runner, signal.SIGKILL)
        up.wait_said("The runner ended (code -9); it is started again in 1 s.")
        up.wait_for(
            lambda: any("serve_deployments" in name for name in _children(up.process.pid).values())
        )
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(timeout=STEP_S) == 130
        assert "Stopped" in up.said()
        assert find_tree(mark.decode()) == []
    finally:
        up.process.kill()
        up.process.wait()
