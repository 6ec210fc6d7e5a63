"""Findings as a list that opens: how many records, why it matters, how to mend it, the rows and the file to do so."""

from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from hubspot.analysis.quality import answers
from hubspot.analysis.quality.checks import Check
from hubspot.analysis.quality.findings import CHECKS, Finding, Health, of_tab
from hubspot.analysis.quality.formatting import PHONES, SUGGESTED
from hubspot.analysis.quality.orphans import COMPANY_OWNER, SUGGESTED_ID, SUGGESTED_NAME
from hubspot.analysis.records import COMPANY_NAME, NAME
from hubspot.portal import CONTACTS
from hubspot.ui import elements, explore_links, health_answers, rows, state, words
from hubspot.ui.destinations import PAGES
from hubspot.ui.health_words import title
from hubspot.ui.numbers import share
from hubspot.ui.state import View

FINDING = "finding"  # query parameter: the check whose finding is open
FIX_IT = (
    "The file begins with the Record ID: mend the Excel file, then import it in HubSpot to update existing "
    "records, matched by Record ID. A suggestion is imported into the property that it is for."
)
WITH_NUMBERS = (
    "In CSV a number that begins with + has an apostrophe in front, so that no spreadsheet takes it for a formula: "
    "import the Excel file, which needs none."
)
_FIRST = 10


def show(view: View) -> None:
    """Show all findings, those that cost most first, then what found nothing and what could not be checked."""
    with st.skeleton(height=320):
        found = health_answers.health(view)
    if not found.findings:
        _tell_clean(found)
    asked = st.query_params.get(FINDING, "")
    first = found.findings[:_FIRST]
    rest = found.findings[_FIRST:]
    _list(view, first, "all")
    if rest:
        is_asked = any(each.check == asked for each in rest)
        if st.toggle(f"Show {words.number(len(rest))} smaller findings", key="health.smaller", value=is_asked):
            _list(view, rest, "all")
    _others(found)


def show_formatting(view: View) -> None:
    """Show what is badly written."""
    _of_tab(
        view,
        "formatting",
        "Values that are there but badly written. Where a value can be mended without a guess, the rows and the file "
        "hold a suggestion.",
    )


def show_orphans(view: View) -> None:
    """Show which contacts and companies should know each other, or disagree."""
    _of_tab(
        view,
        "orphans",
        "A contact belongs to its primary company. A company matches by its domain or an additional one, but for "
        "domains of private mail; of several, the one that came first is suggested.",
    )


def _of_tab(view: View, tab: str, note: str) -> None:
    with st.skeleton(height=320):
        found = health_answers.health(view)
    st.markdown(f":small[:gray[{note}]]")
    own = Health(
        found.score,
        tuple(of_tab(found, tab)),
        tuple(each for each in found.clean if CHECKS[each].tab == tab),
        {name: why for name, why in found.absent.items() if CHECKS[name].tab == tab},
    )
    if not own.findings:
        _tell_clean(own)
    _list(view, own.findings, tab)
    _others(own)


def _tell_clean(found: Health) -> None:
    if found.clean:
        st.info(f"{_checks(len(found.clean))} found no record to mend.", icon=":material/check_circle:")


def _list(view: View, found: Sequence[Finding], place: str) -> None:
    asked = st.query_params.get(FINDING, "")
    with st.container(gap="xxsmall"):
        for finding in found:
            key = f"health.{place}.{finding.check}"
            # Not `expanded`: that would make another expander of it as soon as the address changes, and lose the focus.
            if key not in st.session_state:
                st.session_state[key] = finding.check == asked
            opened = st.expander(_label(finding), key=key, on_change=_note, args=(key, finding.check))
            if opened.open:
                with opened:
                    _body(view, finding, key)


def _note(key: str, check: str) -> None:
    """Keep in the address which finding is open."""
    if st.session_state[key]:
        st.query_params[FINDING] = check
    elif st.query_params.get(FINDING) == check:
        del st.query_params[FINDING]


def _label(finding: Finding) -> str:
    points = f"{finding.points:.1f}" if finding.points >= 0.05 else "<0.1"
    told = f"{share(finding.share)} · {points} points"
    return f"**{words.number(finding.count)}** {title(finding)} :small[:gray[{told}]]"


def _body(view: View, finding: Finding, key: str) -> None:
    check = CHECKS[finding.check]
    st.markdown(f"{check.why} **To mend it:** {check.fix}")
    st.markdown(f":small[:gray[{_explained(view, check, finding)}]]")
    if check.filters is not None:
        label = f"Open in {check.object_type.capitalize()}"
        filters = check.filters(health_answers.survey(view))
        explore_links.button(view, check.object_type, filters, key=f"{key}.open", label=label)
    mended = (*check.columns, *_added(check))
    columns = (NAME, *mended, *_context(check))
    rows.behind(view, answers.found_by(check.name), columns=columns, key=f"{key}.rows", file_columns=mended)
    told = f"{FIX_IT} {WITH_NUMBERS}" if set(PHONES) & set(check.columns) else FIX_IT
    st.markdown(f":small[:gray[{told}]]")


def _explained(view: View, check: Check, finding: Finding) -> str:
    labels = [view.portal.label(check.object_type, name) for group in check.needs for name in group]
    looked = f"Looks at {', '.join(map(elements.plain, dict.fromkeys(labels)))}. " if labels else ""
    total = words.of_total(finding.count, finding.n, check.object_type)
    rule = f"{check.rule} " if check.rule else ""
    return f"{rule}{looked}{total}. Weight {check.weight} of 5."


def _added(check: Check) -> tuple[str, ...]:
    """Return the columns that a check may add; those that it did not are left out of table and file."""
    own = tuple(f"{SUGGESTED}{column}" for column in check.columns)
    return (*own, SUGGESTED_NAME, SUGGESTED_ID, COMPANY_OWNER) if check.suggest is not None else ()


def _context(check: Check) -> tuple[str, ...]:
    """Return what helps to know a record again, and is not to be mended."""
    company = (COMPANY_NAME,) if check.object_type == CONTACTS else ()
    columns = (*company, "hubspot_owner_id", "createdate")
    return tuple(column for column in columns if column not in check.columns)


def _others(found: Health) -> None:
    """Say which checks found nothing, and which could not be made and why."""
    with st.container(gap="xxsmall"):
        if found.clean and found.findings:
            with st.expander(f":gray[{_checks(len(found.clean))} without a finding]"):
                st.markdown("\n".join(f"- {_phrase(name)}" for name in found.clean))
        if found.absent:
            with st.expander(f":gray[{_checks(len(found.absent))} not made]"):
                st.markdown("\n".join(_reasons(found.absent)))


def _reasons(absent: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each reason, with the checks that it keeps from being made."""
    for reason in dict.fromkeys(absent.values()):
        names = [_phrase(name) for name, why in absent.items() if why == reason]
        yield f"- {elements.plain(reason)} Not looked for: {'; '.join(names)}."


def _checks(count: int) -> str:
    return f"{words.number(count)} check{'' if count == 1 else 's'}"


def _phrase(name: str) -> str:
    check = CHECKS[name]
    return f"{words.OBJECT_NOUNS[check.object_type][1]} {check.says}"


def link(finding: Finding) -> None:
    """Show a link to a finding on data health."""
    portal = st.query_params.get(state.PORTAL)
    query = {FINDING: finding.check, **({state.PORTAL: portal} if portal else {})}
    st.page_link(
        PAGES["data_health"].file,
        label=f"**{words.number(finding.count)}** {title(finding)}",
        icon=":material/chevron_right:",
        query_params=query,
    )
