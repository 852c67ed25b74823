//! Traces, and the collector that takes them.

use super::entry::{Entry, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "T001",
        "The collector takes no spans",
        "It can't be reached, doesn't answer, or says that it has no room. Each request is sent again for a minute, with \
         pauses that grow, and its spans are dropped then; `makinage_spans_total` counts them. Events are served all the \
         same.",
        "See that a collector listens there for OTLP over HTTP, which is usually port 4318 (4317 is for gRPC), and that \
         proxies let it through. A line says when it takes spans again.",
    ),
    warning(
        "T002",
        "The collector refuses spans",
        "It answers that it doesn't want them, which doesn't pass by itself: they are dropped, and so are others. The line \
         comes once in an hour.",
        "Look at the status in the line: 401 and 403 are about `traces.headers`, 404 about the path of `traces.endpoint`, \
         415 about a receiver that doesn't take OTLP's binary form. The collector's own log says more.",
    ),
    warning(
        "T003",
        "Spans come faster than the collector takes them",
        "What there is no room for is dropped, and counted in `makinage_spans_total`. Events are served all the same. The \
         line comes once in an hour.",
        "Lower `traces.ratio`; where producers ask for traces by `traceparent`, have them sample less; or give the \
         collector more.",
    ),
    warning(
        "T004",
        "Nothing is traced",
        "The machine has no thread for sending spans. Events are served all the same.",
        "Look at the limits for processes and threads, and start the service again.",
    ),
];
