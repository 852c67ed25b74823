//! The form of the log's lines: for people, or for programs. It can change while the program runs, since the first
//! lines come before the configuration is read.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Writer},
    },
    registry::LookupSpan,
};

use super::{
    json::{self, Json},
    text,
};

static IS_JSON: AtomicBool = AtomicBool::new(false);

/// What lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// A JSON object each.
    Json,
}

impl Form {
    /// From now on.
    pub(crate) fn set(self) {
        IS_JSON.store(self == Self::Json, Ordering::Relaxed);
    }

    fn now() -> Self {
        if IS_JSON.load(Ordering::Relaxed) { Self::Json } else { Self::Text }
    }
}

/// Writes each line in the form of that moment.
#[derive(Debug)]
pub(crate) struct Lines(Format);

impl Lines {
    /// Without the names of modules.
    pub(crate) fn new() -> Self {
        Self(Format::default().with_target(false))
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        match Form::now() {
            Form::Text => self.0.format_event(context, writer, event),
            Form::Json => Json.format_event(context, writer, event),
        }
    }
}

/// A warning or an error that is no event of tracing's, in the form of the log's lines.
pub(crate) fn line(level: Level, code: &str, message: &str) -> String {
    match Form::now() {
        Form::Text => text::line(level, message),
        Form::Json => json::line(level, Some(code), message.to_owned()),
    }
}

/// What a person should know that is no event of tracing's, in the form of the log's lines.
pub(crate) fn note(message: String) -> String {
    match Form::now() {
        Form::Text => message,
        Form::Json => json::line(Level::INFO, None, message),
    }
}
