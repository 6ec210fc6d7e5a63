"""The tests that docs/security.md names are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def test_every_threat_names_a_test():
    threats = PAGE.split("## What could go wrong")[1].split("## What is left")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")][2:]

    assert len(rows) > 10
    assert [row for row in rows if "::test_" not in row] == []


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_exists(path, name):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
