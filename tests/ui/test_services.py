import json
import logging
import threading

import pytest

from hubspot.errors import SettingsError
from hubspot.settings import SAMPLE_CLIENT_ID, Settings
from hubspot.ui import services
from tests.ui.tabs import APP, dashboard


def lines(capsys):
    return capsys.readouterr().err.splitlines()


def test_a_text_line_has_time_level_and_place(own_logging, capsys):
    services.configure_logging(Settings())

    logging.getLogger("hubspot.ui.x").info("connected: portal %s", 4711)

    (line,) = lines(capsys)
    assert line.endswith("INFO hubspot.ui.x connected: portal 4711")
    assert line.startswith("20")


def test_a_json_line_is_one_object_whatever_the_message_holds(own_logging, capsys):
    services.configure_logging(Settings(log_format="json"))

    logging.getLogger("hubspot.ui.x").warning('two\nlines, "quotes" and ümlauts')

    (line,) = lines(capsys)
    event = json.loads(line)
    assert event["message"] == 'two\nlines, "quotes" and ümlauts'
    assert (event["level"], event["logger"]) == ("WARNING", "hubspot.ui.x")
    assert event["at"].endswith("+00:00")
    assert "ümlauts" in line


def test_a_json_line_holds_the_exception_too(own_logging, capsys):
    services.configure_logging(Settings(log_format="json"))

    try:
        int("in the way")
    except ValueError:
        logging.getLogger("hubspot.ui.x").exception("failed")

    (line,) = lines(capsys)
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_the_level_is_the_settings(own_logging, capsys):
    services.configure_logging(Settings(log_level="ERROR"))

    logging.getLogger("hubspot.ui.x").warning("quiet")
    logging.getLogger("hubspot.ui.x").error("loud")

    assert len(lines(capsys)) == 1


def test_configuring_twice_does_not_double_the_lines(own_logging, capsys):
    for _ in range(2):
        services.configure_logging(Settings())

    logging.getLogger("hubspot.ui.x").error("once")

    assert len(lines(capsys)) == 1


def test_the_library_that_prints_addresses_is_quiet(own_logging):
    services.configure_logging(Settings(log_level="DEBUG"))

    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


def test_with_an_app_the_settings_stay_as_they_are():
    given = Settings(client_id="client-id", client_secret="client-secret")

    assert services.with_sample(given) is given


def test_without_an_app_they_name_the_sample_portal_at_this_process(tmp_path):
    with dashboard(tmp_path):
        services.listening.host, services.listening.port = "127.0.0.1", 9321
        resolved = services.with_sample(services.settings())

        assert resolved.client_id == SAMPLE_CLIENT_ID
        assert resolved.api_url == "http://127.0.0.1:9321/sample"
        assert resolved.authorize_url == "/sample/oauth/authorize"
        assert resolved.client_secret == services.sample_secret()


def test_the_sample_portals_secret_outlives_a_restart_and_is_this_installations(tmp_path):
    def secret(folder):
        with dashboard(tmp_path / folder):
            return services.sample_secret()

    assert secret("one") == secret("one")
    assert secret("one") != secret("two")
    assert len(secret("one")) == 64


def test_an_address_in_ip_version_6_is_written_in_brackets():
    listening = services.Listening()
    listening.host, listening.port = "::1", 8501

    assert listening.origin == "http://[::1]:8501"


def test_data_of_the_sample_portal_and_of_an_app_lie_apart(tmp_path):
    with dashboard(tmp_path):
        sample = services.settings().namespace
    with dashboard(tmp_path, **APP):
        real = services.settings().namespace
    with dashboard(tmp_path, **APP, HUBSPOT_API_URL="http://127.0.0.1:1"):
        elsewhere = services.settings().namespace

    assert len({sample, real, elsewhere}) == 3


def test_the_shared_objects_are_built_once_for_all_threads(tmp_path):
    with dashboard(tmp_path, **APP):
        services.store()
        found = []
        threads = [threading.Thread(target=lambda: found.append(services.services())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(found) == 8
        assert len(set(map(id, found))) == 1


def test_what_failed_to_build_is_built_when_the_cause_is_gone(tmp_path):
    (tmp_path / "state").write_text("in the way")
    with dashboard(tmp_path, **APP):
        with pytest.raises(SettingsError):
            services.services()
        (tmp_path / "state").unlink()

        assert services.services() is services.services()


def test_a_missing_half_of_the_app_is_a_sentence(tmp_path):
    with dashboard(tmp_path, HUBSPOT_CLIENT_SECRET="client-secret"), pytest.raises(SettingsError) as refused:
        services.settings()

    assert "HUBSPOT_CLIENT_ID is not set" in str(refused.value)
    assert "client-secret" not in str(refused.value)


def test_no_repr_shows_a_secret(tmp_path):
    with dashboard(tmp_path, **APP):
        services.store()
        shown = repr(services.services())

    assert "client-secret" not in shown
