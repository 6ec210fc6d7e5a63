"""The pages there are, and the addresses a run may jump to."""

from dataclasses import dataclass

from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui.words import RETURNS


@dataclass(frozen=True, slots=True)
class Destination:
    """A page: `name` in addresses and state, `path` in the browser; `needs` is the object type it can't do without.

    `shows_records` is False for a page that has something to say without any.
    """

    name: str
    title: str
    icon: str
    needs: str = ""
    shows_records: bool = True

    @property
    def path(self) -> str:
        """Return the address below the origin."""
        return "/" if self.name == HOME else f"/{self.name}"

    @property
    def file(self) -> str:
        """Return the script that lays the page out."""
        return f"pages/{self.name}.py"


HOME = "overview"
PAGES = {
    page.name: page
    for page in (
        Destination("overview", "Overview", ":material/space_dashboard:"),
        Destination("contacts", "Contacts", ":material/person:", needs=CONTACTS),
        Destination("companies", "Companies", ":material/apartment:", needs=COMPANIES),
        Destination("lifecycle", "Lifecycle", ":material/filter_alt:"),
        Destination("data_health", "Data health", ":material/verified_user:"),
        Destination("connection", "Connection and privacy", ":material/lock:", shows_records=False),
    )
}


def known(name: str | None) -> str:
    """Return a page's name, home for anything that is not one."""
    return name if name in PAGES else HOME


def connect_to(page: str) -> str:
    """Return the address that begins a connection which comes back to a page."""
    return f"/connect?next={page}"


def leave_from(page: str) -> str:
    """Return the address that signs a browser out and comes back to a page."""
    return f"/leave?next={page}"


def jumps() -> tuple[str, ...]:
    """Return every address a run may jump to: a fixed list, so that each script's hash is known beforehand."""
    connecting = (connect_to(name) for name in PAGES)
    leaving = (leave_from(name) for name in PAGES)
    said = (f"/?said={verdict}" for verdict in RETURNS)
    return (*(page.path for page in PAGES.values()), *connecting, *leaving, *said)
