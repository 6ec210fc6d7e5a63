"""What make says on a machine that lacks something. The Makefile itself runs, in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-ins for Python are shell scripts")
# What a Python on the PATH does: fail every check, or pass the version check and have no ensurepip.
TOO_OLD = "exit 1"
WITHOUT_ENSUREPIP = 'case "$2" in *ensurepip*) exit 1;; esac; exit 0'


@pytest.fixture
def make(tmp_path):
    """Run make where the only Pythons are the given scripts; returns its exit status and what it said."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.lock", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "sh", "rm", "touch"):
        (tools / name).symlink_to(shutil.which(name))

    def run(**pythons):
        for name, script in pythons.items():
            (tools / name).write_text(f"#!{tools}/sh\n{script}\n")
            (tools / name).chmod(0o755)
        done = subprocess.run(
            [tools / "make", "run"], cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    return run


def test_without_any_python_the_sentence_names_the_version(make):
    status, said = make()

    assert status != 0
    assert said.startswith("Python 3.11 or newer is needed and was not found")


def test_a_python_that_is_too_old_is_not_enough(make):
    status, said = make(python3=TOO_OLD)

    assert status != 0
    assert "Python 3.11 or newer is needed" in said


def test_a_python_without_ensurepip_names_the_package_to_install(make):
    status, said = make(python3=WITHOUT_ENSUREPIP)

    assert status != 0
    assert "apt install python3-venv" in said
    assert said.count("\n") == 1
