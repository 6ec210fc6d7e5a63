"""What the documents name is there: settings, pages, files, make's targets, modules, commands, links, dependencies."""

import ast
import functools
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest

from hubspot import settings
from hubspot.errors import SettingsError
from hubspot.ui.destinations import PAGES
from tests.running import ROOT, write_private
from tests.test_layers import ALLOWED, GROUND

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
SETTING = re.compile(r"`((?:HUBSPOT|DASHBOARD|REDIS|SNAPSHOT)_[A-Z_]+)`")
# Not settings of the dashboard: the token of the command line, a folder of HubSpot's files, Redis' own in compose.
OTHER_VARIABLES = {"HUBSPOT_ACCESS_TOKEN", "HUBSPOT_OPENAPI_DIR"}
# Stand-ins in contributing.md's examples, and what make, an operator or an installation makes.
MADE_LATER = {"pages/owners.py", "hubspot/ui/owners.py", "tests/ui/test_owners.py"}
MADE_LATER |= {".streamlit/secrets.toml", "packaging/tls"}
PATH = re.compile(r"`((?:hubspot|pages|tests|docs|packaging|\.streamlit|\.ci)/[\w@./-]+?)/?`")
PLACES = "hubspot-dashboard"


@functools.cache
def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def documented(name, table_of="## Settings"):
    """Return the settings in the first column of a document's table."""
    section = text_of(name).split(f"{table_of}\n")[1].split("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return set(SETTING.findall(" ".join(first_cells)))


def known_settings():
    """Return the names that settings.py reads, which are the strings in it that look like one."""
    tree = ast.parse(text_of("hubspot/settings.py"))
    strings = {each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {each for each in strings if SETTING.fullmatch(f"`{each}`")}


def test_every_setting_stands_in_readme_manual_and_example_and_no_other_does():
    example = set(re.findall(r"^# ([A-Z_]+) =", text_of(".streamlit/secrets.toml.example"), re.MULTILINE))

    assert documented("README.md") == known_settings()
    assert documented("docs/operate.md") == known_settings()
    assert example == known_settings()


@pytest.mark.parametrize("name", NAMES)
def test_no_document_names_a_setting_that_there_is_not(name):
    assert set(SETTING.findall(text_of(name))) - known_settings() - OTHER_VARIABLES == set()


def test_the_example_is_toml_once_it_is_filled_in():
    lines = [line.removeprefix("# ") for line in text_of(".streamlit/secrets.toml.example").splitlines()]
    given = tomllib.loads("\n".join(line for line in lines if re.match(r"[A-Z_]+ = ", line)))

    assert set(given) == known_settings()


def test_defaults_in_the_manual_are_those_of_the_settings():
    defaults = settings.load({}, secrets_file=ROOT / "none.toml")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)`", text_of("docs/operate.md"), re.MULTILINE))

    assert int(rows["DASHBOARD_KEEP_DAYS"]) == defaults.keep_days
    assert float(rows["DASHBOARD_REFRESH_MINUTES"]) == defaults.refresh_minutes
    assert (
        int(rows["DASHBOARD_SIGN_IN_HOURS"]) == settings.SignIn(redirect_uri="", cookie_secret="", providers=()).hours
    )
    assert (rows["HUBSPOT_PKCE"] == "on") == defaults.pkce


def test_the_pages_are_those_of_the_architecture_and_the_readme_speaks_of_each():
    rows = re.findall(r"^\| ([\w ]+) \| `(pages/\w+\.py)` \|", text_of("docs/architecture.md"), re.MULTILINE)

    assert rows == [(page.title, page.file) for page in PAGES.values()]
    shown = [page.title for page in PAGES.values() if page.shows_records]
    assert [title for title in shown if title.lower() not in text_of("README.md").lower()] == []


def test_the_rooms_of_the_architecture_may_import_what_the_test_of_layers_allows():
    table = text_of("docs/architecture.md").split("## The pages")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    told = {
        room: set(re.findall(r"[a-z_]+", cells[3].split(";")[0])) - {"nothing", "of", "ours", "the", "ground"}
        for cells in rows
        for room in re.findall(r"`(?:hubspot/)?(\w+)(?:\.py)?`", cells[1])
    }
    ground = set().union(*(ALLOWED[room][1] for room in GROUND))

    assert {room: names for room, names in told.items() if room not in GROUND} == {
        room: packages for room, (_, packages) in ALLOWED.items() if room not in {*GROUND, "app"}
    }
    assert {room: told[room] for room in GROUND} == dict.fromkeys(GROUND, ground)


@pytest.mark.parametrize("name", NAMES)
def test_every_path_that_is_named_exists(name):
    named = {path for path in PATH.findall(text_of(name)) if not re.search(r"[*<…]", path)} - MADE_LATER

    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading(name):
    here = (ROOT / name).parent
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(name)) if not link.startswith("http")]
    for path, _, heading in (link.partition("#") for link in links):
        target = (here / path).resolve() if path else ROOT / name
        assert target.exists(), path
        if heading:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_target_of_make_exists(name):
    named = set(re.findall(r"(?:^ {4}|`|^)make ([a-z]+)", text_of(name), re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))

    assert named - targets == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_module_that_is_run_exists(name):
    modules = set(re.findall(r"-m (hubspot[\w.]*|streamlit|pytest)", text_of(name)))

    assert [module for module in sorted(modules) if importlib.util.find_spec(module) is None] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_test_that_is_named_exists(name):
    defined = {
        found
        for path in (ROOT / "tests").rglob("*.py")
        for found in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    # Named alone, or behind its file; a name with an extension is a file's.
    named = set(re.findall(r"(?:`|::)(test_\w+)`", text_of(name)))

    assert named - defined == set()


def harmless_commands():
    """Return the lines of the blocks that are marked as "run"."""
    for name in NAMES:
        for block in re.findall(r"^```sh run\n(.*?)^```", text_of(name), re.MULTILINE | re.DOTALL):
            yield from (pytest.param(line, id=f"{name}: {line[:60]}") for line in block.splitlines() if line)


@pytest.mark.parametrize("line", list(harmless_commands()))
def test_a_command_that_is_marked_for_running_runs(line, tmp_path):
    program, *arguments = shlex.split(line)
    assert program in {"python", "python3"}
    environ = {**os.environ, "DASHBOARD_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_a_key_made_as_the_manual_says_can_be_read():
    line = re.search(r"^python3 -c (.*k2:.*)$", text_of("docs/operate.md"), re.MULTILINE)[1]
    made = subprocess.run([sys.executable, "-c", *shlex.split(line)], capture_output=True, text=True, check=True)

    assert list(settings.read_keys(made.stdout.strip())) == ["k2"]


def test_the_operators_commands_in_the_manual_are_those_of_the_wrapper():
    named = set(re.findall(rf"sudo {PLACES} (\w+)", text_of("docs/operate.md")))
    case = re.search(r"^    ([\w| ]+)\) module", text_of(f"packaging/{PLACES}"), re.MULTILINE)[1]

    assert named <= set(case.split(" | "))


def test_the_options_of_the_installation_in_the_manual_are_its_own():
    named = set(re.findall(r"(?<=`)--[a-z-]+", text_of("docs/operate.md").split("## Settings")[0]))

    assert named
    assert [option for option in named if f"{option}" not in text_of("packaging/install.sh")] == []


def test_the_sign_in_of_the_manual_is_complete_but_for_its_secret(tmp_path):
    (shown,) = re.findall(r"^```toml\n(.*?)^```", text_of("docs/operate.md"), re.MULTILINE | re.DOTALL)
    copied, filled_in = tmp_path / "copied.toml", tmp_path / "filled_in.toml"
    write_private(copied, shown)
    write_private(filled_in, shown.replace("at least 32 random characters", "x" * 32))

    with pytest.raises(SettingsError, match="cookie_secret"):
        settings.load({}, secrets_file=copied)
    assert settings.load({}, secrets_file=filled_in).sign_in.origin == "https://dashboard.example.com"


def test_the_metrics_in_the_manual_are_those_that_are_served():
    named = set(re.findall(r"`hubspot_dashboard_(\w+?)(?:_total)?`", text_of("docs/operate.md")))
    source = text_of("hubspot/ui/metrics.py")
    served = {*re.findall(r"\{_PREFIX\}_(\w+)", source), *re.findall(r"_counted\(\"(\w+)\"", source)}

    assert named == served


def test_every_dependency_has_its_reason_in_the_readme():
    pinned = re.findall(r"^([\w-]+)==", text_of("requirements.txt"), re.MULTILINE)
    section = text_of("README.md").split("## Why each dependency")[1].split("\n## ")[0]
    first_cells = " ".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))

    assert [name for name in pinned if name.lower() not in re.findall(r"[\w-]+", first_cells.lower())] == []


def test_the_readme_stays_short():
    assert len(text_of("README.md").splitlines()) < 150
