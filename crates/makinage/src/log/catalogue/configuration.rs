//! The configuration, its changes, and Consul.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    error(
        "C001",
        "A changed configuration is not taken up",
        "The file, or a hook's file, was changed while the service runs, and it is wrong or asks for what only a restart \
         can change. The service goes on with the configuration that it has.",
        "Mend what the line names and save the file again; where it says so, restart the service.",
    ),
    warning(
        "C002",
        "Something in the configuration is probably not what you mean",
        "The configuration can be used, but a key or value in it does nothing, or something else than it seems to.",
        "Change what the line names. `makinage check` shows the same lines without starting anything.",
    ),
    warning(
        "C003",
        "A value below `config:` is read as YAML 1.1 reads it",
        "Maki Nage read such values as YAML 1.1 (`off` is false, `010` is eight), and the hooks get them so; other \
         programs may read another value.",
        "Quote the value, or write it so that both readings agree.",
    ),
    warning(
        "C004",
        "The configuration is waited for",
        "Consul does not answer, or has no such key, so the service can't start yet. It asks again by itself.",
        "Look at Consul and at the keys `endpoint` and `key` below `redirect`; write the configuration there.",
    ),
    warning(
        "C005",
        "Changes of the configuration can't be seen",
        "Consul does not answer, or the key is gone. The service goes on with the configuration that it has.",
        "Look at Consul. Nothing else is needed: the configuration is read again once it answers.",
    ),
    error(
        "C006",
        "The configuration is wrong",
        "The program ends with exit code 2: it does nothing that it doesn't understand as a whole.",
        "Mend what the line names, with its line and key. `makinage check` shows all problems at once.",
    ),
];
