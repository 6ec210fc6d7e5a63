"""The card that tells how far a load is, and what went wrong with the last one."""

from contextlib import suppress
from datetime import UTC, datetime

import streamlit as st

from hubspot.errors import NotConnected, SnapshotError
from hubspot.portal import OBJECT_TYPES
from hubspot.sync.progress import ObjectProgress, Phase, Progress
from hubspot.ui import actions, services, state, trouble, words
from hubspot.ui.state import View

# How often an open page asks, and how often at most it counts again while records arrive.
_POLL_SECONDS = 0.5
_RECOUNT_SECONDS = 3.0
# How soon a page that is only looked at learns what another tab or a colleague did.
_WATCH_SECONDS = 5.0


def watch(view: View) -> None:
    """Show the load that runs and follow it; or say why the last one failed. Nothing otherwise."""
    if view.is_loading:
        _follow(view, _counted_below(view))
    elif view.progress and view.has_failed:
        _tell_failure(view, view.progress.error)
    elif view.progress and view.progress.phase is Phase.STOPPED and not view.loaded_at:
        _tell_stopped(view)
    if not view.is_loading:
        _tell_changes(view)
        _keep_watch(view)


def _tell_changes(view: View) -> None:
    """Say in passing what differs from the copy that this tab showed before."""
    hub_id, version = st.session_state.get(state.SEEN_COPY, (0, ""))
    st.session_state[state.SEEN_COPY] = view.hub_id, view.version
    if view.is_partial or not version or (hub_id, version) == (view.hub_id, view.version) or hub_id != view.hub_id:
        return
    with suppress(SnapshotError):  # the numbers are there all the same
        steps = services.services().snapshots.changes(view.hub_id, after=version)
        if told := words.changed(steps, view.object_types, view.account.time_zone):
            st.toast(told, icon=":material/sync:")


@st.fragment(run_every=_WATCH_SECONDS)
@trouble.guarded
def _keep_watch(view: View) -> None:
    """Notice what happens elsewhere: a disconnection, a load that somebody starts, a newer copy."""
    now = _looked_again()
    actions.note_look(now)
    if now.is_loading or now.key != view.key:
        st.rerun()


@st.fragment(run_every=_POLL_SECONDS)
@trouble.guarded
def _follow(view: View, counted_below: str) -> None:
    now = _looked_again()
    if now.hub_id != view.hub_id or not now.is_loading or _is_time_to_recount(view, now):
        st.rerun()
    if now.progress:
        _card(now, now.progress, counted_below)


def _looked_again() -> View:
    """Return the portal as it is now; begin the whole run again where it may not be seen any more."""
    try:
        return state.view()
    except NotConnected:
        # Disconnected elsewhere, or ended by HubSpot: the frame says which.
        st.rerun()


def _counted_below(view: View) -> str:
    """Return what the page itself counts, which the load has left behind by the time it is read."""
    if view.is_partial:
        frames = {name: state.frame(view, name) for name in OBJECT_TYPES}
        arrived = [words.counted(len(frame), name) for name, frame in frames.items() if frame is not None]
        return f"Everything below counts the {' and '.join(arrived)} loaded so far."
    return "What you see stays as it is until the new copy is complete." if view.loaded_at else ""


def _is_time_to_recount(view: View, now: View) -> bool:
    """Return whether the page should count again what has arrived; the first records count at once."""
    if now.version == view.version:
        return False
    shown_at = st.session_state.get(state.COUNTED_AT, 0.0)
    moment = datetime.now(UTC).timestamp()
    if view.version and moment - shown_at < _RECOUNT_SECONDS:
        return False
    st.session_state[state.COUNTED_AT] = moment
    return True


def _card(view: View, progress: Progress, counted_below: str) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{_title(view)}** :gray[{sentence(progress)}]")
            if st.button("Stop", type="tertiary", key="load.stop"):
                services.services().jobs.stop(view.hub_id)
        st.progress(share(progress))
        for sentence_below in filter(None, (counted_below, *progress.notes)):
            st.markdown(f":small[:gray[{sentence_below}]]")
    if progress.slowing_until:
        left = max(1, round((progress.slowing_until - datetime.now(UTC)).total_seconds()))
        st.info(
            f"{progress.slowing_because}; continuing in {left} s. What you see stays usable.",
            icon=":material/hourglass_empty:",
        )


def placeholders() -> None:
    """Show grey shapes where the numbers, charts and rows will be."""
    st.skeleton(height=110)
    for column in st.columns(3):
        with column:
            st.skeleton(height=220)
    st.skeleton(height=320)


def percent(progress: Progress | None) -> str:
    """Return how far a load is, in two words for a narrow place."""
    if progress and progress.phase is Phase.REFRESHING:
        return "Refreshing"
    return f"Loading, {share(progress):.0%}" if progress and share(progress) else "Loading"


def _title(view: View) -> str:
    if view.progress and view.progress.phase is Phase.REFRESHING:
        return "Refreshing"
    return "Loading again" if view.loaded_at else "Loading"


def sentence(progress: Progress) -> str:
    """Return how far a load is: "4,300 of 12,431 contacts · 210 of 2,018 companies, about 8 s left"."""
    if progress.phase is Phase.SAVING:
        return "storing the copy"
    if progress.phase is Phase.REFRESHING:
        changed = sum(each.loaded for each in progress.objects.values())
        return f"{words.number(changed)} changed records so far" if changed else "asking HubSpot what changed"
    counts = [_counted(name, progress.objects[name]) for name in OBJECT_TYPES if name in progress.objects]
    if not counts:
        return "asking HubSpot what there is"
    # While the load waits, nobody knows how long it takes.
    is_known = progress.seconds_left is not None and not progress.slowing_until
    left = f", about {duration(progress.seconds_left or 0)} left" if is_known else ""
    return " · ".join(counts) + left


def share(progress: Progress) -> float:
    """Return the finished share of a load, 0 to 1; 0 while HubSpot has not said how many records there are."""
    total = sum(each.total or 0 for each in progress.objects.values())
    loaded = sum(each.loaded for each in progress.objects.values())
    return min(1.0, loaded / total) if total else 0.0


def duration(seconds: float) -> str:
    """Return a duration in words of one unit: 8 s, 3 min, 2 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"


def _counted(object_type: str, found: ObjectProgress) -> str:
    if found.total is None:
        return words.counted(found.loaded, object_type)
    return words.of_total(found.loaded, max(found.total, found.loaded), object_type)


def _tell_failure(view: View, error: str) -> None:
    kept = f" You see the copy of {age(view.loaded_at)}." if view.loaded_at else ""
    st.error(f"Loading from HubSpot ended early. {error}{kept}", icon=":material/cloud_off:")
    _offer_again(view)


def _tell_stopped(view: View) -> None:
    st.info("Loading was stopped before it was complete. Load again to see everything.", icon=":material/pause:")
    _offer_again(view)


def _offer_again(view: View) -> None:
    if st.button("Load again", icon=":material/refresh:", key="load.again"):
        actions.load(view)
        st.rerun()


def age(moment: datetime | None) -> str:
    """Return how long ago something was: "4 min ago"; "just now" within the first minute."""
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 60:
        return "just now"
    return f"{_unit(seconds)} ago"


def _unit(seconds: float) -> str:
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86400)} days"
