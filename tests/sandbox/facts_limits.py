"""Facts about rate limits and errors, the traps users report, and what a sandbox must have."""

from tests.sandbox.facts import (
    CHANGELOG,
    ERRORS,
    NOT_OURS,
    OAUTH_GUIDE,
    OBJECTS,
    OWNERS,
    SEARCH,
    SPECIFICATION,
    USAGE,
    Fact,
)

LIMITS = "sandbox/test_sandbox_limits.py"
BODIES = "sandbox/test_sandbox_errors.py"
FAULTS = "sandbox/test_sandbox_faults.py"
WIRE = "sandbox/test_sandbox_wire.py"
FINDS = "sandbox/test_sandbox_search.py"
FORMS = "sandbox/test_sandbox_forms.py"
DATA = "sandbox/test_sandbox_data.py"
EDITS = "sandbox/test_sandbox_edits.py"
LINKS = "sandbox/test_sandbox_associations.py"
SCHEMAS = "sandbox/test_sandbox_schemas.py"
OAUTH = "sandbox/test_sandbox_oauth.py"

LIMIT_FACTS = (
    Fact(
        "5",
        "An OAuth app has 110 requests in any 10 seconds for each account",
        f"{LIMITS}::test_the_windows_are_as_large_as_documented_unless_told_otherwise",
        USAGE,
    ),
    Fact("5", "The window rolls", f"{LIMITS}::test_a_rolling_window_frees_each_place_after_its_own_ten_seconds", USAGE),
    Fact(
        "5",
        "The window is the account's: its users and all versions share it",
        f"{LIMITS}::test_versions_and_users_of_a_portal_share_its_window",
        USAGE,
    ),
    Fact("5", "Accounts have windows of their own", f"{LIMITS}::test_each_portal_has_its_own_limit", USAGE),
    Fact(
        "5",
        "Lists, records, batches, definitions, owners and details count together",
        f"{LIMITS}::test_lists_records_batches_properties_owners_and_details_share_the_burst_window",
        USAGE,
    ),
    Fact(
        "5",
        "A request that ends in an error counts",
        f"{LIMITS}::test_a_request_that_ends_in_an_error_counts_too",
        choice="Not written; it reached the account. A refused token and a 429 do not count.",
    ),
    Fact(
        "5",
        "The limits of private apps and keys are other numbers",
        source=USAGE,
        choice=f"{NOT_OURS}the app is an OAuth app; --burst sets any number.",
    ),
    Fact(
        "5",
        "OAuth apps have no daily limit, and no daily headers",
        f"{LIMITS}::test_no_daily_headers_are_sent",
        USAGE,
        "The 429 of a daily limit comes on request, for apps that are not OAuth apps.",
    ),
    Fact(
        "5",
        "Search has 5 requests a second for each account, over all objects",
        f"{LIMITS}::test_the_search_limit_counts_companies_and_contacts_together",
        SEARCH,
    ),
    Fact(
        "5",
        "Search does not count in the other window and has no headers",
        f"{LIMITS}::test_search_has_a_limit_of_its_own_and_no_rate_limit_headers",
        SEARCH,
    ),
    Fact(
        "5",
        "Batches of associations count apart",
        f"{LIMITS}::test_the_association_window_fills_apart_and_says_so",
        SPECIFICATION,
        "The specification exempts them from the ten-second limit, the guide names 100 to 200 by "
        "subscription: 150 in 10 seconds, with headers and the first 429.",
    ),
    Fact(
        "5", "Clients keep errors below 5 % of a day's requests", source=USAGE, choice=f"{NOT_OURS}a rule for clients."
    ),
    Fact(
        "5",
        "Answers carry Max, Remaining and Interval",
        f"{LIMITS}::test_the_burst_limit_answers_429_with_headers_and_without_retry_after",
        USAGE,
        "The deprecated headers of a second are not sent.",
    ),
    Fact("5", "Answers carry a correlation id and a trace", f"{WIRE}::test_answers_carry_a_trace_of_their_own"),
    Fact(
        "5",
        "The three 429 bodies differ",
        f"{BODIES}::test_the_three_limits_are_told_each_in_its_way",
        ERRORS,
        "Search's has a category and no policy: some say SECONDLY stands there, recordings lack it.",
    ),
    Fact(
        "5",
        "A 429 has no Retry-After",
        f"{BODIES}::test_no_429_says_when_to_come_back",
        ERRORS,
        "Undocumented and absent in recordings; a fault may add it with retry_after.",
    ),
    Fact(
        "5",
        "423 is a lock that asks for two seconds",
        f"{FAULTS}::test_a_fault_answers_in_the_place_of_the_route",
        ERRORS,
    ),
    Fact(
        "5",
        "477 says with Retry-After how long a migration takes",
        f"{FAULTS}::test_a_migration_says_when_to_come_back",
        ERRORS,
    ),
    Fact(
        "5", "5xx and the edge's own statuses may come as HTML", f"{FAULTS}::test_an_edge_servers_error_is_html", ERRORS
    ),
    Fact("5", "The edge limits in plain text", f"{FAULTS}::test_the_edges_own_limit_is_plain_text"),
    Fact(
        "5",
        "A token of a wrong form may end in 530",
        f"{FAULTS}::test_a_fault_answers_in_the_place_of_the_route",
        choice="Seen by one client: on request; a wrong token is a 401 here.",
    ),
)

ERROR_FACTS = (
    Fact(
        "6",
        "Errors have status, message, correlationId and category",
        "sandbox/test_sandbox_openapi.py::test_every_answer_to_every_request_is_as_specified",
        SPECIFICATION,
    ),
    Fact(
        "6",
        "The correlation id of the body is the one of the header",
        f"{WIRE}::test_an_error_body_carries_the_correlation_id_of_its_header",
        ERRORS,
    ),
    Fact(
        "6",
        "An expired token is a 401 that tells when it expired",
        f"{BODIES}::test_an_expired_token_is_told_when_it_expired",
    ),
    Fact("6", "A missing or unknown token is a 401", f"{BODIES}::test_no_token_and_an_unknown_one_are_told_alike"),
    Fact(
        "6",
        "A missing scope is a 403 with requiredGranularScopes",
        f"{BODIES}::test_a_missing_scope_is_told_with_those_that_would_do",
        OBJECTS,
    ),
    Fact(
        "6",
        "An unknown path is a 404: resource not found",
        f"{FORMS}::test_an_unknown_path_is_a_404_and_a_wrong_method_a_405",
    ),
    Fact(
        "6",
        "An unknown record is a 404 with OBJECT_NOT_FOUND",
        f"{WIRE}::test_one_record_comes_by_id_and_an_unknown_one_is_a_404",
    ),
    Fact(
        "6",
        "An id that is no number is told so",
        "sandbox/test_sandbox_records.py::test_without_id_property_an_email_is_no_id",
        "https://github.com/HubSpot/hubspot-api-nodejs/issues/669",
    ),
    Fact(
        "6",
        "Wrong parameters are a 400 with VALIDATION_ERROR",
        f"{FINDS}::test_a_search_beyond_the_rules_is_a_validation_error",
        ERRORS,
        "The sentences are ours: HubSpot's are unknown.",
    ),
)

TRAP_FACTS = (
    Fact("10", "Many properties make URLs too long", f"{WIRE}::test_a_url_beyond_8_kilobytes_is_a_414_in_html"),
    Fact("10", "Inline associations come twice", f"{WIRE}::test_inline_associations_repeat_each_id_unlabelled"),
    Fact("10", "Values are null, empty or missing", f"{DATA}::test_empty_values_are_null_or_an_empty_text"),
    Fact(
        "10",
        "A misspelt property is ignored in silence",
        f"{WIRE}::test_only_requested_properties_come_with_the_three_that_always_come",
        OBJECTS,
    ),
    Fact(
        "10",
        "Search ends at 10,000, and a bulk edit has more in one millisecond",
        f"{DATA}::test_a_bulk_import_in_a_large_portal_has_more_records_than_a_search_pages_through",
        SEARCH,
    ),
    Fact(
        "10",
        "New records are missing from search for a while",
        f"{FINDS}::test_a_lagging_index_sees_edits_later_and_returns_fresh_values",
    ),
    Fact(
        "10",
        "A token expires in the middle of a load",
        f"{OAUTH}::test_an_expired_access_token_gets_the_401_that_asks_for_a_refresh",
    ),
    Fact("10", "hs_lastmodifieddate finds no contacts", f"{FINDS}::test_hs_lastmodifieddate_finds_no_contacts"),
    Fact(
        "10",
        "Deactivated owners are missing unless asked for",
        f"{WIRE}::test_owners_come_in_pages_and_deactivated_ones_apart",
        OWNERS,
    ),
    Fact("10", "A 207 is partly an error", f"{WIRE}::test_batch_read_answers_207_when_an_id_is_missing"),
    Fact("10", "Deleted records stay in copies", f"{EDITS}::test_edits_create_update_archive_and_merge"),
    Fact(
        "10",
        "Merged records get a new id",
        f"{EDITS}::test_a_merged_record_answers_to_its_old_ids",
        f"{CHANGELOG}/updated-merge-functionality-for-contacts-and-companies",
    ),
    Fact(
        "10",
        "A denied consent may never call back",
        "sandbox/test_sandbox_consent.py::test_the_app_can_be_left_without_any_answer",
        OAUTH_GUIDE,
    ),
    Fact(
        "10",
        "Wrong scopes and redirects end on HubSpot's page",
        f"{OAUTH}::test_a_wrong_request_ends_on_an_error_page_without_callback",
        OAUTH_GUIDE,
    ),
    Fact(
        "10",
        "A slash at the end of the redirect URI makes it another one",
        f"{OAUTH}::test_a_code_is_bound_to_its_redirect_uri",
        OAUTH_GUIDE,
    ),
    Fact(
        "10",
        "Tokens in URLs and personal data end in logs",
        "browser/test_tokens.py::test_no_secret_lies_in_clear_in_logs_redis_files_or_the_state_folder",
        choice=f"{NOT_OURS}a rule for clients.",
    ),
    Fact("10", "HTML comes where JSON is expected", f"{FAULTS}::test_an_edge_servers_error_is_html"),
    Fact(
        "10", "A limit of 200 is for search alone", f"{WIRE}::test_a_list_page_holds_one_to_a_hundred_records", SEARCH
    ),
    Fact(
        "10",
        "Properties of one name differ in type between objects",
        f"{SCHEMAS}::test_properties_of_one_name_may_differ_in_type_between_objects",
    ),
    Fact(
        "10",
        "Changes of links and rollups do not touch the modification date",
        f"{EDITS}::test_archiving_a_company_unlinks_its_contacts_without_touching_their_modification_date",
    ),
)

SANDBOX_FACTS = (
    Fact(
        "11",
        "Authorize has approve, deny and no callback",
        "sandbox/test_sandbox_consent.py::test_the_app_can_be_left_without_any_answer",
    ),
    Fact(
        "11",
        "All routes answer in 2026-09, 2026-03 and the forms of v3",
        f"{FORMS}::test_every_form_of_a_path_answers_alike",
    ),
    Fact(
        "11", "Account details tell portal, zone and currency", f"{WIRE}::test_account_details_name_zone_and_currency"
    ),
    Fact(
        "11",
        "The lifetime of access tokens can be set",
        f"{OAUTH}::test_an_expired_access_token_gets_the_401_that_asks_for_a_refresh",
    ),
    Fact("11", "Cursors are ids or opaque", f"{WIRE}::test_opaque_cursors_walk_alike_and_accept_no_ids"),
    Fact(
        "11",
        "Faults of every kind can be switched on, in any combination",
        f"{FAULTS}::test_an_error_can_be_late_slow_and_cut_at_once",
    ),
    Fact("11", "Every answer carries a correlation id", f"{WIRE}::test_every_answer_carries_a_correlation_id"),
    Fact(
        "11",
        "A custom stage has a number for a value",
        f"{WIRE}::test_the_custom_stage_and_the_renamed_one_are_in_the_definition",
    ),
    Fact(
        "11", "Options are deleted while records hold them", f"{DATA}::test_options_that_were_deleted_still_have_values"
    ),
    Fact("11", "Archived owners own records", f"{DATA}::test_deactivated_owners_still_own_records"),
    Fact(
        "11", "Some records were merged", f"{DATA}::test_some_records_were_merged_before_history_and_some_are_archived"
    ),
    Fact("11", "Decimals are longer than a float", f"{DATA}::test_numbers_may_be_longer_than_a_float"),
    Fact("11", "Deals and their pipeline answer", f"{SCHEMAS}::test_every_deal_is_in_a_stage_of_its_pipeline"),
)

LIMITING = (*LIMIT_FACTS, *ERROR_FACTS, *TRAP_FACTS, *SANDBOX_FACTS)
