import threading

import pytest

from hubspot.errors import SettingsError
from hubspot.settings import SAMPLE_CLIENT_ID, Settings
from hubspot.ui import services
from tests.ui.tabs import APP, dashboard


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
