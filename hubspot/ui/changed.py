"""What changed in the portal: a strip since somebody's last visit, and a dialog with the rows, for any two loads."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from hubspot.analysis import changed
from hubspot.analysis.records import COMPANY_NAME, NAME
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sync.changes import Step
from hubspot.ui import history, rows, trouble, visits, words
from hubspot.ui.history import Period
from hubspot.ui.numbers import day
from hubspot.ui.state import View
from hubspot.ui.visits import Visit

KINDS = {"created": "Created", "stages": "Stage moves", "owners": "Owner moves", "gone": "Gone"}
_TOLD = {
    "created": ("new record", "new records"),
    "stages": ("stage move", "stage moves"),
    "owners": ("owner move", "owner moves"),
    "gone": ("record gone", "records gone"),
}
_MEANINGS = {
    "created": "Records that the load before did not have: created, made by a merge, or visible again.",
    "stages": (
        "From the stage at one load to the stage at the next; several moves between two loads are told as far as the "
        "record keeps a date for each stage."
    ),
    "owners": "From the owner at one load to the owner at the next; moves in between are not known.",
    "gone": (
        "Deleted in HubSpot, merged into another record, or no longer visible to this app. Nothing but the Record ID "
        "is known of them, and which load missed them first."
    ),
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "created": (
        NAME,
        changed.WHAT,
        "lifecyclestage",
        "hubspot_owner_id",
        COMPANY_NAME,
        "createdate",
        "email",
        "domain",
    ),
    "stages": (NAME, changed.FROM, changed.TO, changed.AT, "hubspot_owner_id", COMPANY_NAME, "email", "domain"),
    "owners": (NAME, changed.FROM, changed.TO, changed.AT, "lifecyclestage", COMPANY_NAME, "email", "domain"),
    "gone": ("hs_object_id", changed.WHAT, changed.INTO, changed.NOTICED),
}
_VISIT = "Your last visit"
_WHEN = (
    "What changed since your last visit stands here when you come back: a visit ends after half an hour in which you "
    "open nothing here, in any browser."
)


def strip(view: View) -> None:
    """Show in a line what changed since this person's last visit, with the way to the records; note this visit.

    Nothing while the first copy is being loaded; until there is a last visit, when this will appear.
    """
    seen = visits.note(view)
    kept = _kept(view)
    before = seen.before if seen else None
    if view.is_partial or not view.version:
        return
    if not (before or kept):
        st.markdown(f":small[:gray[{_WHEN}]]")
        return
    with (
        st.container(border=True),
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"),
    ):
        st.markdown(_sentence(view, kept, before), width="content")
        is_asked = kept and st.button(
            "What changed", type="tertiary", icon=":material/history:", key="changed.open", help=_WHEN
        )
        if is_asked:
            dialog(view, before)


@st.dialog("What changed", width="large")
@trouble.guarded
def dialog(view: View, before: Visit | None) -> None:
    """Show the records of each kind of change, since the last visit or between two loads."""
    kept = _kept(view)
    period = _period(view, kept, before)
    object_types = {name.capitalize(): name for name in view.object_types}
    found = history.counts(view.key, tuple(view.object_types), period)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        kind = st.segmented_control(
            "Kind",
            list(KINDS),
            default=_first_with_rows(found),
            required=True,
            key="changed.kind",
            format_func=lambda kind: f"{KINDS[kind]} · {words.number(sum(each[kind] for each in found.values()))}",
            label_visibility="collapsed",
        )
        chosen = st.segmented_control(
            "Records",
            list(object_types),
            default=_with_most(object_types, found, kind),
            required=True,
            key=f"changed.records.{kind}",
            label_visibility="collapsed",
        )
    object_type = object_types[chosen]
    st.markdown(f":small[:gray[{_MEANINGS[kind]}]]")
    _tell_gap(view, kept, period)
    columns = _COLUMNS[kind]
    rows.behind(view, history.question(kind, object_type, period), columns=columns, key=f"changed.{kind}.{object_type}")


def _kept(view: View) -> tuple[Step, ...]:
    return tuple(step for step in history.steps(view) if set(step.objects) & set(view.object_types))


def _sentence(view: View, kept: tuple[Step, ...], before: Visit | None) -> str:
    if before is None:
        since = _moment(view, kept[0].since)
        return f"**First visit** :gray[· what the loads noted since {since} is kept for you to look at]"
    found = history.counts(view.key, tuple(view.object_types), history.since_visit(view, before))
    told = [_told(kind, sum(each[kind] for each in found.values())) for kind in KINDS]
    when = _moment(view, before.seen_at)
    happened = " · ".join(filter(None, told)) or "nothing was created, moved or deleted"
    return f"**Since your last visit** :gray[({when})] · {happened}"


def _told(kind: str, count: int) -> str:
    one, many = _TOLD[kind]
    return f"{words.number(count)} {one if count == 1 else many}" if count else ""


def _period(view: View, kept: tuple[Step, ...], before: Visit | None) -> Period:
    """Offer the moments between which to look: the last visit and every load that is kept."""
    loads = _loads(view, kept)
    labels = {**({_VISIT: f"{_VISIT}, {_moment(view, before.seen_at)}"} if before else {}), **loads}
    left, right = st.columns(2)
    with left:
        start = st.selectbox(
            "From", list(labels)[:-1], key="changed.from", format_func=lambda each: labels.get(each, each)
        )
    versions = list(loads)
    ends = versions[1:] if start == _VISIT else versions[versions.index(start) + 1 :]
    with right:
        end = st.selectbox("To", ends[::-1], key="changed.to", format_func=lambda each: labels.get(each, each))
    return Period(before.version, end, before.seen_at) if before and start == _VISIT else Period(start, end)


def _loads(view: View, kept: tuple[Step, ...]) -> dict[str, str]:
    """Return labels of the copies between which something was noted, by version; empty is the first one's."""
    moments = {"": kept[0].since, **{step.version: step.until for step in kept}}
    labels = {version: f"Load of {_moment(view, moment)}" for version, moment in moments.items()}
    shared = {label for label, count in Counter(labels.values()).items() if count > 1}
    # A choice travels to the browser and back as its label, so no two may have one.
    seconds = {version: f"{moment:%S.%f}"[:4] for version, moment in moments.items()}
    return {version: f"{each}:{seconds[version]}" if each in shared else each for version, each in labels.items()}


def _tell_gap(view: View, kept: tuple[Step, ...], period: Period) -> None:
    if not history.is_covered(kept, period):
        first = _moment(view, kept[0].since)
        st.markdown(
            f":small[:orange[What loads noted before {first} is not kept any more: up to then this shows only what "
            "dates on existing records tell, and nothing of records that are gone.]]"
        )


def _first_with_rows(found: Mapping[str, Mapping[str, int]]) -> str:
    return next((kind for kind in KINDS if any(each[kind] for each in found.values())), "created")


def _with_most(object_types: Mapping[str, str], found: Mapping[str, Mapping[str, int]], kind: str) -> str:
    usual = [CONTACTS, COMPANIES]
    ordered = sorted(object_types, key=lambda name: usual.index(object_types[name]))
    return max(ordered, key=lambda name: found.get(object_types[name], {}).get(kind, 0))


def _moment(view: View, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(view.account.time_zone))
    return f"{day(local)}, {local:%H:%M}"
