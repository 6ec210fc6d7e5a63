"""What is under packaging/, the Dockerfile and compose.yaml: they agree with each other and with the settings.

The image is not built here, for that needs Docker; docs/operate.md says how it was.
"""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from hubspot import settings
from hubspot.ui import probes
from tests.reverse_proxy import write_configuration
from tests.running import ROOT, free_port

PACKAGING = ROOT / "packaging"
NAME = "hubspot-dashboard"
INSTALL = (PACKAGING / "install.sh").read_text(encoding="utf-8")
UNIT = (PACKAGING / f"{NAME}@.service").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
EXAMPLE = (PACKAGING / "environment.example").read_text(encoding="utf-8")
REPLICAS = (PACKAGING / "nginx-replicas.compose.conf").read_text(encoding="utf-8")
LINE = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)


def replicas():
    return {name: service for name, service in COMPOSE["services"].items() if service.get("build")}


def test_the_example_names_every_setting_and_values_that_can_be_read():
    source = (ROOT / "hubspot" / "settings.py").read_text(encoding="utf-8")
    known = set(re.findall(r"\"((?:HUBSPOT|DASHBOARD|REDIS|SNAPSHOT)_[A-Z_]+)\"", source))
    given = {name: value.strip('"') for name, value in LINE.findall(EXAMPLE)}
    ours = {name: value for name, value in given.items() if name in known}

    assert known == set(ours)
    assert set(given) - known == {"STREAMLIT_SERVER_ADDRESS", "FORWARDED_ALLOW_IPS"}
    one_by_one = {**ours, "HUBSPOT_CLIENT_ID": "id", "HUBSPOT_CLIENT_SECRET": "secret", "REDIS_URL": ""}
    settings.load(one_by_one, secrets_file=ROOT / "none.toml")


def test_unit_script_and_image_name_the_same_user_and_places():
    assert f"readonly NAME={NAME}" in INSTALL
    assert f"User={NAME}" in UNIT
    assert f"USER {NAME}" in DOCKERFILE
    for place in (f"DASHBOARD_HOME=/var/lib/{NAME}", "-m streamlit run app.py"):
        assert place in UNIT
    assert f"WORKDIR /opt/{NAME}/current" in DOCKERFILE
    assert f"StateDirectory={NAME}" in UNIT


def test_the_lock_holds_every_package_by_version_and_hash():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    pinned = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)

    assert {name: locked.get(name) for name, _ in pinned} == dict(pinned), "run make lock"
    # A package begins where no space is, and ends before the next.
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) == len(locked) > len(pinned)
    assert [each for each in packages if "--hash=sha256:" not in each] == []


def test_make_and_the_installation_take_what_is_locked_only():
    for text in (INSTALL, (ROOT / "Makefile").read_text(encoding="utf-8")):
        assert "--require-hashes -r requirements.lock" in text
        assert "-r requirements.txt" not in text


def test_the_image_does_nothing_but_run_the_script():
    runs = re.findall(r"^RUN (.*(?:\\\n.*)*)", DOCKERFILE, re.MULTILINE)

    assert len(runs) == 1
    assert runs[0].startswith("/src/packaging/install.sh --no-service")
    # It would be fetched from Docker Hub before anything else, where there may be a registry of one's own alone.
    assert "# syntax=" not in DOCKERFILE


def test_what_the_script_installs_is_there_and_may_enter_the_image():
    code = re.search(r"^readonly CODE=\((.*)\)$", INSTALL, re.MULTILINE)[1].split()
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert [each for each in code if not (ROOT / each).exists()] == []
    assert [each for each in [*code, "packaging"] if f"!{each}" not in ignored] == []
    assert ignored.index("*") < min(index for index, line in enumerate(ignored) if line.startswith("!"))
    assert ignored[-1] == "packaging/tls"


def test_two_replicas_of_the_image_share_store_state_and_keys():
    first, second = replicas().values()

    assert first == second
    assert set(first["environment"]) >= {"REDIS_URL", "DASHBOARD_KEYS", "DASHBOARD_HOME"}
    assert first["volumes"] == [f"state:/var/lib/{NAME}"]
    assert "ports" not in first
    assert set(COMPOSE["volumes"]) == {"state", "tokens"}
    assert int(first["stop_grace_period"].rstrip("s")) == int(re.search(r"TimeoutStopSec=(\d+)", UNIT)[1])


def test_the_proxy_asks_the_replicas_at_the_port_of_the_image():
    port = re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[1]

    assert f'"--server.port", "{port}"' in DOCKERFILE
    assert f"http://127.0.0.1:{port}/" in DOCKERFILE
    assert re.findall(r"^server ([\w-]+):(\d+) ", REPLICAS, re.MULTILINE) == [(name, port) for name in replicas()]


def test_a_replica_is_asked_whether_it_lives_and_the_outside_is_not_told():
    site = (PACKAGING / "nginx.conf").read_text(encoding="utf-8")
    closed = re.search(r"location ~ (\S+) \{\s+return 404;", site)[1]

    assert f"{probes.ALIVE}'," in DOCKERFILE
    assert f"{probes.READY}'," in INSTALL
    assert [path for path in (probes.ALIVE, probes.READY, "/_stcore/metrics") if not re.search(closed, path)] == []


def test_what_compose_mounts_is_here_where_the_proxy_looks_for_it():
    mounts = [each.split(":")[:2] for each in COMPOSE["services"]["nginx"]["volumes"]]
    site = (PACKAGING / "nginx.conf").read_text(encoding="utf-8")

    assert [here for here, _ in mounts if here.endswith(".conf") and not (ROOT / here).is_file()] == []
    for _, place in mounts[1:]:
        assert place in site


def test_the_token_store_forgets_nothing():
    command = " ".join(COMPOSE["services"]["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert COMPOSE["services"]["redis"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


@pytest.mark.nginx
def test_nginx_reads_its_configuration(tmp_path):
    main = write_configuration(tmp_path, [8501, 8502], port=free_port(), plain_port=free_port())
    done = subprocess.run(
        [shutil.which("nginx"), "-t", "-c", main, "-p", tmp_path], capture_output=True, text=True, check=False
    )

    assert (done.returncode, "[warn]" in done.stderr) == (0, False), done.stderr


@pytest.mark.shellcheck
@pytest.mark.parametrize("script", ["packaging/install.sh", f"packaging/{NAME}", ".ci/run"])
def test_shellcheck_finds_nothing(script):
    done = subprocess.run([shutil.which("shellcheck"), ROOT / script], capture_output=True, text=True, check=False)

    assert done.stdout == ""


@pytest.fixture
def install(tmp_path):
    """Run the script where the programs it meets are the given ones; returns what it complains of."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "dirname"):
        (tools / name).symlink_to(shutil.which(name))

    def run(*options, **programs):
        for name, script in programs.items():
            path = tools / name.replace("_", "-")
            path.write_text(f"#!{tools}/bash\n{script}\n")
            path.chmod(0o755)
        command = [tools / "bash", PACKAGING / "install.sh", *options]
        done = subprocess.run(command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        return done.stderr.removeprefix("install.sh: ")

    return run


def test_an_option_that_is_none_is_named(install):
    assert install("--prefxi", "/opt").startswith("--prefxi is no option of this script. Run with --help")
    assert install("--python").startswith("--python needs a value. Run with --help")


def test_who_is_not_root_reads_so(install):
    assert install(id="echo 1000").startswith("this needs root")


def test_another_system_is_told_apart(install):
    assert install(id="echo 0").startswith("this is for Debian and Ubuntu")


def test_without_systemd_it_says_what_to_do(install):
    assert install(id="echo 0", apt_get="exit 0").startswith("systemd was not found. Run it with --no-service")


def test_an_old_python_is_refused_before_anything_is_made(install):
    told = install("--python", "python3", id="echo 0", apt_get="exit 0", systemctl="exit 0", python3="exit 1")

    assert told.startswith("python3 is too old or does not run. Python 3.11 or newer is needed")


def test_a_folder_with_a_space_is_refused(install):
    assert install("--prefix", "/opt/a b").startswith("--prefix is '/opt/a b'. Use letters")


@pytest.fixture
def wrapper(tmp_path):
    """Run the operators' command with settings written as given; returns its exit status and what it printed.

    In place of Python stands a script that prints the folder, how it was called, and the settings that it was given.
    """
    tools, current, config = tmp_path / "bin", tmp_path / "current", tmp_path / "environment"
    (current / ".venv" / "bin").mkdir(parents=True)
    tools.mkdir()
    script = (PACKAGING / NAME).read_text(encoding="utf-8")
    script = script.replace("@PREFIX@", str(tmp_path)).replace(f"/etc/{NAME}/environment", str(config))
    told = 'echo "$PWD $*"; printenv A B C D HUBSPOT_SCOPES'
    programs = {
        tools / NAME: script,
        tools / "id": "echo 0",
        tools / "setpriv": 'while [[ $1 == --* ]]; do shift; done; exec "$@"',
        current / ".venv" / "bin" / "python": told,
    }
    for path, content in programs.items():
        path.write_text(content if content.startswith("#!") else f"#!/usr/bin/env bash\n{content}\n", encoding="utf-8")
        path.chmod(0o755)

    def run(*arguments, environment=""):
        config.write_text(environment, encoding="utf-8")
        path = f"{tools}:{os.environ['PATH']}"
        done = subprocess.run([NAME, *arguments], env={"PATH": path}, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_operators_command_reads_the_settings_as_systemd_does_and_runs_none_of_them(wrapper, tmp_path):
    written = 'A=redis://:p=1&2@h/0?x=$HOME`id`\n# B=no\nC="in quotes"\nD=\nnothing at all\nHUBSPOT_SCOPES=oauth a b\n'

    _, printed, _ = wrapper("connections", "rekey", "--check", environment=written)

    called, *values = printed.splitlines()
    assert called == f"{tmp_path}/current -m hubspot.connections rekey --check"
    assert values == ["redis://:p=1&2@h/0?x=$HOME`id`", "in quotes", "", "oauth a b"]


def test_the_operators_command_says_what_there_is(wrapper):
    status, printed, complaint = wrapper("nonsense")

    assert (status, printed) == (2, "")
    assert complaint.startswith("Usage: hubspot-dashboard connections|sync|sandbox")
