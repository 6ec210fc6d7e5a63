"""The sentences of the product that promise something; tests hold them to what the build does."""

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from hubspot.analysis.questions import Question
from hubspot.portal import COMPANIES, CONTACTS, OWNERS_SCOPE, READ_SCOPES
from hubspot.settings import Settings
from hubspot.sync.changes import Step

PRODUCT = "HubSpot dashboard"
OBJECT_NOUNS = {CONTACTS: ("contact", "contacts"), COMPANIES: ("company", "companies")}
# Questions of which one record may have several rows.
ROW_NOUNS = {
    "changed.stages": ("stage move", "stage moves"),
    "changed.owners": ("owner move", "owner moves"),
    "duplicates.pairs": ("pair", "pairs"),
}
SCOPES = {
    "oauth": ("Your account", "name, time zone and currency"),
    READ_SCOPES[CONTACTS]: ("Contacts", "and the names of their fields"),
    READ_SCOPES[COMPANIES]: ("Companies", "and the names of their fields"),
    OWNERS_SCOPE: ("Owners", "names and e-mail addresses, for grouping"),
}

HEADLINE = "See your HubSpot contacts and companies clearly"
PROMISE = (
    "Charts, tables and downloads from your own portal. Free and open source. "
    "It only reads; it cannot change anything in HubSpot."
)
GOOD_TO_KNOW = (
    "HubSpot may say that this app is not verified; that is expected for self-hosted apps. A super admin may have to "
    "approve it. You can remove access at any time in HubSpot, under Settings, Integrations, Connected apps."
)
COOKIES_NEEDED = (
    "This page needs its own cookie to know your browser, and none arrived. "
    "Allow cookies for this address, then reload the page."
)
DENIED = "You did not allow access, so nothing was connected. You can connect HubSpot whenever you like."
# What HubSpot can answer instead of a code. Source: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
REFUSALS = {
    "access_denied": DENIED,
    "invalid_scope": (
        "HubSpot refused the permissions asked for, so nothing was connected. "
        "The operator must compare HUBSPOT_SCOPES with the scopes of the HubSpot app."
    ),
}
REFUSED = "HubSpot refused this sign-in, so nothing was connected. Start again with Connect HubSpot."
NOT_IN_THIS_BROWSER = (
    "HubSpot was connected, but this browser could not be let in. The connection is kept here: start again with "
    "Connect HubSpot when that is mended, or remove the app in HubSpot."
)
NOTHING_GRANTED = (
    "Neither contacts nor companies were granted, so there is nothing to show. "
    "Reconnect, and leave the permissions ticked."
)
SAMPLE_RIBBON = "Sample data: a fictional portal that this dashboard made up. Nothing here is from HubSpot."

# What the address bar may ask to be said, where a file could not be sent.
FILES = {
    "file_unreadable": "This download link can't be read. Use Download CSV on the page.",
    "file_of_another": (
        "This download link belongs to another browser, or to a session that ended. Use Download CSV on the page."
    ),
    "file_expired": "This download link is older than 10 minutes. Use Download CSV again.",
    "file_closed": "These records may no longer be read in this browser, so no file was made.",
    "file_too_long": "An Excel file holds at most 100,000 records. Use Download CSV, or Parquet.",
    "file_missing": "The records of this file could not be read just now. Use Download CSV again in a moment.",
}
# And verdicts on a return from HubSpot that nothing could be stored for.
SIGNED_OUT = "Signed out of this browser. Your connection is kept."
RETURNS = {
    **REFUSALS,
    "refused": REFUSED,
    "malformed": (
        "This sign-in link can't be read, so nothing was connected. Start again with Connect HubSpot, here in this tab."
    ),
    "expired": (
        "This sign-in link is older than 10 minutes, so nothing was connected. Start again with Connect HubSpot."
    ),
    "other_browser": (
        "This sign-in was started in another browser, so nothing was connected here. "
        "Start again with Connect HubSpot; use the same address as before (localhost and 127.0.0.1 are two)."
    ),
    "store_down": (
        "The token store does not work just now, so connecting could not be finished. "
        "Wait a moment, then start again with Connect HubSpot."
    ),
    "trouble": (
        "Connecting could not be finished because of a problem in this dashboard. Its log tells the operator more; "
        "start again with Connect HubSpot when it is solved."
    ),
    "replayed": "This sign-in link was already used; it works only once. If no portal is connected, start again.",
}


SIGN_IN_TITLE = "Sign in"
SIGN_IN_REASON = "This dashboard is for people who are known here. Sign in with your work account."
ANOTHER_ADDRESS = "Signing in works at the dashboard's own address only."
REFUSED_TITLE = "Not for this account"
SIGN_INS = {
    "not_signed_in": "Signing in did not work, or was stopped. Try again; if it happens every time, tell the operator.",
}
NOT_ADMITTED = {
    "domain": (
        "You are signed in as {name}, and only addresses of certain domains may come in here. Sign out, and sign in "
        "with another account, or ask the operator."
    ),
    "unverified": (
        "You are signed in as {name}, and your provider has not verified that this address is yours. Verify it there, "
        "then sign out and in again."
    ),
}


def number(count: int) -> str:
    """Return a count with thousands separators: 12,431."""
    return f"{count:,}"


def counted(count: int, object_type: str) -> str:
    """Return a count with its noun: 1 contact, 12,431 contacts."""
    one, many = OBJECT_NOUNS[object_type]
    return f"{number(count)} {one if count == 1 else many}"


def counted_rows(count: int, object_type: str, question: Question | None = None) -> str:
    """Return a count of the rows of a table or file: "3 stage moves" where rows are not records, "12 contacts" else."""
    if question is None or question.name not in ROW_NOUNS:
        return counted(count, object_type)
    one, many = ROW_NOUNS[question.name]
    return f"{number(count)} {one if count == 1 else many}"


def of_total(count: int, total: int, object_type: str) -> str:
    """Return "1,204 of 12,431 contacts"."""
    return f"{number(count)} of {counted(total, object_type)}"


def changed(steps: Sequence[Step], object_types: Collection[str], time_zone: str) -> str:
    """Return "12 created, 40 updated, 3 gone since 14:02", of these object types; empty where nothing changed."""
    known = [each for step in steps for name, each in step.objects.items() if name in object_types]
    kinds = {kind: sum(len(getattr(each, kind)) for each in known) for kind in ("created", "updated", "gone")}
    told = ", ".join(f"{number(count)} {kind}" for kind, count in kinds.items() if count)
    return f"{told} since {steps[0].since.astimezone(ZoneInfo(time_zone)):%H:%M}" if told else ""


def scope_words(scope: str) -> tuple[str, str]:
    """Return what a scope lets be read, and a detail; one this product does not know is its own name."""
    return SCOPES.get(scope, (scope, ""))


def retention(settings: Settings) -> str:
    """Return what happens to the data, with the number that the setting holds."""
    return (
        "It is copied to this server, encrypted, and deleted when you disconnect or after "
        f"{settings.keep_days} days without a visit. It is not sold, shared or used for training. "
        "Your connection key stays on the server and never reaches the browser or a link."
    )
