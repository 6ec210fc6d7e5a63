"""What a filter costs on a million contacts: processor time, the best of five, beside the plain way with pandas."""

import time
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from hubspot.analysis.filters import Days, Filters, OneOf, Words, option_counts, select
from hubspot.analysis.records import NAME, contacts_joined

RECORDS = 1_000_000
TIMES = 5
ZONE = "Europe/Berlin"
NAMES = ("amara", "tomas", "ingrid", "dahl", "petrova", "ortiz", "reed", "silva", "okafor", "lindqvist")
STAGES = ("subscriber", "lead", "opportunity", "customer")
COUNTED = ("hubspot_owner_id", "lifecyclestage", "country")
FILTERS = Filters(
    (
        Words("petrova"),
        OneOf("lifecyclestage", frozenset({"lead", "customer"})),
        Days("createdate", date(2026, 1, 1), date(2026, 11, 23)),
    )
)


def figures(_folder):
    """Yield pairs of a name and a figure."""
    frame = contacts()
    selection = select(frame, FILTERS, ZONE)
    found = int(selection.mask.sum())
    assert found == int(plain(frame).sum()) > 0
    on = f"on {RECORDS:,} contacts ({found:,} found), CPU"
    yield f"Search, stage and creation days {on}", cost(lambda: select(frame, FILTERS, ZONE).mask)
    yield f"The same with pandas: str.contains of name or e-mail, isin, dates {on}", cost(lambda: plain(frame))
    yield (
        f"Counts beside the options of owner, stage and country {on}",
        cost(lambda: [option_counts(frame, name, selection.ignoring(name)) for name in COUNTED]),
    )
    yield (
        f"The search column of {RECORDS:,} contacts, made once a load, CPU",
        cost(lambda: contacts_joined(frame, None), times=1),
    )


def contacts():
    random = np.random.default_rng(7)
    first, last = (np.array(NAMES)[random.integers(0, len(NAMES), RECORDS)] for _ in range(2))
    days = pd.to_datetime(random.integers(1_400_000_000, 1_795_000_000, RECORDS), unit="s", utc=True)
    told = {
        "hs_object_id": np.arange(RECORDS),
        "firstname": pd.Series(pa.array(np.char.title(first))).astype("str"),
        "lastname": pd.Series(pa.array(np.char.title(last))).astype("str"),
        "email": pd.Series(pa.array([f"{name}{number}@x.example" for number, name in enumerate(last)])).astype("str"),
        "country": pd.Series(np.array(["Germany", "France", "Chile"])[random.integers(0, 3, RECORDS)]).astype("str"),
        "lifecyclestage": pd.Series(np.array(STAGES)[random.integers(0, 4, RECORDS)]).astype("category"),
        "hubspot_owner_id": pd.Series(random.integers(100, 130, RECORDS).astype(str)).astype("category"),
        "createdate": pd.Series(days).astype("datetime64[us, UTC]"),
    }
    return contacts_joined(pd.DataFrame(told), None)


def plain(frame):
    """Filter as one would without the search column and the codes of categories."""
    named = frame[NAME].str.contains("petrova", case=False) | frame["email"].str.contains("petrova", case=False)
    days = frame["createdate"].dt.tz_convert(ZONE).dt.date
    inside = (days >= date(2026, 1, 1)) & (days <= date(2026, 11, 23))
    return named & frame["lifecyclestage"].astype("str").isin({"lead", "customer"}) & inside


def cost(run, times=TIMES):
    spent = []
    for _ in range(times):
        began = time.process_time()
        run()
        spent.append(time.process_time() - began)
    return f"{min(spent) * 1000:,.0f} ms"
