"""What somebody sees who has not signed in, or may not come in; and who has signed in, for the sidebar."""

from urllib.parse import urlencode

import streamlit as st

from hubspot.settings import SignIn
from hubspot.ui import browser, elements, services, signing_in, state, words
from hubspot.ui.destinations import Destination
from hubspot.ui.signing_in import Person


def admits(here: Destination) -> bool:
    """Return whether the asking person may come in; show the way in, or why there is none, where they may not."""
    given = services.settings().sign_in
    if given is None:
        return True
    who = signing_in.person(st.context.cookies)
    reason = signing_in.refusal(who) if who else ""
    if who and not reason:
        _forget_the_one_before(who)
        return True
    st.session_state.clear()
    st.logo(elements.MARK, size="large")
    with st.container(horizontal_alignment="center"), st.container(width=680):
        if who:
            _refuse(who, reason)
        else:
            _ask(given, here)
    return False


def who_is_here() -> None:
    """Show who has signed in, where people do."""
    who = signing_in.person(st.context.cookies) if signing_in.is_required() else None
    if who and who.email and not state.is_masked():
        st.markdown(f":small[:gray[Signed in as {elements.plain(who.email)}]]")


def _forget_the_one_before(who: Person) -> None:
    # A tab that comes back after its connection broke keeps what it knew, also when somebody else has signed in.
    now = (who.issuer, who.subject)
    if st.session_state.get(state.SIGNED_IN, now) != now:
        st.session_state.clear()
    st.session_state[state.SIGNED_IN] = now


def _ask(given: SignIn, here: Destination) -> None:
    st.title(words.SIGN_IN_TITLE, anchor=False)
    said = {**words.RETURNS, **words.SIGN_INS}.get(st.query_params.get(state.SAID, ""))
    if said:
        st.warning(said, icon=":material/info:")
    if browser.origin() not in {"", given.origin}:
        st.markdown(words.ANOTHER_ADDRESS)
        elements.link(f"Open {given.origin}", given.origin + here.path)
        return
    st.markdown(words.SIGN_IN_REASON)
    view = urlencode({name: value for name, value in st.query_params.to_dict().items() if name != state.SAID})
    with st.container(horizontal=True, gap="small"):
        for provider in given.providers:
            label = "Sign in" if provider == "default" else f"Sign in with {provider}"
            asked = {"provider": provider, "next": here.name, **({"view": view} if view else {})}
            elements.link(label, f"{signing_in.PATH}?{urlencode(asked)}")


def _refuse(who: Person, reason: str) -> None:
    st.title(words.REFUSED_TITLE, anchor=False)
    name = f"**{elements.plain(who.email)}**" if who.email else "an account without an e-mail address"
    st.warning(words.NOT_ADMITTED[reason].format(name=name), icon=":material/block:")
    elements.link("Sign out", signing_in.LOGOUT)
