"""Word by webhook and by e-mail: sent once, to all, without names, and never in a run's way."""

import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from flows.notifying.lateness import tell_if_late
from flows.notifying.messages import tell_late, tell_list, tell_release
from flows.notifying.sending import send, send_once
from flows.wiring.sections.notify import NotifySettings

HELD = tell_list("storm", "20181014T120000Z-a", {"open_draft": 3}, ["few homes graded"], "OUT/x")


class Hook:
    """A webhook on loopback: what it was told, and how it answers."""

    def __init__(self, web):
        self.bodies, self.status, self.url = [], 200, web.url.replace("http://", "json://") + "/in"
        web.pages["/in"] = self.answer

    def answer(self, handler):
        self.bodies.append(handler.rfile.read(int(handler.headers["Content-Length"])).decode())
        return (self.status, {}, b"ok")


@pytest.fixture
def hook(web):
    return Hook(web)


@pytest.fixture
def mailbox():
    """An SMTP server on loopback that takes one message."""
    lines = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as wire:

            def say(text):
                wire.write(f"{text}\r\n".encode())
                wire.flush()

            say("220 here")
            in_body = False
            for raw in wire:
                line = raw.decode().rstrip("\r\n")
                lines.append(line)
                if in_body and line != ".":
                    continue
                in_body = line.upper() == "DATA"
                say("354 go on" if in_body else "250 yes")
                if line.upper() == "QUIT":
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield SimpleNamespace(port=listener.getsockname()[1], lines=lines, thread=thread)
    listener.close()


def test_a_webhook_is_told_what_holds_a_list_back_and_who_releases_it(hook):
    assert send(HELD, NotifySettings(targets=(hook.url,)))
    (said,) = hook.bodies
    assert "storm: the list is held back" in said
    assert "few homes graded" in said
    assert "firstnotice list release storm" in said


def test_mail_goes_to_a_server_and_its_address_may_stand_in_a_file(mailbox, tmp_path):
    path = tmp_path / "targets"
    address = f"mailto://127.0.0.1:{mailbox.port}/?from=fn@example.com&to=claims@example.com"
    path.write_text(f"# who is told\n{address}\n", encoding="utf-8")
    assert send(tell_release("storm", "r1", "sup-1", ["few_graded"]),
                NotifySettings(targets_file=path))  # fmt: skip
    mailbox.thread.join(timeout=10)
    said = "\n".join(mailbox.lines)
    assert "rcpt to:<claims@example.com>" in said.casefold()
    assert "the list was released" in said


def test_a_target_that_fails_is_logged_without_its_address_and_told_again_later(
    hook, tmp_path, caplog
):
    hook.status = 500
    secret = hook.url.replace("json://", "json://user:s3cret@")
    settings, marker = NotifySettings(targets=(secret,)), tmp_path / "notified.json"
    with caplog.at_level(logging.WARNING, "flows.notifying.sending"):
        send_once(HELD, settings, marker, "held")
    assert "nobody could be told by json" in caplog.text
    assert "s3cret" not in caplog.text.split("nobody could")[1]
    assert not marker.exists()
    hook.status, before = 200, len(hook.bodies)
    send_once(HELD, settings, marker, "held")
    send_once(HELD, settings, marker, "held")
    assert len(hook.bodies) == before + 1
    send_once(HELD, settings, marker, "published")
    assert len(hook.bodies) == before + 2


def test_nobody_is_told_what_the_settings_leave_out_and_a_missing_file_stops_nothing(
    hook, tmp_path
):
    assert send(HELD, NotifySettings(targets=(hook.url,), occasions=("late",)))
    assert hook.bodies == []
    assert not send(HELD, NotifySettings(targets_file=tmp_path / "gone"))
    assert not send(HELD, NotifySettings(targets=("what://is/this",)))


def test_an_open_event_without_todays_list_is_told_once_a_day(hook, tmp_path):
    now = datetime(2018, 10, 14, 12, tzinfo=UTC)
    source = SimpleNamespace(event_id="storm", opens_at_utc=now - timedelta(hours=30))
    settings = NotifySettings(targets=(hook.url,))
    run = tmp_path / "storm" / "20181013T120000Z-a"
    assert tell_if_late(source, tmp_path, settings, now)
    assert tell_if_late(source, tmp_path, settings, now + timedelta(hours=1))
    assert len(hook.bodies) == 1
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}", encoding="utf-8")
    assert not tell_if_late(source, tmp_path, settings, now)
    assert tell_if_late(source, tmp_path, settings, now + timedelta(hours=20))
    assert len(hook.bodies) == 2
    assert "44 h old" in hook.bodies[1]
    assert "there is none yet" in tell_late("storm", None, 26.0).body
