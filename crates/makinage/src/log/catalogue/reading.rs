//! Reading events: the consumer group, its partitions and offsets.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "R001",
        "Reading starts at the end of a topic",
        "The consumer group has no committed offsets there, as at a first start or after they have expired. Events that \
         are there already are not scored.",
        "To score those too, set `start_from: beginning` on the topic before the first start, or reset the group's \
         offsets with `kafka-consumer-groups.sh`.",
    ),
    warning(
        "R002",
        "Reading starts at the beginning of a topic",
        "The consumer group has no committed offsets there, as at a first start or after they have expired, and \
         `start_from: beginning` is set. If it had some, events are scored again.",
        "If that isn't wanted, stop the service and reset the group's offsets with `kafka-consumer-groups.sh`.",
    ),
    error(
        "R003",
        "A data topic was deleted and made anew",
        "All of the new one is read, from its beginning. What was not read of the old one is lost.",
        "Find out who deleted it. Nothing else is needed for the new one.",
    ),
    error(
        "R004",
        "Events were deleted before they were read",
        "The topic's retention, or somebody, deleted them; the line counts them. Reading goes on at the first that is \
         left.",
        "Give the topic a longer `retention.ms` or more `retention.bytes`, or add instances so that reading keeps up.",
    ),
    error(
        "R005",
        "A partition ends before what was read",
        "The topic was made anew, or lost records when a broker without all of them became the leader. All of it is read \
         again.",
        "Look at the brokers (`unclean.leader.election.enable` should be off); expect outputs a second time.",
    ),
    warning(
        "R006",
        "The beginnings of topics made anew can't be committed",
        "It is tried again until it succeeds. An instance that takes the partitions over before could go on at old \
         offsets.",
        "Leave this instance running until then, and look at the group's coordinator.",
    ),
    error(
        "R007",
        "Kafka's client does not take partitions that it was given",
        "They are not read by this instance.",
        "Restart it. If that happens again, report it with this line.",
    ),
    warning(
        "R008",
        "It isn't known yet where reading starts",
        "Kafka does not say what was committed, or another instance is to choose the first positions. Reading waits.",
        "Look at the group's coordinator and at the other instances; the line has the reason.",
    ),
    warning(
        "R009",
        "Events were handed over unfinished",
        "Partitions went to another instance before all events under way were answered: those are scored twice.",
        "If it comes at each rebalance, the model takes longer for a batch than the group waits: see `batch`, `workers` \
         and `max.poll.interval.ms`.",
    ),
    warning(
        "R010",
        "The last offsets could not be committed",
        "What was finished since the last commit is scored again by whoever reads on.",
        "Look at the group's coordinator and the reason in the line.",
    ),
    warning(
        "R011",
        "A Kafka client leaves its group on the wrong thread",
        "No thread could be started for it, so that something else waits for it, a few seconds at most.",
        "Look at the machine's limit of processes.",
    ),
    warning(
        "R012",
        "No new Kafka client can be made",
        "The membership in the consumer group stands still and is to be begun anew. It is tried again in two minutes.",
        "The line has the reason: usually memory, threads or files of this machine have run out.",
    ),
    warning(
        "R013",
        "Offsets can't be committed for now",
        "They are committed with the next ones; should the service end before, some events are scored again.",
        "If it lasts, look at the group's coordinator.",
    ),
    warning(
        "R014",
        "The membership in the consumer group stands still",
        "Though its coordinator answers, nothing comes of it. The group is joined anew with a new client; events since \
         the last commit are scored again.",
        "Nothing, if it happens once. Else look at the coordinator's log.",
    ),
    error(
        "R015",
        "Another instance has this one's name",
        "It joined with the same `group.instance.id` and has the partitions, so this one ends.",
        "Give each instance a `kafka.instance` (or `group.instance.id`) of its own, or leave it out.",
    ),
    error(
        "R016",
        "Kafka's client can't go on",
        "It has met an error that it calls fatal; the service ends.",
        "Mend the reason in the line, and start the service again.",
    ),
    error(
        "R017",
        "The consumer group can't be joined",
        "The client refuses the group's or a topic's name; the service ends.",
        "Look at `application.name` and the names of the data topics.",
    ),
    warning(
        "R018",
        "Finished offsets can't be kept for their commit",
        "They are kept with the next ones; should the service end before, some events are scored again.",
        "If it lasts, restart the service and report it with this line.",
    ),
    warning(
        "R019",
        "Partitions can't be paused or resumed",
        "It is tried again. Until then one that stands still takes up room of the others, or one that has room waits.",
        "If it lasts, restart the service and report it with this line.",
    ),
    warning(
        "R020",
        "A partition's position is held",
        "One event has not finished for a minute or longer: its output isn't acknowledged, or its batch isn't answered. \
         Nothing behind it is committed.",
        "Look at the last lines about workers (W) and about the sink's topic (D), and whether the model keeps up.",
    ),
    warning(
        "R021",
        "More partitions' positions are held",
        "Only ten are named at a time; this counts the others. They have one cause.",
        "See R020.",
    ),
    warning(
        "R022",
        "Events are given up at the stop",
        "They were not answered in time, and the partitions are handed over: those events are scored again elsewhere.",
        "If it comes at each stop, raise `application.stop_timeout`, and the time that Kubernetes or systemd gives it.",
    ),
    warning(
        "R023",
        "Reading is paused by hand",
        "Somebody paused the service with the page's button or `POST /api/pause`. What was read before is finished and \
         committed; nothing more is read, and the lag grows. The service stays in its consumer group. This is said every \
         five minutes until it ends; a restart ends it too.",
        "Have it read on with the page's button or `POST /api/resume`. The line names the address that asked for the \
         pause, as `interventions` of `/api/status` does.",
    ),
];
