"""What is known about HubSpot's wire, fact by fact, beside the test that holds the sandbox to it.

The table is in three parts: `facts_connecting`, `facts_reading`, `facts_limits`. Sections are those of HubSpot's API as
this project divides it: 0 versions, 1 OAuth, 2 scopes, 3 records, 4 exports, 5 rate limits, 6 errors, 10 traps users
report, 11 what a sandbox must have.
"""

from dataclasses import dataclass

DOCS = "https://developers.hubspot.com/docs"
LATEST = f"{DOCS}/api-reference/latest"
CHANGELOG = "https://developers.hubspot.com/changelog"
OAUTH_GUIDE = f"{DOCS}/apps/legacy-apps/authentication/working-with-oauth"
QUICKSTART = f"{DOCS}/apps/legacy-apps/authentication/oauth-quickstart-guide"
TOKENS = f"{LATEST}/authentication/manage-oauth-tokens"
VERSIONS = f"{DOCS}/developer-tooling/platform/versioning"
USAGE = f"{DOCS}/developer-tooling/platform/usage-guidelines"
OBJECTS = f"{LATEST}/crm/using-object-apis"
CONTACTS = f"{LATEST}/crm/objects/contacts/guide"
SEARCH = f"{LATEST}/crm/search-the-crm"
ASSOCIATIONS = f"{LATEST}/crm/associations/associate-records/guide"
PROPERTIES = f"{LATEST}/crm/properties/guide"
OWNERS = f"{LATEST}/crm/owners/guide"
PIPELINES = f"{LATEST}/crm/pipelines/guide"
ERRORS = f"{DOCS}/api-reference/error-handling"
SPECIFICATION = "https://github.com/HubSpot/HubSpot-public-api-spec-collection"

# How `choice` begins where a fact is none of the sandbox's business; the rest is the reason.
NOT_OURS = "Not the sandbox's: "


@dataclass(frozen=True)
class Fact:
    """One fact. `test` is "file.py::name" below tests/, `source` HubSpot's own page where it has one.

    `choice` says what the sandbox does where HubSpot is silent or contradicts itself, and why; or, behind `NOT_OURS`,
    why the sandbox has no part in the fact, and then a test is the client's, or there is none.
    """

    section: str
    says: str
    test: str = ""
    source: str = ""
    choice: str = ""
