"""Which filters show exactly the records that a number, a bar or a segment counted."""

from datetime import date, timedelta

import pandas as pd

from hubspot.analysis.calendar import first_day, next_start
from hubspot.analysis.counts import OTHER, Timeline
from hubspot.analysis.filters import Between, Condition, Days, Filters, Known, OneOf
from hubspot.analysis.filters.quick import CREATE_DATE
from hubspot.analysis.metrics import CUSTOMER, LEAD
from hubspot.analysis.records import CONTACT_COUNT
from hubspot.portal import COMPANIES, CONTACTS, OBJECT_TYPES, STAGE_DATES

STAGE = "lifecyclestage"


def kpi(name: str, contacts: pd.DataFrame | None, today: date) -> tuple[str, Filters]:
    """Return the object type and the filters behind one of `metrics.kpis`, as they are on a day of the portal.

    Of a rate, those of the records it is of.
    """
    match name:
        case "new_contacts":
            return CONTACTS, Filters((Days(CREATE_DATE, first_day(today, "month"), today),))
        case "customers":
            return CONTACTS, one(STAGE, CUSTOMER)
        case "lead_to_customer" if contacts is not None:
            return CONTACTS, reached(contacts, LEAD)
        case "empty_companies":
            return COMPANIES, Filters((Between(CONTACT_COUNT, 0, 0),))
        case _ if name in OBJECT_TYPES:
            return name, Filters()
        case _:
            raise KeyError(name)  # a number without its case here


def one(column: str, *values: str) -> Filters:
    """Return the filters behind a bar, a record without a value counting as NO_VALUE."""
    return Filters((OneOf(column, frozenset(values)),))


def reached(frame: pd.DataFrame, stage: str) -> Filters:
    """Return the filters behind the records that are in a stage or ever were, as `lifecycle.reached` counts them."""
    dates = (name.format(stage) for name in STAGE_DATES)
    groups: list[tuple[Condition, ...]] = [(Known(column),) for column in dates if column in frame]
    here = OneOf(STAGE, frozenset({stage}))
    return Filters(groups=((here,), *groups)) if groups else Filters((here,))


def period(found: Timeline, start: date) -> Filters:
    """Return the filters behind one period of a timeline, all its kinds together."""
    # Not looked up: a page that stood open over the turn of a month still shows a period that is gone.
    end = next_start(start, found.periods.grain)
    return Filters((Days(CREATE_DATE, start, end - timedelta(days=1)),))


def whole(found: Timeline) -> Filters:
    """Return the filters behind all periods of a timeline."""
    return Filters((Days(CREATE_DATE, found.periods.starts[0], found.periods.end - timedelta(days=1)),))


def kind(found: Timeline, by: str, value: str) -> Filters:
    """Return the filters behind one kind of a timeline, OTHER being all kinds it stands for, in all periods."""
    values = found.others if value == OTHER else (value,)
    return Filters((*whole(found).conditions, *one(by, *values).conditions))


def segment(found: Timeline, by: str, value: str, start: date) -> Filters:
    """Return the filters behind one kind in one period of a timeline."""
    return kind(found, by, value).asking(*period(found, start).conditions)
