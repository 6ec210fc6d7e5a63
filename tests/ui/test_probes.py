"""Liveness and readiness as a supervisor or a proxy sees them."""

import base64
import contextlib
import subprocess
import time

import httpx
import pytest

from hubspot.ui import probes, services
from tests import running
from tests.running import Server, redis_server, wait_until
from tests.ui.tabs import APP, ask, dashboard

KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time by which answers hold; adding to it lets them end."""
    told = [0.0]
    monkeypatch.setattr(probes, "readiness", probes.Readiness(lambda: told[0]))
    return told


@pytest.fixture
def redis(tmp_path):
    with redis_server(tmp_path) as server:
        yield server


@contextlib.contextmanager
def started_again(redis):
    """The same server on the same port with the same file."""
    with redis.log.open("ab") as output:
        server = Server(subprocess.Popen(redis.process.args, stdout=output, stderr=output), redis.url, redis.log)
    port = int(redis.url.rpartition(":")[2].partition("/")[0])
    try:
        wait_until(lambda: running._accepts(port), what="redis-server")
        yield server
    finally:
        server.stop()


def ready():
    answer = ask("/readyz")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.text


def test_a_process_that_answers_is_alive_whatever_else_is_wrong(tmp_path):
    (tmp_path / "state").write_text("in the way")
    with dashboard(tmp_path, **APP):
        assert (ask("/healthz").status_code, ask("/healthz").text) == (200, "ok")


def test_with_store_keys_and_place_it_is_ready_before_anybody_came(tmp_path):
    with dashboard(tmp_path, **APP):
        assert ready() == (200, "ready")
        assert not services.is_built()
        assert [each for each in (tmp_path / "state" / "snapshots").rglob("*") if each.is_file()] == []


def test_without_redis_it_is_not_ready_and_with_it_again_it_is(tmp_path, redis, clock):
    with dashboard(tmp_path, **APP, REDIS_URL=redis.url, DASHBOARD_KEYS=f"k1:{KEYS[0]}"):
        before = ready()
        redis.stop()
        at_once = ready()
        clock[0] += 3
        without = ready()
        with started_again(redis):
            clock[0] += 3
            after = ready()

    assert before == after == (200, "ready")
    assert at_once == (200, "ready"), "an answer holds for two seconds"
    assert without == (503, "not ready: store")


def test_a_redis_that_comes_late_is_found(tmp_path, redis, clock):
    redis.stop()
    with dashboard(tmp_path, **APP, REDIS_URL=redis.url, DASHBOARD_KEYS=f"k1:{KEYS[0]}"):
        assert ready() == (503, "not ready: store")
        with started_again(redis):
            clock[0] += 3
            assert ready() == (200, "ready")


@pytest.mark.parametrize("ring", [f"k2:{KEYS[1]}", f"k1:{KEYS[1]}"])
def test_with_keys_that_do_not_open_what_is_stored_it_is_not_ready(tmp_path, redis, ring):
    with dashboard(tmp_path, **APP, REDIS_URL=redis.url, DASHBOARD_KEYS=f"k1:{KEYS[0]}"):
        services.services()
    with dashboard(tmp_path, **APP, REDIS_URL=redis.url, DASHBOARD_KEYS=ring):
        assert ready() == (503, "not ready: keys")


def test_a_place_for_copies_that_cannot_be_written_to_is_named_and_found_again(tmp_path, clock):
    place = tmp_path / "place"
    place.write_text("in the way")
    with dashboard(tmp_path / "home", **APP, SNAPSHOT_URI=place.as_posix()):
        before = ready()
        place.unlink()
        clock[0] += 3
        after = ready()

    assert before == (503, "not ready: snapshots")
    assert after == (200, "ready")


def test_a_wrong_setting_is_named_by_kind_alone(tmp_path):
    with dashboard(tmp_path, DASHBOARD_KEYS="hush"):
        # The security headers need no setting only while there is none that is wrong.
        assert probes.readiness.reason() == "settings"


def test_a_process_that_is_about_to_end_is_not_ready(tmp_path):
    with dashboard(tmp_path, **APP):
        services.stopping.set()
        try:
            assert ready() == (503, "not ready: stopping")
        finally:
            services.stopping.clear()


def test_the_reason_is_logged_when_it_changes_and_not_at_every_question(tmp_path, clock, caplog):
    caplog.set_level("INFO", logger="hubspot")
    place = tmp_path / "place"
    place.write_text("in the way")
    with dashboard(tmp_path / "home", **APP, SNAPSHOT_URI=place.as_posix()):
        for _ in range(3):
            ready()
            clock[0] += 3
        place.unlink()
        ready()

    first, second = (each for each in caplog.messages if "ready" in each)
    assert first.startswith("not ready, snapshots: The folder for stored copies can't be used")
    assert second == "ready again"


def test_a_running_dashboard_tells_of_its_redis(tmp_path):
    folder = tmp_path / "redis"
    folder.mkdir()
    with (
        redis_server(folder) as redis,
        running.dashboard(
            tmp_path / "home", tmp_path / "log", REDIS_URL=redis.url, DASHBOARD_KEYS=f"k1:{KEYS[0]}"
        ) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http,
    ):
        assert http.get("/readyz").status_code == 200
        redis.stop()
        wait_until(lambda: http.get("/readyz").text == "not ready: store", seconds=20)
        began = time.monotonic()
        assert http.get("/healthz").status_code == 200
        assert time.monotonic() - began < 1
        assert "no-store" in http.get("/healthz").headers["cache-control"]
