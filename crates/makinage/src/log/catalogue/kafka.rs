//! Connections to Kafka: brokers, security, rights, topics.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "K001",
        "No Kafka broker answers",
        "The service waits and tries again by itself; nothing is lost. A line says when a broker answers again.",
        "See that Kafka runs at the address in the line, that `kafka.endpoint` is right, and that this machine reaches it.",
    ),
    warning(
        "K002",
        "One broker can't be reached, while others can",
        "Brokers name each other by their `advertised.listeners`, and this one's name leads nowhere from here. \
         Partitions that it leads wait.",
        "See that the broker runs, and that its advertised name and port can be reached from this machine.",
    ),
    warning(
        "K003",
        "Brokers and this service don't come together",
        "TLS or the log-in fails: the line says which, and with what. The service tries again by itself.",
        "Mend what the line names in `kafka.security` or on the broker; docs/security-kafka.md has the settings.",
    ),
    warning(
        "K004",
        "Kafka's client says something in its own words",
        "The line is librdkafka's own, and no better one is known.",
        "Read it together with the lines around it; if it comes again and again, look at the brokers' logs.",
    ),
    warning(
        "K005",
        "A right is missing",
        "The brokers refuse something that the service needs. It waits, and tries again by itself.",
        "Grant the right: the line has the command. `makinage check` lists all rights that are needed.",
    ),
    warning(
        "K006",
        "Brokers hold this service back",
        "A quota of the brokers' delays its requests, so that events come or go more slowly than they could.",
        "Raise the quota of this client or user (the line has the command), or use fewer or smaller events.",
    ),
    warning(
        "K007",
        "A topic is not there",
        "The service waits for it, and goes on by itself once it is there.",
        "Create it with the command in the line, or mend its name in the configuration.",
    ),
    warning(
        "K008",
        "Kafka does not answer for a topic",
        "The service waits, and goes on by itself once it does.",
        "See that Kafka runs there, and that the topic's partitions have leaders (`kafka-topics.sh --describe`).",
    ),
    warning(
        "K009",
        "Changed certificates can't be used",
        "Files of `kafka.security` have changed, and don't fit each other or can't be read. The clients go on with those \
         of before, for as long as brokers accept them.",
        "Put the right files there; they are taken up by themselves.",
    ),
    error(
        "K010",
        "Certificates that change are not noticed",
        "No thread could be started that looks at them: once those of now expire, connections fail.",
        "Look at the machine's limit of processes, and restart the service.",
    ),
    warning(
        "K011",
        "There is no token for Kafka",
        "The endpoint or the file that gives tokens has failed, as the line says. The token of before is used until it \
         expires; it is tried again by itself.",
        "Look at the token's endpoint, its address and the client's credentials in `kafka.security`.",
    ),
    error(
        "K012",
        "Nobody gets tokens for Kafka",
        "No thread could be started for that: connections fail, or will once the token of now expires.",
        "Look at the machine's limit of processes, and restart the service.",
    ),
    warning(
        "K013",
        "The model topic loses its models",
        "Its retention deletes records, the newest model too. A service that starts after that finds none.",
        "Keep them with the command in the line.",
    ),
    warning(
        "K014",
        "Topics that get more partitions are not noticed",
        "No thread could be started that looks at them: new partitions get outputs only after a restart.",
        "Look at the machine's limit of processes, and restart the service before you add partitions.",
    ),
    error(
        "K015",
        "No Kafka broker has answered for a minute or longer",
        "The service still waits and tries again by itself; nothing is read, and nothing is lost. It is said each minute \
         until a broker answers.",
        "See that Kafka runs at the address in the line, and that this machine reaches it.",
    ),
];
