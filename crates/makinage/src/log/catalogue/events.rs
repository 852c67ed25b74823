//! Events that fail, and what became of them.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    error(
        "E001",
        "The service stops at an event that fails",
        "`on_error: stop` is set and there is no `dead_letter`. What was before the event is committed; it is read again \
         at the next start.",
        "Mend the cause that the line names (step, error, place), or set `on_error: skip` or a `dead_letter` topic.",
    ),
    warning(
        "E002",
        "An event failed and became a dead letter",
        "The line has the event's place, the step and the error. The letter has all of the event; the stream goes on.",
        "`makinage dead-letter list` sums up what failed, `show` has one in full, `replay` sends them back once the cause \
         is mended.",
    ),
    warning(
        "E003",
        "An event failed and was skipped",
        "The line has the event's place, the step and the error. There is no output for it, and it is not kept.",
        "Mend the cause. To keep such events, give the operator a `dead_letter` topic.",
    ),
    warning(
        "E004",
        "More events became dead letters than are named",
        "Of events that fail, ten in ten seconds get a line; this counts the others.",
        "See E002. `makinage dead-letter list` has them all.",
    ),
    warning(
        "E005",
        "More events were skipped than are named",
        "Of events that fail, ten in ten seconds get a line; this counts the others.",
        "See E003. If nearly all fail, look whether events and model fit: the step and the error say where.",
    ),
    warning(
        "E006",
        "A note of replayed dead letters can't be read",
        "The letters that it speaks of count as not replayed, so a replay may send them a second time.",
        "Use the newest version of this program. If something else wrote that record, keep it off the topic.",
    ),
];
