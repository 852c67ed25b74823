//! `makinage-model-publisher`, above all with `--watch`.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "P001",
        "A model can't be published for now",
        "The registry or Kafka does not answer. It is tried again until it works, and a line says when it does.",
        "Look at the cause in the line: the registry's address and credentials, or Kafka.",
    ),
    error(
        "P002",
        "A version in the registry can't be published",
        "It is no model that the service could load, or can't be packed. The next version is waited for.",
        "Mend it, and register or point the alias to a version that works.",
    ),
    warning(
        "P003",
        "A model is published, with something to know",
        "It was taken, but the line names what may go wrong with it.",
        "Do what the line says.",
    ),
    warning(
        "P004",
        "It isn't known whether the topic has this model already",
        "Looking takes too long, so it is published, perhaps a second time. Services see that it is the same.",
        "Nothing. If it comes each time, the topic holds very many records: see its retention.",
    ),
    warning(
        "P005",
        "Kafka acknowledges nothing of an upload",
        "The publisher waits, and goes on where it was. After ten minutes it gives up.",
        "Look at the brokers and at the error in the line.",
    ),
];
