//! Outputs and dead letters on their way to Kafka, in transactions and without.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "D001",
        "A partition of a sink topic has taken nothing for long",
        "Outputs for it wait, and no offset of their events is committed; other partitions go on. Nothing is lost.",
        "Look at the partition's leader and its in-sync replicas (`kafka-topics.sh --describe`), and at the cause that \
         the line names.",
    ),
    error(
        "D002",
        "Outputs can't be written to standard output",
        "`makinage predict` could not write its results, a full disk being the usual reason.",
        "Make room, or write somewhere else, and run it again.",
    ),
    error(
        "D003",
        "No thread can be started that reads events again for their dead letters",
        "Outputs were refused, and their events must be read again to become dead letters. That is tried until it works; \
         their offsets are not committed until then.",
        "Look at the machine's or the container's limit of processes (`ulimit -u`, `pids.max`).",
    ),
    warning(
        "D004",
        "An event can't be read again for its dead letter",
        "Its output was refused, and its topic's broker does not give it out again. That is tried until it does; its \
         offset is not committed until then.",
        "Look at the data topic and its brokers, and whether the topic's retention is very short.",
    ),
    warning(
        "D005",
        "Kafka's producer has given up",
        "The client can't go on after an error of the brokers' that it calls fatal. A new one takes over by itself, and \
         what was not acknowledged is produced again, in order.",
        "Nothing, if it happens once. If it comes again and again, look at the brokers' logs for the reason in the line.",
    ),
    error(
        "D006",
        "No new producer can be made",
        "The one before has given up. Outputs wait, and nothing is committed until there is one; that is tried each \
         second.",
        "The line has the reason: usually memory, threads or files of this machine have run out.",
    ),
    warning(
        "D007",
        "Kafka does not take outputs for now",
        "The brokers answered with an error that may pass, such as too few in-sync replicas. What was not taken is \
         produced again until it is; events of that partition wait.",
        "Look at the error in the line, and at the topic's replicas and `min.insync.replicas`.",
    ),
    warning(
        "D008",
        "Kafka refuses a batch of outputs",
        "One of its records is at fault, and brokers refuse the batch as a whole. Each is tried alone, so that only the \
         guilty one fails; its partition is slower meanwhile.",
        "Look for the events that fail next (E002, E003). On a compacted topic every output needs a key.",
    ),
    warning(
        "D009",
        "Kafka refuses batches as too large",
        "The topic takes less than the service was told, or may not be asked. Batches are made smaller, and what was \
         refused is produced again.",
        "Allow the service to describe the topic's configuration, or restart it after `max.message.bytes` was lowered.",
    ),
    error(
        "D010",
        "A dead letter is not taken by its topic",
        "Nothing is skipped without its letter: it is tried until it is taken, and what comes behind it waits.",
        "Let the topic take it: raise its `max.message.bytes`, or set `cleanup.policy` to `delete` for events without a \
         key. The line has the broker's reason.",
    ),
    warning(
        "D011",
        "It isn't known whether a transaction is committed",
        "The broker did not answer at its end. A new producer ends it one way or the other, and what the group has \
         committed decides what is written again: nothing is written twice or lost.",
        "Nothing, if it happens once. Else look at the brokers and the network.",
    ),
    warning(
        "D012",
        "Another producer has taken over this instance's transactions",
        "Or a transaction took longer than `transaction.timeout.ms`. The service begins anew; what was not committed is \
         scored again.",
        "If D013 follows, two instances have one name. Else see whether a batch takes minutes.",
    ),
    error(
        "D013",
        "Two instances write transactions under one name",
        "Each throws the other out, so this one ends. Its partitions go to others.",
        "Give each instance a `kafka.instance` of its own, for example `${env:HOSTNAME}`.",
    ),
    warning(
        "D014",
        "A transaction could not be committed",
        "It is aborted, and made again until it can. Readers with `isolation.level=read_committed` see nothing of it.",
        "Look at the error in the line; the transaction's coordinator or the topic's replicas are the usual places.",
    ),
    warning(
        "D015",
        "Transactions can't begin",
        "The transaction's coordinator does not answer, or refuses this instance. Outputs wait, and it is tried again.",
        "Look at the brokers, and whether the service may write with its transactional id (`makinage check` tells).",
    ),
];
