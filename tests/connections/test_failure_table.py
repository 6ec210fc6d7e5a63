"""The table of failures names a test for each row; here it is held to that."""

import re

import pytest

from hubspot.connections.failures import PERMISSIONS
from tests.running import ROOT

TABLE = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith(("| what", "| ---"))]
NAMED = re.compile(r"`(test_\w+)`")


@pytest.fixture(scope="module")
def defined():
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}


def test_each_row_names_a_test():
    assert len(ROWS) > 50
    assert [row for row in ROWS if not NAMED.search(row.split("|")[3])] == []


def test_each_named_test_exists(defined):
    assert [name for name in NAMED.findall(TABLE) if name not in defined] == []


def test_each_test_of_a_renewals_failure_stands_in_the_table():
    files = [ROOT / "tests" / "connections" / f"test_{name}.py" for name in ("stampedes", "embedded_failures")]
    names = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}

    assert names <= set(NAMED.findall(TABLE))


def test_the_line_for_the_redis_user_is_the_one_that_errors_name():
    assert f"    {PERMISSIONS}\n" in TABLE
