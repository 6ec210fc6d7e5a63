"""The cards of the connection page: the portal, what was granted, the token, the store, what lies where."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from hubspot.connections.engine import Health
from hubspot.connections.grants import Grant
from hubspot.connections.revocations import KEEP_DAYS
from hubspot.errors import StoreError
from hubspot.ui import actions, elements, progress, services, sidebar, state, words
from hubspot.ui.state import View

_MOST_NAMED = 8


def portal(view: View) -> None:
    """Show which portal this is."""
    account = view.account
    _card(
        "Portal",
        {
            "Name": elements.plain(view.name),
            "Portal ID": str(view.hub_id),
            "Kind": elements.plain(account.account_type.replace("_", " ").capitalize()),
            "Time zone": elements.plain(account.time_zone),
            "Currency": elements.plain(account.currency),
        },
    )


def copy(view: View) -> None:
    """Show what was loaded and when."""
    counts = {
        name.capitalize(): words.number(len(records)) if (records := state.frame(view, name)) is not None else "none"
        for name in view.object_types
    }
    age = progress.age(view.loaded_at) if view.loaded_at else "not complete yet"
    loaded = f"{age} ({_moment(view.loaded_at, view)})" if view.loaded_at else age
    rows = {**counts, "Owners": words.number(len(view.portal.owners)), "Loaded": loaded}
    if view.unreadable:
        rows["Not readable"] = _unreadable(view)
    _card("Data", rows)


def _unreadable(view: View) -> str:
    """Say which properties hold values that are none of their type, those with the most first."""
    counts = sorted(view.unreadable.items(), key=lambda each: -each[1])
    named = [
        f"{elements.plain(view.portal.label(*which))} ({words.number(count)} of {which[0]})"
        for which, count in counts[:_MOST_NAMED]
    ]
    more = f" and {words.number(len(counts) - _MOST_NAMED)} more" if len(counts) > _MOST_NAMED else ""
    total = sum(view.unreadable.values())
    return (
        f"{words.number(total)} {'value is' if total == 1 else 'values are'} not of the property's type, or of no day "
        "that can be counted. Filters and figures count such a value as empty; the record's drawer and files "
        f"show it as it stands in HubSpot: {', '.join(named)}{more}"
    )


def permissions(view: View) -> None:
    """Show the granted scopes in words."""
    with st.container(border=True, gap="xxsmall"):
        st.subheader("What this connection may read", anchor=False)
        for scope in view.grant.scopes:
            subject, detail = words.scope_words(scope)
            st.markdown(f":green[:material/check:] {elements.plain(subject)} :gray[{detail}]")
        for scope in services.services().settings.scopes:
            if scope not in view.grant.scopes:
                st.markdown(f":gray[:material/close: {elements.plain(words.scope_words(scope)[0])} (not granted)]")
        st.markdown(":small[:gray[It only reads. Nothing in HubSpot can be changed from here.]]")


def token(view: View) -> None:
    """Show when the access token ends."""
    ends_at = services.services().grants.token_expires_at(view.grant.account)
    _card(
        "Connection",
        {
            "Person": elements.plain(view.grant.user) or "HubSpot did not say",
            "Connected": _moment(view.grant.connected_at, view),
            "Access token": f"until {_moment(ends_at, view)}" if ends_at else "renewed when next needed",
            "Renewal": "by itself, before it ends",
        },
    )


def store() -> tuple[str, ...]:
    """Show where tokens live and how well; return what the operator should mend, a sentence each."""
    try:
        health = services.services().store.health()
    except StoreError as error:
        st.error(str(error), icon=":material/database_off:")
        return ()
    _card("Token store", {**_health(health), **_keys(services.keyring().ids)})
    return health.warnings


def advice(warnings: Sequence[str]) -> None:
    """Show what the operator should mend."""
    for warning in warnings:
        st.warning(warning, icon=":material/warning:")


def _health(health: Health) -> dict[str, str]:
    return {
        "Engine": f"{health.engine.capitalize()} {elements.plain(health.version)}",
        "Where": "inside this dashboard" if health.where == "embedded" else elements.plain(health.where),
        "Kept on disk": health.persistence,
        "When full": "keeps everything" if health.eviction_policy == "noeviction" else health.eviction_policy,
    }


def _keys(ids: Sequence[str]) -> dict[str, str]:
    """Name the keys; what they are stays in the settings."""
    sealing, *older = map(elements.plain, ids)
    rows = {"Sealed with": f"AES-256-GCM, key {sealing}"}
    return {**rows, "Older keys": ", ".join(older)} if older else rows


def people(view: View) -> None:
    """Show who else connected this portal in this browser, so that no connection is forgotten."""
    others = [grant for grant in state.visit().others if grant.account.hub_id == view.hub_id]
    if not others:
        return
    with st.container(border=True, gap="xsmall"):
        st.subheader("Also connected in this browser", anchor=False)
        st.markdown(
            f"You see this portal as **{_who(view.grant)}**. Change to somebody else to see it by their permissions, "
            "or to disconnect them."
        )
        for grant in others:
            st.button(
                f"Change to {_who(grant)}",
                icon=":material/switch_account:",
                key=f"person.{grant.account.user_id}",
                on_click=actions.look_as,
                args=(grant.account,),
            )


def _who(grant: Grant) -> str:
    return elements.plain(grant.user) or f"person {grant.account.user_id}"


def privacy(view: View) -> None:
    """Say what is stored where and for how long, and offer to end it."""
    house = services.services()
    place = "the folder or store in SNAPSHOT_URI" if house.settings.snapshot_uri else "the dashboard's state folder"
    with st.container(border=True, gap="xsmall"):
        st.subheader("What is stored, where and for how long", anchor=False)
        st.markdown(
            "- **Tokens, and your e-mail address in HubSpot**: in the token store, encrypted with AES-256-GCM. "
            "The access token ends by itself; the connection ends when you disconnect, or after "
            f"{house.settings.keep_days} days without a visit. A renewed token that the store can't take at once "
            "waits, encrypted, in the state folder; one that HubSpot did not revoke when asked is kept, encrypted, "
            f"for {KEEP_DAYS} days at most, to ask again.\n"
            f"- **Contacts, companies, owners**: an encrypted copy in {place}, deleted with the portal's last "
            "connection.\n"
            "- **Your browser**: one cookie with a random id, kept 30 days; what it opens ends after 7 days without a "
            "visit. No token and no record is stored in it.\n"
            "- **Logs**: no names, no addresses, no tokens; the portal's and the person's number in HubSpot, "
            "and HubSpot's reference numbers."
        )
        if st.button("Disconnect", icon=":material/link_off:", key="disconnect.page"):
            sidebar.confirm_disconnect(view)


def _card(title: str, rows: dict[str, str]) -> None:
    with st.container(border=True, gap="xxsmall", height="stretch"):
        st.subheader(title, anchor=False)
        for name, value in rows.items():
            st.markdown(f":gray[{name}:] {value}")


def _moment(moment: datetime | None, view: View) -> str:
    if moment is None:
        return "unknown"
    local = moment.astimezone(ZoneInfo(view.account.time_zone))
    return f"{local.day} {local:%b %Y, %H:%M}"
