import tomllib
from pathlib import Path

import pytest
from streamlit import config

CONFIG = Path(__file__).parent.parent.parent / ".streamlit" / "config.toml"
LINES = [line for line in CONFIG.read_text(encoding="utf-8").splitlines() if "=" in line.split("#")[0]]


@pytest.fixture(scope="module")
def settings():
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))


def named(table, prefix=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from named(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.mark.parametrize("line", LINES)
def test_every_setting_has_its_reason(line):
    assert len(line.rpartition("# ")[2].split()) >= 2


def test_streamlit_knows_every_setting(settings):
    known = set(config.get_config_options())

    assert set(named(settings)) <= known


def test_nothing_is_told_to_strangers(settings):
    assert settings["server"]["address"] == "localhost"
    assert settings["server"]["enableCORS"]
    assert settings["server"]["enableXsrfProtection"]
    assert not settings["browser"]["gatherUsageStats"]
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["client"]["disableDataExport"] is True
    assert settings["client"]["toolbarMode"] in {"viewer", "minimal"}


def test_no_font_or_script_comes_from_elsewhere():
    assert "http" not in CONFIG.read_text(encoding="utf-8").replace("STREAMLIT_SERVER_ADDRESS", "")


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", ["textColor", "grayTextColor", "linkColor", "greenTextColor", "orangeTextColor"])
def test_text_is_readable_on_page_and_sidebar(settings, theme, text):
    colours = settings["theme"][theme]
    grounds = (colours["backgroundColor"], colours["sidebar"]["backgroundColor"])

    assert all(contrast(colours[text], ground) >= 4.5 for ground in grounds)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("slot", [8, 9])
def test_words_in_charts_are_readable(settings, theme, slot):
    colours = settings["theme"][theme]

    assert contrast(colours["chartCategoricalColors"][slot], colours["backgroundColor"]) >= 4.5
