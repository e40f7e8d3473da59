"""What an attack of version 0.1.0 found, and the tests that would find each of it again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One way in which a boundary, a secret or a score gave way."""

    number: int
    what: str
    tests: tuple[str, ...]
    """`path::name`, below `tests/`."""


FINDINGS = (
    Finding(1, "an id of a data set that is a path deletes folders", (
        "agent/test_faults.py::test_samples_called_like_paths_delete_nothing",
        "agent/test_faults.py::test_every_id_has_a_folder_of_its_own_and_none_is_a_path",
    )),
    Finding(2, "one odd turn ends a whole evaluation", (
        "browser/test_boundary.py::test_an_odd_address_is_answered_in_words_and_never_a_fault",
        "policy/test_server_behaviours.py::test_a_server_is_used_as_it_is",
        "policy/test_grammar.py::test_a_number_of_hundreds_of_digits_is_a_turn_like_any_other",
    )),
    Finding(3, "the answer key is in the policy's browser", (
        "browser/test_boundary.py::test_what_is_no_page_of_the_web_is_refused_in_words",
        "gauntlet/test_gauntlet.py::test_looking_for_the_answer_elsewhere_scores_0",
        "gauntlet/test_smoke.py::test_the_record_of_an_episode_is_no_page",
    )),
    Finding(4, "a policy can leave the table", (
        "browser/test_boundary.py::test_an_odd_address_is_answered_in_words_and_never_a_fault",
        "agent/test_faults.py::test_a_number_with_too_many_faults_is_withheld_between_its_bounds",
    )),
    Finding(5, "faults become a score of 0", (
        "policy/test_server_behaviours.py::test_what_cannot_go_on_ends_soon_with_cause_and_remedy",
        "policy/test_server.py::test_waiting_for_a_server_in_vain_is_not_the_policys_time",
        "tasks/miniwob/test_miniwob.py::TestEpisode::test_a_page_that_dies_is_a_fault_and_one_that_was_left_a_0",
        "tasks/visualwebarena/test_judge.py::test_words_that_are_no_verdict_are_the_judges_fault",
        "tasks/visualwebarena/test_live.py::test_a_shop_that_is_broken_is_a_fault_by_all_rules",
    )),
    Finding(6, "an allow-list is void behind a proxy", (
        "browser/test_boundary.py::test_a_proxy_of_the_environment_is_no_way_around",
    )),
    Finding(7, "nothing needs a yes", (
        "browser/test_deeds.py::test_what_is_grave_is_done_after_a_yes_alone",
        "browser/test_deeds.py::test_no_yes_to_a_dialog_that_deletes",
        "browser/test_boundary.py::test_files_are_handed_out_only_from_where_they_may_be",
        "browser/test_deeds.py::test_a_page_that_lies_about_itself_is_asked_about_all_the_same",
    )),
    Finding(8, "a password is everywhere", (
        "agent/test_secrets.py::"
        "test_no_byte_of_a_run_no_picture_and_no_process_holds_the_password",
        "agent/test_secrets.py::test_a_key_that_a_server_echoes_is_not_repeated",
        "agent/test_secrets.py::TestTheRecord::test_folders_are_private_whatever_the_umask",
    )),
    Finding(9, "one clipboard for all episodes", (
        "browser/test_clipboard.py::test_what_one_episode_copies_no_other_one_pastes",
    )),
    Finding(10, "a page's text leaves its quotes", (
        "policy/test_conversation.py::test_a_page_cannot_leave_its_quotes",
        "policy/test_conversation.py::test_a_dialog_cannot_leave_its_quotes",
        "policy/test_conversation.py::test_what_nobody_sees_on_a_page_reaches_no_prompt",
    )),
    Finding(11, "a damaged picture ends an evaluation", (
        "agent/test_faults.py::test_damaged_pictures_are_named_and_leave_the_others_alone",
    )),
    Finding(12, "the sandbox is off as root, without a word", (
        "agent/cli/test_setup.py::test_the_state_of_the_sandbox_is_told_once_and_recorded",
    )),
    Finding(13, "no bounds on downloads, memory, answers, addresses", (
        "browser/test_bounds.py::test_a_download_that_is_too_large_is_cancelled_and_told",
        "browser/test_bounds.py::test_a_page_that_takes_too_much_memory_is_ended_and_told",
        "browser/test_bounds.py::test_a_page_that_changes_its_address_without_end_is_no_fault",
        "policy/test_server.py::test_an_answer_of_any_size_is_read_with_measure",
    )),
    Finding(14, "what cannot be written is lost without a word", (
        "agent/test_faults.py::test_log_ins_that_cannot_be_kept_are_told",
        "agent/test_rollout.py::test_a_disk_that_refuses_is_named_and_what_was_recorded_stays",
        "gauntlet/test_smoke.py::test_a_broken_server_and_a_full_disk_are_faults_and_a_way_out_is_a_score",
    )),
    Finding(15, "pages of other sites reset a stand-in", (
        "tasks/sites/test_sites.py::"
        "test_pages_of_other_sites_can_neither_reset_a_site_nor_reach_it_by_another_name",
    )),
    Finding(16, "what is blocked leaves no trace", (
        "browser/test_boundary.py::"
        "test_a_blocked_navigation_is_an_event_and_blocked_parts_are_one_sentence",
        "browser/test_boundary_rules.py::"
        "test_an_entry_that_is_no_host_is_refused_with_what_is_right",
    )),
    Finding(17, "texts steer the terminal", (
        "agent/test_secrets.py::TestTheTerminal::test_texts_do_nothing_to_it",
        "agent/test_secrets.py::TestTheTerminal::test_a_path_and_json_do_nothing_either",
    )),
    Finding(18, "a hang-up leaves no end; a server's date and null are not understood", (
        "policy/test_server_behaviours.py::test_a_server_is_used_as_it_is",
        "agent/cli/test_commands.py::test_a_stopped_run_is_recorded_and_leaves_no_process",
        "browser/test_process.py::"
        "test_a_killed_driver_ends_the_episode_and_leaves_neither_process_nor_folder",
    )),
    Finding(19, "odd arguments end in a trace", (
        "policy/test_server.py::test_what_is_no_address_is_said_so",
    )),
    Finding(20, "setup installs into the system without asking", (
        "agent/cli/test_setup.py::test_nothing_is_installed_where_nobody_can_be_asked",
        "agent/cli/test_setup.py::test_nothing_is_installed_after_a_no",
    )),
    Finding(21, "an address that ends the browser is refused by its spelling", (
        "browser/test_boundary.py::test_what_is_no_page_of_the_web_is_refused_in_words",
    )),
)  # fmt: skip
