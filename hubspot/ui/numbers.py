"""Numbers and dates as people read them: 12,431 · 4.8% · -0.3 pt · 22 Nov 2026, a dash for what is missing."""

from datetime import date

from hubspot.analysis.metrics import Kpi

EMPTY = "\N{EN DASH}"
_MILLION = 1_000_000


def count(number: float | None) -> str:
    """Return a number of records: 12,431, and 1.2M from a million on."""
    if number is None:
        return EMPTY
    return f"{number:,.0f}" if abs(number) < _MILLION else f"{number / _MILLION:,.1f}M"


def share(part: float | None) -> str:
    """Return a share of 0 to 1 in percent: one decimal under 10%, else none; a missing one (None or NaN) as a dash."""
    if part is None or part != part:  # noqa: PLR0124 (only NaN differs from itself)
        return EMPTY
    percent = part * 100
    if 0 < percent < 0.05:
        return "<0.1%"
    return f"{_unsigned_zero(f'{percent:.1f}')}%" if 0 < abs(percent) < 9.95 else f"{percent:.0f}%"


def day(when: date) -> str:
    """Return a day with its year: 22 Nov 2026."""
    return f"{when.day} {when:%b %Y}"


def short_day(when: date) -> str:
    """Return a day without its year: 22 Nov."""
    return f"{when.day} {when:%b}"


def quarter(start: date) -> str:
    """Return the quarter that begins on a day: Q4 2026."""
    return f"Q{(start.month + 2) // 3} {start.year}"


def value_of(kpi: Kpi) -> str:
    """Return the number of a KPI."""
    return share(kpi.value) if kpi.kind == "rate" else count(kpi.value)


def delta_of(kpi: Kpi) -> str | None:
    """Return what changed, or None without a comparison; `st.metric` draws its arrow by the plain hyphen in front.

    Rates differ in points; a count that was zero before has no percentage and shows what came on top.
    """
    if kpi.value is None or kpi.before is None:
        return None
    if kpi.change is None:
        return f"{kpi.value - kpi.before:,.0f}"
    return f"{_unsigned_zero(f'{kpi.change * 100:.1f}')} pt" if kpi.kind == "rate" else share(kpi.change)


def _unsigned_zero(text: str) -> str:
    return text.removeprefix("-") if float(text) == 0 else text
