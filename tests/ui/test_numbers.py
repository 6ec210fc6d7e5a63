from datetime import date

import pytest

from hubspot.analysis.metrics import Kpi
from hubspot.ui import numbers


def kpi(value, before=None, kind="count"):
    return Kpi(name="x", label="X", definition="", value=value, before=before, kind=kind)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (12431, "12,431"), (999_999, "999,999"), (1_234_567, "1.2M"), (None, numbers.EMPTY), (3.0, "3")],
)
def test_counts_are_never_abbreviated_under_a_million(number, text):
    assert numbers.count(number) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0.0481, "4.8%"),
        (0.0996, "10%"),
        (0.65, "65%"),
        (0, "0%"),
        (1, "100%"),
        (0.0001, "<0.1%"),
        (None, numbers.EMPTY),
        (float("nan"), numbers.EMPTY),
        (-0.21, "-21%"),
        (-0.034, "-3.4%"),
    ],
)
def test_shares_have_one_decimal_under_ten_percent(part, text):
    assert numbers.share(part) == text


@pytest.mark.parametrize(
    ("given", "value", "delta"),
    [
        (kpi(112, 100), "112", "12%"),
        (kpi(97, 100), "97", "-3.0%"),
        (kpi(100, 100), "100", "0%"),
        (kpi(5, 0), "5", "5"),
        (kpi(7), "7", None),
        (kpi(None), numbers.EMPTY, None),
        (kpi(0.048, 0.051, "rate"), "4.8%", "-0.3 pt"),
        (kpi(0.048, 0.048, "rate"), "4.8%", "0.0 pt"),
        (kpi(0.04799, 0.048, "rate"), "4.8%", "0.0 pt"),
        (kpi(99_999, 100_000), "99,999", "0.0%"),
    ],
)
def test_a_kpi_shows_its_number_and_what_changed(given, value, delta):
    assert (numbers.value_of(given), numbers.delta_of(given)) == (value, delta)


def test_days_are_written_day_first():
    assert numbers.day(date(2026, 11, 2)) == "2 Nov 2026"
    assert numbers.short_day(date(2026, 11, 22)) == "22 Nov"
