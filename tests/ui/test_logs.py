"""What a log line says, in both forms, and what it never holds. A whole process: test_json_logs.py."""

import ast
import json
import logging
import re
import sys
import threading
import warnings
from pathlib import Path

import pytest
import streamlit.logger

from hubspot.connections.records import Account
from hubspot.errors import OAuthRefused
from hubspot.settings import Settings
from hubspot.ui import logs
from tests.ui.tabs import APP, dashboard

ROOT = Path(__file__).parent.parent.parent
JSON = Settings(log_format="json")
OURS = logging.getLogger("hubspot.ui.x")
ELSEWHERE = logging.getLogger("somewhere.else")
RESERVED = {"at", "level", "logger", "message", "exception"}


@pytest.fixture
def keys(app):
    """The key ring that pseudonyms come from."""


def lines(capsys):
    return capsys.readouterr().err.splitlines()


def event(capsys):
    (line,) = lines(capsys)
    return json.loads(line)


def test_a_text_line_has_time_level_and_place(own_logging, keys, capsys):
    logs.configure(Settings())

    OURS.info("connected: %(records)d records", {"records": 4711})

    (line,) = lines(capsys)
    assert line.endswith("INFO hubspot.ui.x connected: 4711 records")
    assert line.startswith("20")


def test_a_json_line_is_one_object_whatever_the_message_holds(own_logging, capsys):
    logs.configure(JSON)

    OURS.warning('two\nlines, "quotes" and ümlauts')

    (line,) = lines(capsys)
    written = json.loads(line)
    assert written["message"] == 'two\nlines, "quotes" and ümlauts'
    assert (written["level"], written["logger"]) == ("WARNING", "hubspot.ui.x")
    assert written["at"].endswith("+00:00")
    assert "ümlauts" in line


def test_a_json_line_holds_the_exception_too(own_logging, capsys):
    logs.configure(JSON)

    try:
        int("in the way")
    except ValueError:
        OURS.exception("failed")

    assert "ValueError: invalid literal" in event(capsys)["exception"]


def test_the_values_of_an_event_are_fields_of_its_own(own_logging, keys, capsys):
    logs.configure(JSON)

    told = {"portal": 48_120_553, "seconds": 1.25, "records": 7, "object_type": "contacts", "counts": {"contacts": 7}}
    OURS.info("Portal %(portal)s: %(records)d %(object_type)s in %(seconds).1f s", told)

    written = event(capsys)
    portal = logs.pseudonym(48_120_553)
    assert written["message"] == f"Portal {portal}: 7 contacts in 1.2 s"
    assert {name: written[name] for name in told} == {**told, "portal": portal}


def test_an_error_is_its_kind_and_hubspots_reference_has_a_field(own_logging, keys, capsys):
    logs.configure(JSON)

    OURS.error("failed: %(error)s", {"error": OAuthRefused("No.", status_code=400, correlation_id="c-1")})
    OURS.error("failed: %s", OAuthRefused("No.", status_code=400))
    OURS.error("failed; correlation %(correlation_id)s", {"correlation_id": "none"})

    first, second, third = map(json.loads, lines(capsys))
    assert (first["message"], first["error"], first["correlation_id"]) == ("failed: No.", "OAuthRefused", "c-1")
    assert second["error"] == "OAuthRefused"
    assert "correlation_id" not in second
    assert "correlation_id" not in third


@pytest.mark.parametrize("form", ["text", "json"])
def test_portals_and_people_stand_under_pseudonyms_however_they_are_named(own_logging, keys, capsys, form):
    logs.configure(Settings(log_format=form))

    OURS.info("portal %(portal)s: loaded", {"portal": 48_120_553})
    OURS.info("connected: %s, %d scopes", Account(48_120_553, 9_000_001), 4)
    OURS.info("%(error)s", {"error": OAuthRefused("The operator does not allow portal 48120553.", status_code=400)})
    OURS.info("lease lost: %s", "{48120553}:load")
    OURS.info("damaged spool file skipped: %s", "48120553.9000001.json")
    ELSEWHERE.warning("Portal 48120553 again")

    text = capsys.readouterr().err
    assert "48120553" not in text
    assert "9000001" not in text
    assert text.count(logs.pseudonym(48_120_553)) >= 5


@pytest.mark.parametrize(
    "secret",
    ["?code=na1-hush&x=1", "state=hush.1", "Bearer hush-token", "id_token_hint=hush", "hush@example.com", "token=hush"],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_library_says_is_freed_from_secrets(own_logging, keys, capsys, form, secret):
    logs.configure(Settings(log_format=form))

    try:
        int(f"at {secret} it broke")
    except ValueError:
        OURS.exception("no: %s", secret)

    assert "hush" not in capsys.readouterr().err


def test_as_json_everybodys_lines_are_ours(own_logging, keys, capsys, monkeypatch):
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    logs.configure(JSON)

    streamlit.logger.get_logger("streamlit.made.later").warning("one")
    logging.getLogger("uvicorn.error").error("two")
    ELSEWHERE.warning("three")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("four", stacklevel=1)
    thread = threading.Thread(target=int, args=("five",), name="load 48120553")
    thread.start()
    thread.join()

    written = [json.loads(line) for line in lines(capsys)]
    assert [each["message"].split()[0] for each in written[:3]] == ["one", "two", "three"]
    assert "four" in written[3]["message"]
    assert written[4]["message"] == "thread load ended"
    assert "five" in written[4]["exception"]
    streamlit.logger._loggers.pop("streamlit.made.later")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_tells_of_a_tab_whence_it_comes_and_what_it_looks_at(own_logging, capsys, form):
    logs.configure(Settings(log_format=form, log_level="INFO"))
    server = logging.getLogger("uvicorn.error")
    server.addHandler(logging.StreamHandler(sys.stderr))
    server.setLevel(logging.INFO)

    server.info('%s - "WebSocket %s" [accepted]', "203.0.113.9:51234", "/_stcore/stream?q=Jane%20Doe")
    server.info('%s - "WebSocket %s" %d', "203.0.113.9:51234", "/_stcore/stream?q=Jane%20Doe", 403)
    server.info("Application startup complete.")

    said = capsys.readouterr().err
    assert "203.0.113.9" not in said
    assert "Jane" not in said
    assert "startup complete" in said


def test_a_line_is_written_even_where_the_key_ring_cannot_be_read(own_logging, tmp_path, capsys):
    logs.configure(JSON)
    with dashboard(tmp_path, **APP, DASHBOARD_KEYS="nonsense"):
        OURS.error("portal %(portal)s: in trouble", {"portal": 48_120_553})

    (written,) = (each for each in map(json.loads, lines(capsys)) if each["logger"] == OURS.name)
    assert written["portal"] == "unknown"


def test_a_pseudonym_is_the_same_for_everybody_with_the_key_and_for_nobody_else(tmp_path):
    def named(folder, number=48_120_553):
        with dashboard(tmp_path / folder, **APP):
            return logs.pseudonym(number)

    assert named("one") == named("one")
    assert named("one") != named("two")
    assert named("one") != named("one", 48_120_554)
    assert re.fullmatch("p[0-9a-f]{9}", named("one"))


def test_a_person_and_a_portal_of_one_number_have_two_names(keys):
    assert logs.pseudonym(7) != logs.pseudonym(7, "person")


def test_the_level_is_the_settings(own_logging, capsys):
    logs.configure(Settings(log_level="ERROR"))

    OURS.warning("quiet")
    OURS.error("loud")

    assert len(lines(capsys)) == 1


def test_configuring_twice_does_not_double_the_lines(own_logging, capsys):
    for _ in range(2):
        logs.configure(JSON)

    OURS.error("once")
    ELSEWHERE.error("once")
    logging.getLogger("uvicorn.error").error("once")

    assert len(lines(capsys)) == 3


def test_the_library_that_prints_addresses_is_quiet(own_logging):
    logs.configure(Settings(log_level="DEBUG"))

    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


def calls():
    """Every call of a logger in the code, with the file it stands in."""
    for path in sorted((ROOT / "hubspot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and getattr(node.func.value, "id", "") in {"LOG", "_log"}
            ):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node


def test_no_line_is_given_a_portals_id_but_under_its_name():
    wrong = [
        place
        for place, call in calls()
        if any("hub_id" in ast.unparse(argument) for argument in call.args if not isinstance(argument, ast.Dict))
    ]
    misnamed = [
        place
        for place, call in calls()
        for argument in call.args
        if isinstance(argument, ast.Dict)
        for name, value in zip(argument.keys, argument.values, strict=True)
        if "hub_id" in ast.unparse(value) and getattr(name, "value", "") != logs.PORTAL
    ]

    assert len(list(calls())) > 50
    assert wrong == []
    assert misnamed == []


def test_no_field_takes_the_place_of_one_that_every_line_has():
    named = {
        name.value
        for _, call in calls()
        for argument in call.args
        if isinstance(argument, ast.Dict)
        for name in argument.keys
        if isinstance(name, ast.Constant)
    }

    assert "portal" in named
    assert not named & RESERVED
