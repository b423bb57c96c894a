"""The defects measured in django-scim2 0.23 and scim2-filter-parser, and what holds each of them here.

Every one has a test that would fail on the stock library, or a reason why it can't concern us.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.scim.defects import test_envelope as envelope
from tests.scim.defects import test_filtering as filtering
from tests.scim.defects import test_paging as paging
from tests.scim.defects import test_patching as patching
from tests.scim.defects import test_security as security

# Number → what is wrong in the stock library, and the tests that say it is not so here.
DEFECTS: dict[str, tuple[str, list[Callable[..., Any]]]] = {
    "D1": (
        "dispatch catches every exception, so half a request is committed",
        [
            security.test_a_failed_creation_leaves_no_row,
            security.test_a_failure_is_in_the_log_though_it_was_rolled_back,
        ],
    ),
    "D2": (
        "POST, PUT and DELETE have no transaction",
        [
            security.test_a_failed_creation_leaves_no_row,
            security.test_a_failed_change_leaves_the_row_as_it_was,
        ],
    ),
    "D3": (
        "a missing login is refused below one prefix only",
        [
            security.test_no_prefix_lets_in_whoever_has_no_token,
        ],
    ),
    "D4": (
        "the condition on the tenant is appended without parentheses",
        [
            security.test_no_or_reaches_into_another_tenant,
        ],
    ),
    "D5": (
        "a filter reads the rows of every tenant and sorts them out in Python",
        [
            security.test_a_filter_builds_no_row_beyond_its_page,
        ],
    ),
    "D7": (
        "a conflict carries the words of the database driver",
        [
            security.test_a_conflict_says_nothing_of_the_database,
        ],
    ),
    "D8": (
        "members are looked up without the tenant",
        [
            security.test_nobody_of_another_tenant_gets_into_a_group,
        ],
    ),
    "D9": (
        "a change reads, alters and writes the whole row without a lock",
        [
            security.test_a_change_writes_no_column_that_it_does_not_change,
            security.test_a_change_writes_the_row_only_as_it_was_read,
        ],
    ),
    "D10": ("a deletion goes by the id alone", [security.test_a_stranger_deletes_nothing_by_its_id]),
    "D11": ("a creation sets no tenant", [security.test_what_a_tenant_creates_it_reads_back]),
    "D12": (
        "the id is the key, written by a second statement; a replacement blanks userName",
        [
            security.test_an_id_is_random_and_written_with_its_row,
            security.test_a_replacement_without_a_user_name_blanks_nothing,
        ],
    ),
    "D13": ("whoever is deactivated counts as signed in", [security.test_a_revoked_token_is_let_in_nowhere]),
    "D14": ("and binds as loosely as or", [filtering.test_and_binds_closer_than_or]),
    "D15": (
        "an unknown attribute is dropped from a filter",
        [
            filtering.test_an_unknown_attribute_is_refused_and_not_left_out,
        ],
    ),
    "D16": (
        "attributes are found in one spelling, without URN, and not all of them",
        [
            filtering.test_every_attribute_is_found_by_its_name_in_any_spelling,
        ],
    ),
    "D17": (
        "values are taken as patterns or texts; long filters overflow",
        [
            filtering.test_a_value_is_compared_as_it_was_written,
            filtering.test_a_filter_without_end_is_refused_as_one,
        ],
    ),
    "D18": (
        "only userName is compared without case, and by no index",
        [
            filtering.test_names_are_compared_without_case_in_a_column_that_has_an_index,
            filtering.test_other_texts_are_compared_without_case_too,
        ],
    ),
    "D19": ("a list is counted by reading it", [paging.test_a_list_is_counted_by_the_database]),
    "D20": ("a list costs a query for each of its rows", [paging.test_a_longer_list_takes_no_more_queries]),
    "D21": (
        "paging out of range is refused, or has no bound",
        [
            paging.test_paging_out_of_range_is_read_as_the_rfc_says,
            paging.test_a_page_has_an_upper_bound,
            paging.test_paging_that_is_no_number_is_refused_without_words_of_python,
        ],
    ),
    "D22": (
        "a search ignores its body but for the filter, which it demands",
        [
            paging.test_a_search_body_pages_sorts_and_projects,
        ],
    ),
    "D23": ("what a filter finds has no order", [paging.test_the_pages_of_a_list_hold_everybody_once]),
    "D24": (
        "there is no projection and no sorting",
        [
            paging.test_only_what_is_wanted_is_answered,
            paging.test_members_that_are_not_wanted_are_not_read,
            paging.test_a_list_is_sorted_by_the_attribute_that_is_asked_for,
        ],
    ),
    "D25": (
        "a user's PATCH knows little more than the replacement of a text",
        [
            patching.test_every_operation_on_a_user_does_what_it_says,
        ],
    ),
    "D26": (
        "a group's PATCH renames nothing, removes nothing, adds one by one",
        [
            patching.test_a_group_is_renamed,
            patching.test_every_operation_on_members_does_what_it_says,
            patching.test_a_whole_group_brings_its_members,
            patching.test_many_members_are_added_by_as_few_statements_as_one,
        ],
    ),
    "D27": (
        "a PATCH into a conflict or a malformed one is a fault; a group is sent back whole",
        [
            patching.test_a_rename_to_a_taken_name_is_a_conflict,
            patching.test_the_name_of_the_list_of_operations_is_read_without_case,
            patching.test_a_malformed_operation_is_refused,
            patching.test_every_operation_on_members_does_what_it_says,
        ],
    ),
    "D28": (
        "only active is validated",
        [
            patching.test_a_body_is_validated_before_it_is_stored,
            patching.test_a_name_that_is_null_is_no_name,
            patching.test_a_body_that_is_no_json_object_is_refused,
        ],
    ),
    "D29": (
        "a POST to one resource creates another",
        [
            patching.test_a_verb_on_the_wrong_kind_of_address_does_nothing,
        ],
    ),
    "D30": (
        "errors have a number as status, no scimType, or no body",
        [
            envelope.test_every_refusal_is_a_scim_error,
            envelope.test_a_refused_token_is_told_of_bearer_alone,
        ],
    ),
    "D31": (
        "the lists of descriptions are no lists, and describe something else",
        [
            envelope.test_a_description_is_a_whole_list_of_what_is_really_served,
            envelope.test_the_endpoint_of_a_resource_type_is_below_the_tenant_url,
            envelope.test_what_a_schema_describes_is_what_is_stored,
        ],
    ),
    "D32": (
        "the configuration denies what is offered and offers what is not",
        [
            envelope.test_the_configuration_says_what_is_offered_and_nothing_more,
        ],
    ),
    "D33": (
        "there are no versions, and lastModified never changes",
        [
            envelope.test_a_resource_has_a_version_that_guards_it,
            envelope.test_last_modified_is_not_when_it_was_created,
        ],
    ),
    "D34": (
        "every body is parsed again for a log that is off",
        [
            envelope.test_a_body_is_parsed_once_and_no_answer_is,
        ],
    ),
    "D36": (
        "each address costs a search in the URLconf",
        [
            envelope.test_an_address_costs_no_search_in_the_urlconf,
        ],
    ),
    "D37": ("a user is demanded on the request", [security.test_a_token_needs_no_user_on_the_request]),
}
NOT_OURS = {
    "D6": "The conditions that the getters of extra arguments add are not used: every query starts at "
    "`of_organization`.",
    "D35": "What is decided while modules are imported never changes while a process runs; that filters do not "
    "import adapters is shown by every start.",
}


def test_every_defect_is_held_by_a_test_or_does_not_concern_us() -> None:
    assert {*DEFECTS, *NOT_OURS} == {f"D{number}" for number in range(1, 38)}
    assert not DEFECTS.keys() & NOT_OURS.keys()


@pytest.mark.parametrize("number", DEFECTS)
def test_what_holds_a_defect_is_a_test_that_runs(number: str) -> None:
    sentence, tests = DEFECTS[number]

    assert sentence
    assert tests
    assert all(test.__name__.startswith("test_") for test in tests)
