"""Facts about lists, search, batches, associations, definitions, owners, pipelines, long addresses and exports."""

from tests.sandbox.facts import (
    ASSOCIATIONS,
    CHANGELOG,
    CONTACTS,
    DOCS,
    LATEST,
    NOT_OURS,
    OBJECTS,
    OWNERS,
    PIPELINES,
    PROPERTIES,
    SEARCH,
    SPECIFICATION,
    Fact,
)

WIRE = "sandbox/test_sandbox_wire.py"
FORMS = "sandbox/test_sandbox_forms.py"
RECORDS = "sandbox/test_sandbox_records.py"
FINDS = "sandbox/test_sandbox_search.py"
LINKS = "sandbox/test_sandbox_associations.py"
SCHEMAS = "sandbox/test_sandbox_schemas.py"
ERRORS = "sandbox/test_sandbox_errors.py"
DATA = "sandbox/test_sandbox_data.py"
OPENAPI = "sandbox/test_sandbox_openapi.py::test_every_answer_to_every_request_is_as_specified"

LIST_FACTS = (
    Fact(
        "3",
        "An object is named in the singular, the plural or by its type id",
        f"{FORMS}::test_objects_answer_to_singular_plural_and_type_id_in_any_case",
        f"{LATEST}/crm/understanding-the-crm",
        "Case is not written about; none matters here.",
    ),
    Fact(
        "3",
        "An unknown object type is refused",
        f"{WIRE}::test_an_unknown_object_type_is_a_400",
        choice=(
            "400 with HubSpot's usual sentence, which users quote; the category is ours, because the "
            "specification requires one."
        ),
    ),
    Fact(
        "3.1",
        "A page holds 10 records by default and at most 100",
        f"{WIRE}::test_a_list_page_holds_one_to_a_hundred_records",
        CONTACTS,
        "The body of a limit beyond is unknown: 400 VALIDATION_ERROR with a sentence.",
    ),
    Fact(
        "3.1",
        "With propertiesWithHistory a page holds at most 50",
        f"{RECORDS}::test_pages_and_batches_with_history_hold_fifty",
        CONTACTS,
    ),
    Fact(
        "3.1",
        "A history has value, time and source of each change, the newest first",
        f"{RECORDS}::test_a_history_begins_with_the_value_now",
        SPECIFICATION,
        "Whether the current value also comes among the properties is not written; it does. A "
        "property without a value has an empty history.",
    ),
    Fact(
        "3.1",
        "A history tells the stages a record went through",
        f"{RECORDS}::test_stages_a_record_went_through_are_in_its_history",
        OBJECTS,
    ),
    Fact(
        "3.1",
        "Properties are a list with commas, or repeated",
        f"{WIRE}::test_properties_may_be_repeated_instead_of_joined",
        CONTACTS,
    ),
    Fact(
        "3.1",
        "Only requested properties come, unknown names are ignored",
        f"{WIRE}::test_only_requested_properties_come_with_the_three_that_always_come",
        CONTACTS,
    ),
    Fact(
        "3.1",
        "Creation date, record id and modification date always come",
        f"{WIRE}::test_only_requested_properties_come_with_the_three_that_always_come",
        CONTACTS,
    ),
    Fact(
        "3.1",
        "Without a request each object has its default properties",
        f"{WIRE}::test_without_a_request_the_default_properties_come",
        CONTACTS,
    ),
    Fact(
        "3.1",
        "Deals have their own defaults",
        f"{SCHEMAS}::test_deals_are_listed_searched_and_read_like_other_records",
        f"{LATEST}/crm/objects/deals/guide",
    ),
    Fact(
        "3.1",
        "A list of archived records holds only those, with archivedAt",
        f"{WIRE}::test_archived_lists_only_archived_records_with_their_time",
        OBJECTS,
    ),
    Fact(
        "3.1",
        "The last page has no paging; lists have no total",
        f"{WIRE}::test_a_walk_by_ids_meets_every_live_record_once_in_ascending_order",
        OBJECTS,
    ),
    Fact("3.1", "Every member is as the specification says, and there are no others", OPENAPI, SPECIFICATION),
    Fact(
        "3.1",
        "paging.next.link leads on from the address the client used",
        f"{FORMS}::test_the_next_link_is_the_clients_own_address_with_another_cursor",
        OBJECTS,
    ),
    Fact(
        "3.1",
        "Inline associations name each linked id twice: typed and unlabelled",
        f"{WIRE}::test_inline_associations_repeat_each_id_unlabelled",
        OBJECTS,
        "Only the primary company has the typed entry, as in recordings; both stand together, in "
        "ascending order of id.",
    ),
    Fact(
        "3.1",
        "Many inline associations have a paging of their own",
        f"{LINKS}::test_inline_links_past_a_hundred_lead_to_the_rest_by_link",
        OBJECTS,
        "How many is not written: past 100.",
    ),
    Fact(
        "3.1",
        "Associations that do not exist are ignored",
        f"{LINKS}::test_object_types_nothing_links_to_are_ignored_inline",
        SPECIFICATION,
    ),
    Fact(
        "3.1",
        "Records come in ascending order of id",
        f"{WIRE}::test_a_walk_by_ids_meets_every_live_record_once_in_ascending_order",
        CONTACTS,
        "Inferred from samples.",
    ),
    Fact(
        "3.1",
        "The cursor is the id of the next record, or an opaque text",
        f"{WIRE}::test_opaque_cursors_walk_alike_and_accept_no_ids",
        CONTACTS,
        "The guide says id, the specification opaque: --cursor has both, so that no client relies on one.",
    ),
    Fact(
        "3.1",
        "after is an inclusive lower bound, the last id and one",
        f"{WIRE}::test_the_cursor_is_the_lower_bound_of_the_next_page",
        CONTACTS,
        "As the guide's samples count.",
    ),
    Fact(
        "3.1",
        "Any id may be a lower bound",
        f"{WIRE}::test_any_id_is_a_lower_bound_in_id_mode",
        choice="Plausible and never seen: true with numeric cursors, false with opaque ones.",
    ),
    Fact(
        "3.1",
        "A cursor that is none is refused",
        f"{WIRE}::test_a_cursor_that_is_none_is_a_validation_error",
        choice="The body is unknown: 400 VALIDATION_ERROR.",
    ),
    Fact(
        "3.1",
        "Ids are sparse numbers of 10 to 12 digits that rise with creation",
        f"{DATA}::test_ids_have_ten_to_twelve_digits_and_rise_with_creation",
        choice="Real portals do not promise that ids rise with creation; here they do, which nothing may rely on.",
    ),
    Fact(
        "3.1",
        "A record carries the address of its page in HubSpot",
        f"{WIRE}::test_only_requested_properties_come_with_the_three_that_always_come",
        SPECIFICATION,
    ),
    Fact(
        "3.1",
        "How fast real lists are",
        choice=f"{NOT_OURS}a property of HubSpot's servers; --latency-ms imitates any.",
    ),
    Fact(
        "3.1",
        "One record is read by its id",
        f"{WIRE}::test_one_record_comes_by_id_and_an_unknown_one_is_a_404",
        OBJECTS,
    ),
    Fact(
        "3.1",
        "One record is read by a unique property with idProperty",
        f"{RECORDS}::test_a_contact_is_read_by_its_email_in_any_case",
        CONTACTS,
    ),
    Fact(
        "3.1",
        "idProperty must name a property with unique values",
        f"{RECORDS}::test_a_property_that_is_not_unique_identifies_nothing",
        CONTACTS,
        "The body is unknown: 400 VALIDATION_ERROR naming the property.",
    ),
)

SEARCH_FACTS = (
    Fact(
        "3.2",
        "A page holds 10 results by default and at most 200",
        f"{FINDS}::test_a_search_beyond_the_rules_is_a_validation_error",
        SEARCH,
    ),
    Fact(
        "3.2",
        "after is an offset, and total counts all results",
        f"{FINDS}::test_a_filter_finds_what_the_list_says_it_should",
        SEARCH,
        "total is exact however large; whether HubSpot's is beyond 10,000 is not written.",
    ),
    Fact(
        "3.2",
        "Nothing is paged past 10,000 results",
        f"{FINDS}::test_pages_end_at_ten_thousand",
        SEARCH,
        "The body is unknown: 400 VALIDATION_ERROR for every page that would end beyond, the first "
        "cursor past it included.",
    ),
    Fact(
        "3.2",
        "At most 5 groups of 6 filters, 18 in all",
        f"{FINDS}::test_the_limits_of_filters_are_inclusive",
        SEARCH,
        "The specification says 6 groups, the guide 5: the guide, which is stricter.",
    ),
    Fact("3.2", "Filters join by AND, groups by OR", f"{FINDS}::test_filters_are_joined_by_and_groups_by_or", SEARCH),
    Fact(
        "3.2",
        "One sort, by a member or a bare name",
        f"{FINDS}::test_a_sort_may_be_a_name_or_one_after_a_minus",
        SEARCH,
        "Records without a value come last both ways: not written.",
    ),
    Fact(
        "3.2",
        "Without a sort the oldest comes first",
        f"{FINDS}::test_a_body_without_members_finds_everything_oldest_first",
        SEARCH,
    ),
    Fact(
        "3.2",
        "There are thirteen operators",
        f"{FINDS}::test_the_cases_use_all_thirteen_operators",
        SPECIFICATION,
        "Negated ones leave out records without a value, as users report.",
    ),
    Fact(
        "3.2",
        "Operators need value, highValue or values",
        f"{FINDS}::test_a_search_beyond_the_rules_is_a_validation_error",
        SEARCH,
    ),
    Fact(
        "3.2",
        "Dates compare as milliseconds, and may be written as ISO 8601",
        f"{FINDS}::test_a_filter_finds_what_the_list_says_it_should",
        SEARCH,
    ),
    Fact(
        "3.2",
        "Texts in a list are in lower case; options keep their case",
        f"{FINDS}::test_texts_in_a_list_must_be_in_lower_case_and_options_as_they_are",
        SEARCH,
        "A capital in a list finds nothing, as users report.",
    ),
    Fact(
        "3.2",
        "The instant 0 may end in a 500",
        f"{FINDS}::test_hs_lastmodifieddate_finds_no_contacts",
        choice="Reported once: answered like any other instant; a fault gives the 500.",
    ),
    Fact(
        "3.2",
        "query is at most 3,000 characters",
        f"{FINDS}::test_a_query_of_3000_characters_is_the_longest",
        SPECIFICATION,
    ),
    Fact(
        "3.2",
        "A body beyond 3,000 characters",
        f"{FINDS}::test_a_long_list_of_properties_is_no_trouble",
        SEARCH,
        "The guide refuses it, a production client sends longer ones every day: only query is measured.",
    ),
    Fact(
        "3.2",
        "query looks at the documented properties of each object",
        f"{FINDS}::test_query_looks_at_the_documented_default_properties",
        SEARCH,
    ),
    Fact(
        "3.2",
        "query finds words that begin alike",
        f"{FINDS}::test_query_finds_words_that_begin_alike_in_any_script",
        SEARCH,
        "How texts become words is not written: letters and digits of any script, and what addresses hold.",
    ),
    Fact(
        "3.2",
        "associations.{object} finds records linked with an id",
        f"{LINKS}::test_search_finds_the_records_linked_with_one_or_several",
        SEARCH,
        "EQ as documented, and IN; others are refused.",
    ),
    Fact("3.2", "Archived records are never found", f"{FINDS}::test_archived_records_are_never_found", SEARCH),
    Fact("3.2", "Results carry no associations", f"{FINDS}::test_results_carry_no_associations", SEARCH),
    Fact(
        "3.2",
        "Members may be missing, and filters may stand at the top",
        f"{FINDS}::test_filters_at_the_top_are_one_group",
        choice="The specification requires all members, recordings lack most: all are optional.",
    ),
    Fact(
        "3.2",
        "Ranges of ids walk past the cap",
        f"{FINDS}::test_a_keyset_walk_over_record_ids_finds_everything_once",
        SEARCH,
    ),
    Fact(
        "3.2",
        "The index lags behind, the values of results do not",
        f"{FINDS}::test_a_lagging_index_sees_edits_later_and_returns_fresh_values",
        choice="As recorded; how long is --index-lag-ms, without it nothing lags.",
    ),
)

BATCH_FACTS = (
    Fact(
        "3.3",
        "A batch holds 100 inputs, 50 with histories",
        f"{RECORDS}::test_pages_and_batches_with_history_hold_fifty",
        CONTACTS,
    ),
    Fact(
        "3.3",
        "Missing ids make it a 207 with errors",
        f"{WIRE}::test_batch_read_answers_207_when_an_id_is_missing",
        OBJECTS,
        "2026-09 lists 200 only, earlier files and the PHP SDK's users know 207: 207 in every version.",
    ),
    Fact(
        "3.3",
        "Inputs may be values of a unique property",
        f"{RECORDS}::test_a_batch_is_read_by_email_with_an_error_for_the_missing",
        CONTACTS,
    ),
    Fact(
        "3.3",
        "A merged-away id brings the record that survived, once",
        "sandbox/test_sandbox_edits.py::test_a_merged_record_answers_to_its_old_ids",
        f"{CHANGELOG}/updated-merge-functionality-for-contacts-and-companies",
    ),
    Fact(
        "3.3",
        "Archived records come only when asked for",
        f"{RECORDS}::test_archived_records_are_read_one_by_one_and_in_batches_only_when_asked_for",
        OBJECTS,
    ),
    Fact(
        "3.4",
        "Links of up to 1,000 records come in one batch",
        f"{LINKS}::test_a_thousand_ids_fit_into_a_batch",
        ASSOCIATIONS,
    ),
    Fact(
        "3.4",
        "Many links of one record come by after",
        f"{LINKS}::test_a_batch_gives_a_hundred_links_and_a_cursor_to_the_rest",
        ASSOCIATIONS,
        "The size of a page is not written: 100.",
    ),
    Fact(
        "3.4",
        "The primary company has a label of its own beside the unlabelled type",
        f"{LINKS}::test_the_primary_link_is_labelled_beside_its_unlabelled_twin",
        ASSOCIATIONS,
        "toObjectId is a number as in the guide's samples; the specification says string.",
    ),
    Fact(
        "3.4",
        "Each pair of objects has its type ids",
        f"{LINKS}::test_the_labels_are_the_documented_types",
        ASSOCIATIONS,
    ),
    Fact(
        "3.4",
        "Records without links",
        f"{LINKS}::test_records_without_links_are_absent_and_unknown_ones_are_errors",
        choice="Absent or an error in reports: absent; ids that do not exist are errors.",
    ),
    Fact(
        "3.4",
        "One record's links come 500 a page",
        f"{LINKS}::test_one_records_links_at_most_500_a_page",
        ASSOCIATIONS,
        "Not in the file of 2026-09; served in every version, because inline links lead there.",
    ),
    Fact(
        "3.4",
        "v3 names the types instead",
        f"{LINKS}::test_v3_names_the_types_instead",
        f"{DOCS}/api-reference/legacy/crm/associations/associate-records/v3",
    ),
    Fact(
        "3.4",
        "A contact's primary company is also the property associatedcompanyid",
        f"{LINKS}::test_the_primary_link_is_labelled_beside_its_unlabelled_twin",
        ASSOCIATIONS,
    ),
)

SCHEMA_FACTS = (
    Fact(
        "3.5",
        "All definitions come in one answer",
        f"{SCHEMAS}::test_every_definition_comes_in_one_answer_without_paging",
        PROPERTIES,
    ),
    Fact(
        "3.5",
        "Properties lie in groups",
        f"{SCHEMAS}::test_every_property_lies_in_a_group_that_can_be_read",
        PROPERTIES,
    ),
    Fact(
        "3.5",
        "Archived and sensitive properties come only when asked for",
        f"{SCHEMAS}::test_there_are_no_archived_and_no_sensitive_properties",
        PROPERTIES,
    ),
    Fact(
        "3.5",
        "Owner properties have no options of their own",
        f"{WIRE}::test_owner_properties_refer_to_owners",
        PROPERTIES,
    ),
    Fact(
        "3.5",
        "Real portals have hundreds of properties",
        f"{SCHEMAS}::test_every_definition_comes_in_one_answer_without_paging",
        choice="About a hundred here, those that people and clients use.",
    ),
    Fact(
        "3.5",
        "Owners come in pages of up to 500",
        f"{SCHEMAS}::test_owner_pages_hold_up_to_five_hundred",
        OWNERS,
        "The default of 100 is beyond the eight owners of a portal here.",
    ),
    Fact(
        "3.5",
        "Deactivated owners need a call of their own and hide their user",
        f"{WIRE}::test_owners_come_in_pages_and_deactivated_ones_apart",
        OWNERS,
    ),
    Fact("3.5", "An owner is found by e-mail", f"{SCHEMAS}::test_an_owner_is_found_by_email", OWNERS),
    Fact(
        "3.5", "An owner is read by id or by user", f"{SCHEMAS}::test_an_owner_is_read_by_id_or_by_user", SPECIFICATION
    ),
    Fact(
        "3.5",
        "The guide to owners ends the path with a slash, the specification does not",
        f"{FORMS}::test_a_slash_at_the_end_changes_nothing",
        OWNERS,
        "A slash changes nothing on any path.",
    ),
    Fact(
        "3.5",
        "The default pipeline has its stages with texts as metadata",
        f"{SCHEMAS}::test_pipelines_answer_whole_one_by_one_and_by_stage",
        PIPELINES,
    ),
    Fact("3.6", "A URL that is too long is a 414 in HTML", f"{WIRE}::test_a_url_beyond_8_kilobytes_is_a_414_in_html"),
    Fact(
        "3.6",
        "How long is too long",
        f"{ERRORS}::test_a_url_of_8192_characters_is_the_longest",
        choice="Reports say about 8,000 and about 16,000: path and query of 8,192, the stricter.",
    ),
    Fact(
        "3.6",
        "An escaped comma takes three characters",
        f"{ERRORS}::test_an_escaped_comma_takes_three_characters_of_the_url",
    ),
)

EXPORT_FACTS = (
    Fact(
        "4",
        "Exports write CSV files in the background, 30 a day",
        source=f"{LATEST}/crm/exports/guide",
        choice=f"{NOT_OURS}the dashboard reads pages; an export needs a Super Admin and waits in a queue.",
    ),
    Fact(
        "4",
        "Links to finished exports live 5 minutes",
        source=f"{LATEST}/crm/exports/guide",
        choice=f"{NOT_OURS}there are no exports here.",
    ),
)

READING = (*LIST_FACTS, *SEARCH_FACTS, *BATCH_FACTS, *SCHEMA_FACTS, *EXPORT_FACTS)
