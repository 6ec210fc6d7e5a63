"""The object types of a portal, by every name paths and search know them by."""

from hubspot.sandbox import answers

# Singular, plural and type id of what this sandbox serves; case does not matter.
# Source: https://developers.hubspot.com/docs/api-reference/latest/crm/understanding-the-crm
OBJECTS = {
    **dict.fromkeys(("contacts", "contact", "0-1"), "contacts"),
    **dict.fromkeys(("companies", "company", "0-2"), "companies"),
    **dict.fromkeys(("deals", "deal", "0-3"), "deals"),
}
# What every portal has besides; this sandbox grants nobody the scope, so that asking ends as it does without it.
ELSEWHERE = {
    **dict.fromkeys(("tickets", "ticket", "0-5"), "tickets"),
    **dict.fromkeys(("products", "product", "0-7"), "crm.objects.products.read"),
    **dict.fromkeys(("line_items", "line_item", "0-8"), "crm.objects.line_items.read"),
    **dict.fromkeys(("quotes", "quote", "0-14"), "crm.objects.quotes.read"),
    **dict.fromkeys(("leads", "lead", "0-136"), "crm.objects.leads.read"),
}


def find_object_type(name: str) -> str:
    """Return the object type a name stands for, empty for one this sandbox does not serve."""
    return OBJECTS.get(name) or OBJECTS.get(name.lower(), "")


def object_type(name: str) -> str:
    """Return the object type a path names; raises Refusal: 403 for what no grant here covers, 400 for a wrong name."""
    found = find_object_type(name)
    if found:
        return found
    if name.lower() in ELSEWHERE:
        raise answers.missing_scopes((ELSEWHERE[name.lower()],))
    raise answers.invalid(f"Unable to infer object type from: {name[:60]}")


def read_scopes(name: str) -> tuple[str, ...]:
    """Return the scopes of which one opens the records of an object type; raises Refusal as `object_type` does."""
    return (f"crm.objects.{object_type(name)}.read",)
