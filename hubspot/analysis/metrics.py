"""The numbers at the head of the overview, each with what it counts and what it is compared with."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.calendar import Basis, Calendar, Periods, Span, created, midnight, wall_clock
from hubspot.analysis.lifecycle import entered, reached
from hubspot.portal import COMPANIES, CONTACTS, Portal

CUSTOMER = "customer"
LEAD = "lead"
SERIES_WEEKS = 12
NO_CUSTOMER_STAGE = "This portal has no lifecycle stage with the internal name customer."
NO_STAGE_DATES = "This portal keeps no dates of entering the stages lead and customer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One number. `value` is None where the portal can't answer, and `definition` then says why.

    `kind` count: a number of records; rate: a share from 0 to 1. `before` is the number it is compared with and
    `compared` says in words what that is; None and empty where no honest comparison exists. `n` records were looked
    at; `excluded` of them lack a date, and `excluded_means` says what the comparison and `series` do with those.
    `series` is oldest first, a point per week.
    """

    name: str
    label: str
    definition: str
    kind: Literal["count", "rate"] = "count"
    value: float | None = None
    before: float | None = None
    compared: str = ""
    n: int = 0
    excluded: int = 0
    excluded_means: str = "count as earlier ones"
    series: tuple[float, ...] = ()

    @property
    def change(self) -> float | None:
        """Return the relative change of a count (0.12 is 12% more), the difference of a rate (-0.003 is -0.3 points).

        None where there is nothing to compare with.
        """
        if self.value is None or self.before is None:
            return None
        if self.kind == "rate":
            return self.value - self.before
        return (self.value - self.before) / self.before if self.before else None


def kpis(
    contacts: pd.DataFrame | None,
    companies: pd.DataFrame | None,
    portal: Portal,
    calendar: Calendar,
    *,
    basis: Basis = "month",
) -> tuple[Kpi, ...]:
    """Return the overview's numbers, compared with last month or with a year ago.

    Those of an object that was not granted (None) are left out.
    """
    found = []
    if contacts is not None:
        found += [
            total(contacts, CONTACTS, calendar, basis=basis),
            new_this_month(contacts, calendar, basis=basis),
            customers(contacts, portal, calendar, basis=basis),
            lead_to_customer(contacts, portal, calendar, basis=basis),
        ]
    if companies is not None:
        found.append(total(companies, COMPANIES, calendar, basis=basis))
    if contacts is not None and companies is not None:
        found.append(empty_companies(companies, contacts))
    return tuple(found)


def total(frame: pd.DataFrame, object_type: str, calendar: Calendar, *, basis: Basis = "month") -> Kpi:
    """Count the records, compared with those of them that already existed when this month began, or a year ago.

    Records without a creation date count as earlier ones; there is no comparison where none has one.
    """
    wall = created(frame, calendar.time_zone)
    since = calendar.since(basis)
    dated = int(wall.notna().sum())
    return Kpi(
        name=object_type,
        label=object_type.capitalize(),
        definition=f"{object_type.capitalize()} in HubSpot now. Earlier numbers count those that still exist.",
        value=len(frame),
        before=len(frame) - int((wall >= since).sum()) if dated else None,
        compared=_since(since, basis) if dated else "",
        n=len(frame),
        excluded=len(frame) - dated,
        series=_growth(wall, calendar.last(SERIES_WEEKS, "week")) if dated else (),
    )


def new_this_month(contacts: pd.DataFrame, calendar: Calendar, *, basis: Basis = "month") -> Kpi:
    """Count the contacts created this month, compared with as many days of last month or of a year ago.

    Those without a creation date are left out.
    """
    wall = created(contacts, calendar.time_zone)
    month, before = calendar.month_to_date(basis)
    dated = int(wall.notna().sum())
    # The week that runs now would look like a fall.
    weeks = calendar.last(SERIES_WEEKS + 1, "week")
    return Kpi(
        name="new_contacts",
        label="New contacts",
        definition=f"Contacts created {_days(month, 'month')}, compared with as many days: {_days(before, basis)}, the "
        "last one up to the present time of day.",
        value=int(month.holds(wall).sum()),
        before=int(before.holds(wall).sum()),
        compared=f"{_days(month, 'month')} vs {_days(before, basis)}",
        n=len(contacts),
        excluded=len(contacts) - dated,
        excluded_means="are left out",
        series=_per_period(wall, weeks)[:-1] if dated else (),
    )


def customers(contacts: pd.DataFrame, portal: Portal, calendar: Calendar, *, basis: Basis = "month") -> Kpi:
    """Count the contacts in the stage "customer", compared with those of them that were in it before.

    Those without a date of entering count as earlier ones; there is no comparison where none has one.
    """
    label = _stage_label(portal, CUSTOMER)
    kpi = Kpi(name="customers", label="Customers", n=len(contacts), definition=NO_CUSTOMER_STAGE)
    if label is None or "lifecyclestage" not in contacts:
        return kpi
    present = contacts[(contacts["lifecyclestage"] == CUSTOMER).to_numpy(dtype=bool)]
    definition = f"Contacts whose lifecycle stage is {label} now."
    dates = entered(present, CUSTOMER)
    if dates is None or not dates.notna().any():
        return replace(kpi, definition=definition, value=len(present))
    wall = wall_clock(dates, calendar.time_zone)
    since = calendar.since(basis)
    return replace(
        kpi,
        definition=f"{definition} Earlier numbers count those of them that had entered it by then.",
        value=len(present),
        before=len(present) - int((wall >= since).sum()),
        compared=_since(since, basis),
        excluded=int(wall.isna().sum()),
        series=_growth(wall, calendar.last(SERIES_WEEKS, "week")),
    )


def lead_to_customer(contacts: pd.DataFrame, portal: Portal, calendar: Calendar, *, basis: Basis = "month") -> Kpi:
    """Return the share of contacts that ever were leads which ever were customers, compared with what it was before.

    Both rates are of the same contacts: those in a stage without a date of entering it count as earlier ones. There is
    no comparison where no lead has a date, or where nobody was a lead yet. `n` leads were looked at.
    """
    lead, customer = _stage_label(portal, LEAD), _stage_label(portal, CUSTOMER)
    kpi = Kpi(name="lead_to_customer", label="Lead to customer", kind="rate", definition=NO_STAGE_DATES)
    leads, won = (_arrivals(contacts, stage, calendar.time_zone) for stage in (LEAD, CUSTOMER))
    if lead is None or customer is None or leads is None or won is None:
        return kpi
    definition = f"Of all contacts that ever reached {lead}, the share that ever reached {customer}."
    if not leads.here.any():
        return replace(kpi, definition=f"{definition} No contact has reached {lead} yet.")
    since = calendar.since(basis)
    before = _rate_by(leads, won, since)
    return replace(
        kpi,
        definition=definition,
        value=float(won.here[leads.here].mean()),
        before=before,
        compared="" if before is None else _since(since, basis),
        n=int(leads.here.sum()),
        excluded=int((leads.undated | (leads.here & won.undated)).sum()),
    )


def empty_companies(companies: pd.DataFrame, contacts: pd.DataFrame) -> Kpi:
    """Count the companies that are no contact's primary company.

    HubSpot keeps no date for a link, so there is nothing earlier to compare with.
    """
    linked = contacts["associatedcompanyid"].dropna() if "associatedcompanyid" in contacts else ()
    return Kpi(
        name="empty_companies",
        label="Empty companies",
        definition="Companies that are the primary company of no contact.",
        value=int((~companies["hs_object_id"].isin(linked)).sum()),
        n=len(companies),
    )


def _stage_label(portal: Portal, value: str) -> str | None:
    return next((stage.label for stage in portal.stages(CONTACTS) if stage.value == value), None)


@dataclass(frozen=True, slots=True, eq=False)
class _Arrivals:
    """Which contacts are in a stage or ever were, and when they entered it (wall clock time, missing if unknown)."""

    here: NDArray[np.bool_]
    wall: pd.Series

    @property
    def undated(self) -> NDArray[np.bool_]:
        return self.here & self.wall.isna().to_numpy(dtype=bool)

    def by(self, end: datetime) -> NDArray[np.bool_]:
        """Return which were there before a moment; those without a date count as earlier."""
        return self.here & ~(self.wall >= end).to_numpy(dtype=bool)


def _arrivals(contacts: pd.DataFrame, stage: str, time_zone: str) -> _Arrivals | None:
    here, dates = reached(contacts, stage), entered(contacts, stage)
    return None if here is None or dates is None else _Arrivals(here, wall_clock(dates, time_zone))


def _rate_by(leads: _Arrivals, won: _Arrivals, end: datetime) -> float | None:
    """Return the rate as it was at a moment; None where no lead has a date, or nobody was a lead by then."""
    earlier = leads.by(end)
    return float(won.by(end)[earlier].mean()) if leads.wall.notna().any() and earlier.any() else None


def _per_period(wall: pd.Series, periods: Periods) -> tuple[float, ...]:
    positions = periods.positions(wall)
    counts = np.bincount(positions[positions >= 0], minlength=len(periods.starts))
    return tuple(float(count) for count in counts)


def _growth(wall: pd.Series, periods: Periods) -> tuple[float, ...]:
    """Return how many records existed at the end of each period, all of them at the last; undated ones always did."""
    later = [int((wall >= midnight(end)).sum()) for end in periods.ends[:-1]]
    return tuple(float(len(wall) - count) for count in (*later, 0))


def _days(span: Span, basis: Basis) -> str:
    """Return the days of a span: 1 Nov, 1-23 Oct, 29 Jan-28 Feb 2027."""
    last = max(span.start, span.end - timedelta(microseconds=1))
    end = f"{last.day} {_month(last, basis)}"
    if span.start.date() == last.date():
        return end
    return f"{span.start.day}{'' if span.start.month == last.month else f' {span.start:%b}'}\N{EN DASH}{end}"


def _since(moment: datetime, basis: Basis) -> str:
    return f"since {moment.day} {_month(moment, basis)}"


def _month(moment: datetime, basis: Basis) -> str:
    return f"{moment:%b}" if basis == "month" else f"{moment:%b %Y}"
