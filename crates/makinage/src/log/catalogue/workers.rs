//! Workers: the Python processes that have the model.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "W001",
        "A worker died before its generation took over, or after its end",
        "No event is concerned.",
        "The line has how it ended. If a model doesn't load, a line about its generation (M001) follows.",
    ),
    warning(
        "W002",
        "A worker died",
        "It is replaced and its batch tried again. An event that two workers die of fails (five, where they were killed \
         with signal 9), and is skipped or becomes a dead letter like any other (E002, E003); all others are scored.",
        "The line has how it ended. A crash in a library: the lines of that worker before it say where in Python it was. \
         Out of memory: if its memory grew until then, find what the hooks or the model keep, since a higher \
         `memory_limit` only takes longer to reach; if not, raise it, or the container's. Else a hook ends the process.",
    ),
    warning(
        "W003",
        "A worker fails what scored before",
        "Its process has run out of something. It is replaced, and the events that failed are tried once more.",
        "Look for what grows in the hooks or the model: memory, files, connections.",
    ),
    warning(
        "W004",
        "A worker fails an event that scored before",
        "It is replaced, so that nobody else is blamed for it.",
        "Look for what changes in the hooks or the model from call to call.",
    ),
    error(
        "W005",
        "Workers die or fail whatever they are given",
        "No event is blamed or skipped for it, and nothing is lost: scoring goes on by itself once a worker answers.",
        "Look for what the workers lack: memory of the host, the accelerator, files or services that the model needs.",
    ),
    warning(
        "W006",
        "No thread can be started for a worker",
        "It is left out for now; the others go on.",
        "Look at the machine's limit of processes.",
    ),
    error(
        "W007",
        "A worker answered what it was not asked",
        "It is replaced, and its batch tried again.",
        "Something in the worker's process writes to the service's socket. If no hook does so, report the line.",
    ),
    warning(
        "W008",
        "A worker does not answer",
        "`predict_timeout` is over for one batch: the worker is replaced, and its batch tried again, the event that it \
         hung at by itself.",
        "If the model is that slow, raise `predict_timeout` or lower `batch`; else look at what the hooks wait for.",
    ),
    warning(
        "W009",
        "A worker stays on one processor",
        "It loaded on one, beside the generation before, and the limit can't be lifted. It serves, more slowly.",
        "Look at what limits the affinity of processes on this machine.",
    ),
    warning(
        "W010",
        "A worker can't say which event it is at",
        "Shared memory is missing. All works; a death takes longer to explain.",
        "Look at the machine's limits for memory files (`memfd_create`).",
    ),
    error("W011", "A worker reports an error", "The line is the worker's own.", "Do what the line says."),
    warning(
        "W012",
        "A worker reports something to know",
        "The line is the worker's own, for example that events are scored one by one, and why.",
        "Do what the line says, if the speed or the reading matters to you.",
    ),
    warning(
        "W013",
        "A worker's line can't be read",
        "What it wanted to say is lost; scoring goes on.",
        "Something in the worker's process writes to the service's socket. If no hook does so, report the line.",
    ),
    error(
        "W014",
        "A dead worker can't be replaced",
        "Its replacement does not start; it is tried again, less and less often. The other workers go on.",
        "The line has the step and the error: look for what has changed since the generation was loaded.",
    ),
    warning(
        "W015",
        "A limit of a worker can't be set or lifted",
        "It serves without it.",
        "Look at what this machine or container allows its processes.",
    ),
    warning(
        "W016",
        "What a worker prints can't be read any more",
        "Its output is not in the log from here on; scoring goes on.",
        "Look at the reason in the line.",
    ),
    error(
        "W017",
        "The model's or the hooks' code logs an error",
        "The line is Python's, with the level that it has there; what becomes of the events is not decided by it.",
        "Ask whoever wrote that code. An event that fails has a line of its own (E001, E002, E003).",
    ),
    warning(
        "W018",
        "The model's or the hooks' code logs a warning",
        "The line is Python's, from `logging` or `warnings`; scoring goes on.",
        "Ask whoever wrote that code, or turn it off there: `logging.getLogger(name).setLevel`, \
         `warnings.filterwarnings`.",
    ),
    warning(
        "W019",
        "A metric of the hooks or the model isn't shown",
        "What it counts, or some of it, is not on /metrics; events are served as ever. It is said once for each name.",
        "The line says why. Names are letters, digits and _, labels few, and none of them says which event it was.",
    ),
    warning(
        "W020",
        "A worker's memory grows",
        "It uses half as much again as a quarter of an hour ago, and 256 MB more at least. It serves on; with a \
         `memory_limit` it is replaced when that is reached, and no event is lost. It is said once of a process.",
        "Look for what the hooks or the model keep of each event: lists and dictionaries outside the function, caches \
         without a bound, figures that aren't closed. A higher `memory_limit` only takes longer to reach.",
    ),
];
