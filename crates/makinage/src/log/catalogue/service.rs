//! The service as a process: its log, its stop, its end.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "S001",
        "Lines of the log were dropped",
        "Standard error isn't read, or too slowly. Nothing else waited for that.",
        "Read it all the time, or write it to a file.",
    ),
    error(
        "S002",
        "A part of the program has failed: a bug",
        "The service ends in order; what is under way is finished where it can be, and the rest is read again at the next \
         start.",
        "Start it again, and report the line.",
    ),
    warning(
        "S003",
        "A second signal ends the service at once",
        "Events that were under way are read again at the next start.",
        "Nothing. For an end without replay send one signal only, and wait.",
    ),
    error(
        "S004",
        "The stop took too long",
        "`application.stop_timeout` is over before all was finished: the service ends, and unfinished events are read \
         again.",
        "Raise `application.stop_timeout`, and the time that Kubernetes or systemd gives it.",
    ),
    warning(
        "S005",
        "The stop has no time-out",
        "No thread could be started for that: a stop waits for as long as it takes.",
        "Look at the machine's limit of processes. A second signal ends the service at once.",
    ),
    error(
        "S006",
        "The program ends with an error",
        "It could not start, or not go on; exit code 1.",
        "Mend the cause in the line, and start it again.",
    ),
    warning(
        "S007",
        "A stop no longer waits for workers",
        "What they have not answered is read again at the next start, here or elsewhere.",
        "Where models are that slow, raise `application.stop_timeout`; where one hangs, lower `predict_timeout`.",
    ),
];
