"""The pages there are, and the addresses a run may jump to."""

from dataclasses import dataclass

from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui.words import RETURNS


@dataclass(frozen=True, slots=True)
class Destination:
    """A page: `name` in addresses and state, `path` in the browser; `needs` is the object type it can't do without."""

    name: str
    title: str
    icon: str
    needs: str = ""

    @property
    def path(self) -> str:
        """Return the address below the origin."""
        return "/" if self.name == HOME else f"/{self.name}"

    @property
    def file(self) -> str:
        """Return the script that lays the page out."""
        return f"pages/{self.name}.py"


HOME = "overview"
CONNECT = "/connect"
PAGES = {
    page.name: page
    for page in (
        Destination("overview", "Overview", ":material/space_dashboard:"),
        Destination("contacts", "Contacts", ":material/person:", needs=CONTACTS),
        Destination("companies", "Companies", ":material/apartment:", needs=COMPANIES),
        Destination("connection", "Connection and privacy", ":material/lock:"),
    )
}


def known(name: str | None) -> str:
    """Return a page's name, home for anything that is not one."""
    return name if name in PAGES else HOME


def jumps() -> tuple[str, ...]:
    """Return every address a run may jump to: a fixed list, so that each script's hash is known beforehand."""
    return (*(page.path for page in PAGES.values()), CONNECT, *(f"/?said={verdict}" for verdict in RETURNS))
