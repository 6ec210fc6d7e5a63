"""The table of facts: every fact has its test, and every test it names is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.sandbox.facts import NOT_OURS
from tests.sandbox.facts_connecting import CONNECTING
from tests.sandbox.facts_limits import LIMITING
from tests.sandbox.facts_reading import READING

TESTS = Path(__file__).parent.parent
FACTS = (*CONNECTING, *READING, *LIMITING)
SECTIONS = (
    "0",
    "1.1",
    "1.2",
    "1.3",
    "1.4",
    "2",
    "3",
    "3.1",
    "3.2",
    "3.3",
    "3.4",
    "3.5",
    "3.6",
    "4",
    "5",
    "6",
    "10",
    "11",
)


def names_in(file):
    """The names of a file's tests, read without running it."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("file", sorted({fact.test.partition("::")[0] for fact in FACTS if fact.test}))
def test_every_test_that_a_fact_names_is_there(file):
    named = {name for path, _, name in (fact.test.partition("::") for fact in FACTS) if path == file}

    assert named - names_in(file) == set()


def test_no_fact_is_without_a_test_of_the_sandbox_or_a_reason():
    bare = [
        fact.says for fact in FACTS if not fact.test.startswith("sandbox/") and not fact.choice.startswith(NOT_OURS)
    ]

    assert bare == []
    assert all(len(fact.choice) > len(NOT_OURS) + 10 for fact in FACTS if fact.choice.startswith(NOT_OURS))


def test_every_section_has_facts_and_no_other_has():
    assert tuple(dict.fromkeys(fact.section for fact in FACTS)) == SECTIONS


def test_facts_are_said_once_in_a_section():
    said = [(fact.section, fact.says) for fact in FACTS]

    assert len(set(said)) == len(said)


def test_sources_are_pages_of_hubspots():
    pattern = re.compile(r"https://(developers\.hubspot\.com/|github\.com/HubSpot/)")

    assert [fact.source for fact in FACTS if fact.source and not pattern.match(fact.source)] == []
    assert sum(bool(fact.source) for fact in FACTS) > 100
