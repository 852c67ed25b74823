//! Spans for tests, and what became of them.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use crossbeam_channel::Receiver;

use super::{
    context::Context,
    outbox::{Counts, Outbox},
    span::{Beginning, Kind, Moment, Span},
};

/// This moment.
pub(crate) fn now() -> Moment {
    Moment { at: Instant::now(), date: SystemTime::now() }
}

/// A span that begins a trace, and where it comes out at its end.
pub(crate) fn span() -> (Arc<Span>, Receiver<Arc<Span>>) {
    let (outbox, ended) = Outbox::new(Arc::<Counts>::default());
    let beginning = Beginning {
        context: Context::begun(7),
        carried: None,
        name: "process data".to_owned(),
        kind: Kind::Consumer,
        about: vec![],
        at: now(),
    };
    (Arc::new(Span::begin(beginning, outbox)), ended)
}

/// The names of what was noted of a span.
pub(crate) fn marks(span: &Span) -> Vec<&'static str> {
    span.told().marks.iter().map(|mark| mark.name).collect()
}

/// What is told of a span under this name.
pub(crate) fn told(span: &Span, name: &str) -> Option<String> {
    let told = span.told();
    let found = told.attributes.iter().chain(&span.about).find(|(known, _)| *known == name);
    found.map(|(_, value)| format!("{value:?}"))
}
