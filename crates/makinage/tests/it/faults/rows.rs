//! The table of rows: what is injected, what must hold, and which code or tests look.
//!
//! Numbers are those of the fault matrix that the project keeps for Kafka services; `P` rows are faults that this
//! service has had, or might have.

mod brokers;
mod groups;
mod isolation;
mod links;
mod models;
mod service;
mod soak;
mod topics;
mod workers;

use super::play::Run;

pub(crate) struct Row {
    pub id: &'static str,
    pub injected: &'static str,
    pub holds: &'static str,
    pub how: How,
    /// Whether it runs with all tests.
    pub brief: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum How {
    /// A function that plays it with a seed.
    Plays(fn(&mut Run)),
    /// Tests of the test command, by name.
    Tests(&'static [&'static str]),
    /// It can't be run, and why.
    NotHere(&'static str),
}

const fn row(id: &'static str, injected: &'static str, holds: &'static str, how: How) -> Row {
    Row { id, injected, holds, how, brief: false }
}

impl Row {
    /// It runs with all tests, as briefly as it can.
    const fn brief(self) -> Self {
        Self { brief: true, ..self }
    }
}

use How::{NotHere, Plays, Tests};

/// All rows.
pub(crate) const ROWS: &[Row] = &[
    row(
        "1",
        "kill -9 of the service at random moments",
        "no loss, order, committed ≤ finished",
        Plays(service::kill_9),
    )
    .brief(),
    row("2", "SIGTERM under load, again and again", "no loss, nothing repeated", Plays(service::sigterm)),
    row(
        "3",
        "second signal, and a stop that a hanging worker holds up",
        "exits at once, or at the time-out; no loss",
        Tests(&["a_stop_that_a_wedged_worker_holds_up_ends_at_the_second_signal_or_the_timeout_and_loses_nothing"]),
    ),
    row("4", "a broker of two stopped, then killed, while the other leads", "no loss, order", Plays(brokers::bounce))
        .brief(),
    row("5", "all brokers down for a minute", "bounded memory, goes on by itself", Plays(brokers::all_down)),
    row("6", "a broker frozen for 90 s", "no loss, goes on by itself", Plays(brokers::frozen)),
    row("7", "the group's coordinator killed", "goes on by itself, no loss", Plays(brokers::coordinator)),
    row("8", "links slow, lossy, cut, silent", "no loss, order", Plays(links::weathers)),
    row(
        "9",
        "exactly once: the answers to EndTxn and TxnOffsetCommit lost",
        "no loss, nothing repeated",
        Plays(|run| run.once(links::lost_ends)),
    )
    .brief(),
    row(
        "10",
        "SIGSTOP of the service beyond its session, then SIGCONT",
        "commits nothing that is another's",
        Plays(service::zombie),
    )
    .brief(),
    row(
        "11",
        "exactly once: one transactional.id twice",
        "the older instance ends with a line; nothing repeated",
        Tests(&["of_two_instances_with_one_name_the_older_ends_with_a_line_and_nothing_comes_twice"]),
    ),
    row(
        "12",
        "exactly once: a transaction times out",
        "it is made again; nothing repeated",
        Tests(&["a_transaction_that_brokers_have_given_up_is_made_again"]),
    ),
    row("1-once", "row 1, exactly once", "no loss, nothing repeated", Plays(|run| run.once(service::kill_9))),
    row("4-once", "row 4, exactly once", "no loss, nothing repeated", Plays(|run| run.once(brokers::bounce))),
    row("7-once", "row 7, exactly once", "no loss, nothing repeated", Plays(|run| run.once(brokers::coordinator))),
    row("8-once", "row 8, exactly once", "no loss, nothing repeated", Plays(|run| run.once(links::weathers))),
    row("10-once", "row 10, exactly once", "no loss, nothing repeated", Plays(|run| run.once(service::zombie))),
    row("13-once", "row 13, exactly once", "no loss, nothing repeated", Plays(|run| run.once(groups::scale))),
    row("1-secured", "row 1, with TLS and a password", "no loss, order", Plays(|run| run.secured(service::kill_9))),
    row("4-secured", "row 4, with TLS and a password", "no loss, order", Plays(|run| run.secured(brokers::bounce))),
    row("7-secured", "row 7, with TLS and a password", "no loss", Plays(|run| run.secured(brokers::coordinator))),
    row("8-secured", "row 8, with TLS and a password", "no loss, order", Plays(|run| run.secured(links::weathers))),
    row("13", "one instance, three, one", "no loss, nothing repeated", Plays(groups::scale)).brief(),
    row("14", "the same with KIP-848", "", NotHere("`group.protocol` is refused until the client's is sound")),
    row(
        "15",
        "answers that come after their partition's revoke",
        "neither stored nor skipped",
        Plays(groups::late_answers),
    ),
    row("16", "a stop in the middle of a rebalance", "no hang, no loss, nothing repeated", Plays(groups::closing)),
    row("17", "a static member restarts quickly", "no rebalance, no loss", Plays(groups::static_member)),
    row("18", "a model slower than max.poll.interval.ms", "stays in its group", Plays(groups::slow_model)),
    row("19", "a sink that is throttled now and then", "bounded memory, nothing repeated", Plays(links::throttled)),
    row("20", "a backlog of 400 MB in 100 partitions", "bounded memory", Plays(topics::backlog)),
    row("21", "aborted transactions in the data topic", "positions pass the gaps", Plays(topics::sparse)).brief(),
    row(
        "22",
        "the sink refuses a record; the dead letters' topic takes nothing",
        "that event fails alone, and is a dead letter; nothing is skipped, other partitions go on",
        Tests(&[
            "outputs_that_are_too_large_for_a_limit_lowered_meanwhile_fail_alone_and_the_others_arrive_once_and_in_order",
            "whatever_is_refused_all_else_arrives_once_and_in_order",
            "an_output_that_the_broker_refuses_later_becomes_a_letter_with_its_event_read_again",
            "while_letters_can_not_be_written_nothing_is_skipped_and_other_partitions_go_on",
            "what_is_too_large_for_the_topic_is_cut_and_what_can_not_be_taken_waits_and_is_not_skipped",
        ]),
    ),
    row("23", "partitions added under load", "read from their beginning, no loss", Plays(topics::growing)).brief(),
    row("24", "workers killed in the middle of batches", "no loss, no skip", Plays(workers::killed)).brief(),
    row("25", "a worker stopped, then one event that hangs", "only that event is skipped", Plays(workers::hangs)),
    row("26", "events that crash their worker", "only they are skipped", Plays(workers::poison)),
    row("27", "a model whose process ends while it loads", "back-off, no busy loop", Plays(workers::crash_loop)),
    row("28", "a model that leaks at each event", "no loss", NotHere("it is row P1")),
    row(
        "29",
        "the service is killed while its workers live",
        "no orphans",
        Tests(&[
            "a_worker_does_not_outlive_a_killed_service_whatever_it_is_doing",
            "what_a_model_has_started_ends_with_a_killed_service",
        ]),
    ),
    row(
        "30",
        "models each few seconds, every third bad",
        "one model an event, no partition goes back",
        Plays(models::swaps),
    ),
    row(
        "31",
        "chunks of a model lost, doubled, reordered, interleaved",
        "never half a model",
        Tests(&["interleaved_duplicate_reordered_and_missing_chunks_never_make_a_partial_model"]),
    ),
    row(
        "32",
        "hostile zips",
        "refused before anything is written",
        Tests(&[
            "names_that_lead_out_are_refused",
            "links_are_refused",
            "a_bomb_that_lies_is_refused",
            "members_that_share_bytes_are_refused",
        ]),
    ),
    row("33", "bad, expired or rolled-back signatures", "", NotHere("models are not signed in this version")),
    row(
        "34",
        "a torn configuration; Consul away",
        "the last good one is kept",
        Tests(&[
            "an_edited_configuration_is_taken_up_without_a_restart_and_without_a_loss_and_a_wrong_one_changes_nothing",
            "a_configuration_in_consul_is_waited_for_watched_and_kept_while_consul_is_away",
        ]),
    ),
    row("35", "no room for a model", "", NotHere("it needs a file system of its own, which takes root to make")),
    row("P1", "a model that leaks under memory_limit", "no event lost", Plays(workers::leak)).brief(),
    row("P2", "every worker dies of every event for a while", "no event lost", Plays(workers::all_die)),
    row("P3", "a data topic that appears after the start", "read from its beginning", Plays(topics::appears)).brief(),
    row("P3-anew", "a data topic deleted and made anew", "read from its beginning", Plays(topics::made_anew)),
    row("P4", "the same, and its log overtakes the old position", "read from its beginning", Plays(topics::overtaken))
        .brief(),
    row(
        "P4-stopped",
        "the same between a stop and a start",
        "a first start, at start_from",
        Plays(topics::overtaken_meanwhile),
    ),
    row(
        "P5",
        "retention deletes unread events of three partitions",
        "each told, with how many",
        Plays(topics::retention),
    ),
    row("P6", "metadata that comes with an error", "is asked again", Tests(&["promises_hold_for_random_schedules"])),
    row(
        "P7",
        "two instances of a new group start at once",
        "neither moves the other's positions",
        Plays(groups::together),
    ),
    row(
        "P8",
        "a producer that gives up",
        "order, nothing twice",
        Tests(&[
            "promises_hold_for_random_schedules",
            "what_is_refused_first_of_all_is_overtaken_by_nothing_that_is_under_way_behind_it",
        ]),
    ),
    row(
        "P9",
        "batches of outputs above segment.bytes",
        "made smaller; no loss, nothing repeated",
        Plays(topics::small_segments),
    ),
    row("P10", "a sink partition without a leader", "the other partitions go on", Plays(brokers::leaderless)).brief(),
    row(
        "P11-hang",
        "one event of 1,024 hangs",
        "only it is skipped, after two deaths at most",
        Plays(isolation::hanging),
    )
    .brief(),
    row(
        "P11-crash",
        "one event of 1,024 crashes",
        "only it is skipped, after two deaths at most",
        Plays(isolation::crashing),
    )
    .brief(),
    row(
        "P11-lost",
        "an event crashes its worker, and after each death the assignment is lost",
        "only it is skipped, after two deaths",
        Plays(isolation::crashing_while_lost),
    )
    .brief(),
    row(
        "P12",
        "two instances restart in turn; the model loads for 20 s",
        "no partition waits for the load",
        Plays(groups::rolling_restart),
    ),
    row("P13", "a stop that hits its time-out", "leaves the group", Plays(groups::stop_in_time)),
    row("P14", "a worker killed whose child holds its socket", "noticed at once", Plays(workers::forked)),
    row("P15-freeze", "service and workers frozen four times", "nobody is judged", Plays(workers::frozen)).brief(),
    row("P15-fenced", "a static member whose name is taken", "ends with a line", Plays(groups::fenced)),
    row("P15-stderr", "standard error that nobody reads", "stalls nothing", Plays(service::unread_log)),
    row("soak", "all of this mixed at random, `--minutes` long", "no loss, order, flat memory", Plays(soak::soak)),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::{super::super::broker::root, How, ROWS};

    /// All Rust text below a folder.
    fn code(folder: &Path) -> String {
        let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let texts = entries.map(|path| match path.extension() {
            _ if path.is_dir() => code(&path),
            Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
            _ => String::new(),
        });
        texts.collect()
    }

    #[test]
    fn each_test_that_a_row_names_is_there_and_each_row_has_a_name_of_its_own() {
        let crates = root().join("crates");
        let code =
            ["makinage/src", "makinage/tests", "kafka-headers"].map(|folder| code(&crates.join(folder))).concat();
        for row in ROWS {
            let How::Tests(tests) = row.how else { continue };
            for test in tests {
                assert!(code.contains(&format!("fn {test}(")), "row {} names {test}, which isn't there", row.id);
            }
        }
        assert_eq!(ROWS.iter().map(|row| row.id).collect::<BTreeSet<_>>().len(), ROWS.len());
    }
}
