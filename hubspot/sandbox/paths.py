"""Every path of the CRM that a sandbox answers: one row for each, in every form it has."""

from dataclasses import dataclass

from starlette.requests import Request

from hubspot.sandbox import account, associations, crm, objects, schemas, search
from hubspot.sandbox.limits import Lane
from hubspot.sandbox.wire import Handler, ScopesOf

# Every family of paths with the forms it answers to: the current version, the one before it, and what older clients
# use. The newest comes first, because routes are tried in order.
# Source: https://developers.hubspot.com/docs/developer-tooling/platform/versioning
ROOTS = {
    "objects": ("/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v3/objects", "/crm/2026-09/objects"),
    "links": ("/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v4/objects", "/crm/2026-09/objects"),
    "typed links": ("/crm/v3/objects",),
    "associations": ("/crm/associations/2026-09", "/crm/associations/2026-03", "/crm/v4/associations"),
    "typed associations": ("/crm/v3/associations",),
    "properties": ("/crm/properties/2026-09", "/crm/properties/2026-03", "/crm/v3/properties"),
    "owners": ("/crm/owners/2026-09", "/crm/owners/2026-03", "/crm/v3/owners"),
    "pipelines": ("/crm/pipelines/2026-09", "/crm/pipelines/2026-03", "/crm/v3/pipelines"),
    "account": ("/account-info/2026-09", "/account-info/2026-03", "/account-info/v3"),
    "token": ("/oauth/2026-09/token", "/oauth/2026-03/token", "/oauth/v3/token", "/oauth/v1/token"),
    "tokens": ("/oauth/2026-09/token", "/oauth/2026-03/token", "/oauth/v3/token"),
    "old tokens": ("/oauth/v1/access-tokens",),
}
ANY_OBJECT = ("crm.objects.companies.read", "crm.objects.contacts.read", "crm.objects.deals.read")
ANY_SCHEMA = (*ANY_OBJECT, "crm.schemas.companies.read", "crm.schemas.contacts.read", "crm.schemas.deals.read")
DEAL_SCHEMA = ("crm.objects.deals.read", "crm.schemas.deals.read")


def object_scopes(request: Request) -> tuple[str, ...]:
    """Return the scopes that open the records a path is about; raises Refusal for a name of none."""
    return objects.read_scopes(request.path_params["object_type"])


def _any_of(*scopes: str) -> ScopesOf:
    return lambda _request: scopes


OBJECT, SCHEMA, DEALS = _any_of(*ANY_OBJECT), _any_of(*ANY_SCHEMA), _any_of(*DEAL_SCHEMA)
OWNERS, ACCOUNT = _any_of("crm.objects.owners.read"), _any_of("oauth")


@dataclass(frozen=True, slots=True)
class Row:
    """One path: `family` names its `ROOTS`, `route` is what faults and statistics call it.

    `scopes` returns the scopes of which a token needs one, `lane` is the limit its requests count against.
    """

    family: str
    method: str
    path: str
    route: str
    handler: Handler
    scopes: ScopesOf
    lane: Lane = "burst"


BATCH, LABELS = "/{from_type}/{to_type}/batch/read", "/{from_type}/{to_type}/labels"
LINKED = "/{object_type}/{record_id}/associations/{to_type}"
CRM = (
    Row("objects", "GET", "/{object_type}", "list", crm.list_records, object_scopes),
    Row("objects", "POST", "/{object_type}/search", "search", search.search, object_scopes, "search"),
    Row("objects", "POST", "/{object_type}/batch/read", "batch_read", crm.batch_read, object_scopes),
    Row("objects", "GET", "/{object_type}/{record_id}", "record", crm.get_record, object_scopes),
    Row("links", "GET", LINKED, "record_associations", associations.list_labelled, OBJECT),
    Row("typed links", "GET", LINKED, "record_associations", associations.list_typed, OBJECT),
    Row("associations", "POST", BATCH, "associations", associations.read_batch, OBJECT, "associations"),
    Row("typed associations", "POST", BATCH, "associations", associations.read_typed_batch, OBJECT, "associations"),
    Row(
        "associations", "GET", "/{from_type}/{to_type}/labels", "record_associations", associations.list_labels, OBJECT
    ),
    Row("properties", "GET", "/{object_type}", "properties", schemas.list_properties, SCHEMA),
    Row("properties", "POST", "/{object_type}/batch/read", "properties", schemas.read_properties, SCHEMA),
    Row("properties", "GET", "/{object_type}/groups", "properties", schemas.list_groups, SCHEMA),
    Row("properties", "GET", "/{object_type}/groups/{name}", "properties", schemas.get_group, SCHEMA),
    Row("properties", "GET", "/{object_type}/{name}", "properties", schemas.get_property, SCHEMA),
    Row("owners", "GET", "", "owners", account.list_owners, OWNERS),
    Row("owners", "GET", "/{owner_id}", "owners", account.get_owner, OWNERS),
    Row("pipelines", "GET", "/{object_type}", "pipelines", account.list_pipelines, DEALS),
    Row("pipelines", "GET", "/{object_type}/{pipeline_id}", "pipelines", account.get_pipeline, DEALS),
    Row("pipelines", "GET", "/{object_type}/{pipeline_id}/stages", "pipelines", account.list_stages, DEALS),
    Row("account", "GET", "/details", "account", account.account_details, ACCOUNT),
)
