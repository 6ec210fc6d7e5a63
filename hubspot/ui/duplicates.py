"""The Duplicates tab: pairs of records that may be one, why, and side by side. Finding is all; HubSpot merges."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from hubspot.analysis.duplicates import DIFFERENT, ONE_SIDED, REASONS, Duplicates, difference
from hubspot.analysis.filters import Filters
from hubspot.analysis.masking import masked
from hubspot.analysis.questions import Question
from hubspot.analysis.records import NAME
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import choices, duplicate_search, elements, files, files_menu, state, tables, trouble, words
from hubspot.ui.duplicate_search import Search
from hubspot.ui.numbers import EMPTY
from hubspot.ui.state import View

QUESTION = "duplicates.pairs"
MEANING = {
    CONTACTS: (
        "One e-mail address (capitals and a tag after + aside), one phone number with nearly one last name, or nearly "
        "one name in one company. A similar name alone is never enough."
    ),
    COMPANIES: (
        "One registered domain, or one name in one country (legal form and punctuation aside). "
        "Parents and their companies are left out."
    ),
}
FILE_COLUMNS = {
    CONTACTS: (
        *("duplicate.other_id", "duplicate.group", "duplicate.score", "duplicate.reasons"),
        *(NAME, "duplicate.other_name", "email", "duplicate.other_email", "phone", "duplicate.other_phone"),
        *("company.name", "hubspot_owner_id", "createdate"),
    ),
    COMPANIES: (
        *("duplicate.other_id", "duplicate.group", "duplicate.score", "duplicate.reasons"),
        *(NAME, "duplicate.other_name", "domain", "duplicate.other_domain", "country", "contact.count"),
        *("hubspot_owner_id", "createdate"),
    ),
}
_POLL_SECONDS = 0.5
_PAIRS_A_PAGE, _PAIRS_SEEN, _PROPERTIES_SEEN = 200, 8, 14
# The sand of the palette, thin enough for text of either theme.
_MARKED = "background-color: rgba(214, 162, 63, 0.22)"


def show(view: View) -> None:
    """Show the possible duplicates of the copy, or how far the search for them is."""
    object_type = choices.object_type(view.object_types, key="duplicates_of")
    search = duplicate_search.search(view)
    if search is None:
        st.info("Duplicates are searched for as soon as everything is loaded.", icon=":material/hourglass_empty:")
    elif found := search.found.get(object_type):
        _results(view, found)
    elif search.is_running:
        _follow(search, object_type)
    elif search.has_failed:
        _tell_failure(view)
    else:
        st.warning(f"This portal's {words.OBJECT_NOUNS[object_type][1]} are not loaded.", icon=":material/cloud_off:")


def found_count(view: View, object_type: str = "") -> int | None:
    """Return how many groups of possible duplicates there are, of one object type or of all; None while unknown.

    The search begins with the first question.
    """
    search = duplicate_search.search(view)
    if search is None:
        return None
    if object_type:
        return search.found[object_type].groups if object_type in search.found else None
    is_over = search.found and not search.is_running and not search.has_failed
    return sum(each.groups for each in search.found.values()) if is_over else None


@st.fragment(run_every=_POLL_SECONDS)
@trouble.guarded
def _follow(search: Search, object_type: str) -> None:
    if object_type in search.found or not search.is_running:
        st.rerun()
    st.progress(search.share, text=f"Comparing {words.OBJECT_NOUNS[object_type][1]}. You can go on meanwhile.")
    st.skeleton(height=300)


def _tell_failure(view: View) -> None:
    st.error("The search for duplicates ended early. The log tells the operator more.", icon=":material/error:")
    st.button("Search again", icon=":material/refresh:", key="duplicates.again", on_click=_again, args=(view,))


@trouble.guarded
def _again(view: View) -> None:
    duplicate_search.again(view)


def _results(view: View, found: Duplicates) -> None:
    st.markdown(f":small[:gray[{MEANING[found.object_type]}]]")
    if found.pairs.empty:
        compared = words.counted(found.compared, found.object_type)
        st.success(f"No possible duplicates among {compared}.", icon=":material/check_circle:")
        _notes(found)
        return
    rules = _chosen_rules(found)
    pairs = found.only(rules)
    _download(view, Question(QUESTION, found.object_type, rules), len(pairs))
    st.markdown(_counted(found, pairs))
    frame = state.frame(view, found.object_type)
    if frame is None:
        return
    if pair := _chosen_pair(view, frame, found, pairs):
        _compare(view, frame, found.object_type, pair)
    _notes(found)


def _chosen_rules(found: Duplicates) -> tuple[str, ...]:
    """Offer the rules that found something; none chosen means all."""
    counts = {rule: count for rule, count in found.counts().items() if count}
    chosen = st.pills(
        "Why",
        list(counts),
        selection_mode="multi",
        key=f"{found.object_type}.duplicates.rules",
        format_func=lambda rule: f"{REASONS[rule]} · {words.number(counts[rule])}",
        label_visibility="collapsed",
    )
    return tuple(rule for rule in counts if rule in chosen)


def _counted(found: Duplicates, pairs: pd.DataFrame) -> str:
    count, groups = len(pairs), int(pairs["group"].nunique())
    records = len({*pairs["first"], *pairs["second"]})
    of = words.of_total(records, found.compared, found.object_type)
    noun, group = "pair" if count == 1 else "pairs", "group" if groups == 1 else "groups"
    return f"**{words.number(count)} {noun}** :gray[in {words.number(groups)} {group} · {of}]"


# Soon enough that a page which is only looked at never offers a link that has expired.
@st.fragment(run_every=files.LIFETIME_SECONDS / 2)
@trouble.guarded
def _download(view: View, question: Question, count: int) -> None:
    columns = FILE_COLUMNS[question.object_type]
    files_menu.show(view, question.object_type, Filters(), columns=columns, question=question, count=count)


def _chosen_pair(view: View, frame: pd.DataFrame, found: Duplicates, pairs: pd.DataFrame) -> tuple[int, int] | None:
    """Show the pairs, the surest first; return the chosen one, at first the first."""
    # With another copy or other rules, the same place is another pair.
    key = f"{found.object_type}.duplicates.{view.version}.{len(pairs)}"
    pages = -(-len(pairs) // _PAIRS_A_PAGE)
    page = st.pagination(pages, key=f"{key}.page") if pages > 1 else 1
    seen = pairs.iloc[(page - 1) * _PAIRS_A_PAGE : page * _PAIRS_A_PAGE]
    shown = _readable(view, frame, found.object_type, seen)
    rows = min(len(shown), _PAIRS_SEEN)
    picked = st.dataframe(
        shown,
        key=f"{key}.{page}",
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=34 + tables.ROW_HEIGHT * rows + 2,
        placeholder=EMPTY,
        on_select="rerun",
        selection_mode="single-row",
        alt=f"Table of {words.number(len(pairs))} pairs",
        column_config={
            "Group": st.column_config.NumberColumn(width=60),
            "Score": st.column_config.NumberColumn(width=60, help="How sure the reasons make it, of 100"),
            "Why": st.column_config.TextColumn(width=240),
        },
    )
    chosen = picked["selection"]["rows"] or [0]
    pair = seen.iloc[min(chosen[0], len(seen) - 1)]
    return int(pair["first"]), int(pair["second"])


def _readable(view: View, frame: pd.DataFrame, object_type: str, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs for the screen: what is most often enough to see whether they are one."""
    labels = {each: ", ".join(REASONS[rule] for rule in each.split(";")) for each in pairs["reasons"].unique()}
    hint, hinted = ("email", "e-mail") if object_type == CONTACTS else ("domain", "domain")
    older, newer = (_shown(view, _taken(frame, pairs[side]), object_type) for side in ("first", "second"))
    told = {
        "Group": pairs["group"].to_numpy(),
        "Score": (pairs["score"] * 100).round().astype("int64").to_numpy(),
        "Older record": older[NAME].to_numpy(),
        "Newer record": newer[NAME].to_numpy(),
        "Why": pairs["reasons"].map(labels).to_numpy(),
    }
    if hint in frame:
        told |= {f"Older {hinted}": older[hint].to_numpy(), f"Newer {hinted}": newer[hint].to_numpy()}
    return pd.DataFrame(told)


def _taken(frame: pd.DataFrame, ids: Sequence[int] | pd.Series) -> pd.DataFrame:
    taken: pd.DataFrame = frame.iloc[pd.Index(frame["hs_object_id"]).get_indexer(pd.Index(ids))]
    return taken


def _shown(view: View, records: pd.DataFrame, object_type: str) -> pd.DataFrame:
    return masked(records, view.portal, object_type) if view.is_masked else records


def _compare(view: View, frame: pd.DataFrame, object_type: str, pair: tuple[int, int]) -> None:
    """Show two records side by side, what differs marked."""
    both = _taken(frame, pair)
    shown = _shown(view, both, object_type)
    told = difference(both, view.portal, object_type, shown)
    names = [str(name) for name in shown[NAME]]
    with st.container(border=True, gap="xsmall"):
        st.subheader(" and ".join(elements.plain(name) for name in names), anchor=False)
        st.markdown(f":small[:gray[{_different(told)}]]")
        _links(view, object_type, pair)
        _difference(told, object_type, [f"{name} ({each})" for name, each in zip(names, pair, strict=True)])


def _difference(told: pd.DataFrame, object_type: str, headers: Sequence[str]) -> None:
    columns = {"property": "Property", "kind": "Differs", "first": headers[0], "second": headers[1]}
    styled = (
        told[list(columns)]
        .rename(columns=columns)
        .style.apply(lambda row: [_MARKED if row["Differs"] == DIFFERENT else ""] * len(row), axis=1)
    )
    st.dataframe(
        styled,
        key=f"{object_type}.duplicates.difference",
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=34 + tables.ROW_HEIGHT * min(len(told), _PROPERTIES_SEEN) + 2,
        placeholder=EMPTY,
        alt=f"Difference of two {words.OBJECT_NOUNS[object_type][1]}",
        column_config={
            "Differs": st.column_config.TextColumn(
                DIFFERENT, width=40, help=f"{DIFFERENT} different values, {ONE_SIDED} a value on one side only"
            )
        },
    )


def _different(told: pd.DataFrame) -> str:
    """Say how much of two records differs: "12 of 48 properties differ, 20 have a value on one side only"."""
    different, one_sided = (int((told["kind"] == kind).sum()) for kind in (DIFFERENT, ONE_SIDED))
    return (
        f"{different} of {len(told)} properties differ, {one_sided} have a value on one side only. "
        "The older record is on the left."
    )


def _links(view: View, object_type: str, pair: tuple[int, int]) -> None:
    if state.is_sample() or view.is_masked or not tables.is_hubspot(view.account):
        return
    with st.container(horizontal=True):
        for side, record_id in zip(("older", "newer"), pair, strict=True):
            st.link_button(
                f"Open in HubSpot: {side}",
                view.account.record_url(object_type, record_id),
                icon=":material/open_in_new:",
                key=f"{object_type}.duplicates.open.{side}",
            )


def _notes(found: Duplicates) -> None:
    """Say what the search could not see."""
    nouns = words.OBJECT_NOUNS[found.object_type][1]
    if found.missing:
        rules = " and ".join(f"“{REASONS[rule]}”" for rule in found.missing)
        st.markdown(f":small[:gray[Not looked at: {rules}, as this portal lacks the properties for it.]]")
    if found.crowded:
        st.markdown(
            f":small[:gray[{words.counted(found.crowded, found.object_type)} share an address, a number or a domain "
            f"with so many other {nouns} that it tells nothing, so it was not counted as a reason.]]"
        )
