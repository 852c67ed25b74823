//! Lines for programs: one JSON object each, with the time, the level, the code, the message and its coordinates.

use std::{
    borrow::Cow,
    fmt::{self, Debug},
};

use serde::Serializer;
use serde_json::Value;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// A line is one JSON object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut read = Read::default();
        event.record(&mut read);
        writeln!(writer, "{}", read.object(*event.metadata().level()))
    }
}

/// A line that is no event of tracing's; warnings and errors have a code.
pub(super) fn line(level: Level, code: Option<&str>, message: String) -> String {
    Read { message, code: code.map(str::to_owned), others: vec![] }.object(level)
}

/// JSON whose texts have no control characters that JSON itself leaves as they are: terminals obey some of them.
pub(crate) fn harmless(json: &str) -> Cow<'_, str> {
    if !json.contains(char::is_control) {
        return Cow::Borrowed(json);
    }
    let escaped = json.chars().map(|character| match character {
        '\u{7f}'..='\u{9f}' => Cow::Owned(format!("\\u{:04x}", u32::from(character))),
        other => Cow::Owned(other.to_string()),
    });
    Cow::Owned(escaped.collect())
}

#[derive(Default)]
struct Read {
    message: String,
    code: Option<String>,
    others: Vec<(&'static str, Value)>,
}

impl Read {
    fn object(self, level: Level) -> String {
        let mut timestamp = String::new();
        // A text takes all that is written, and so does a vector.
        let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
        let message = self.without_worker();
        let mut pairs = vec![
            ("timestamp", Value::from(timestamp)),
            ("level", Value::from(level.as_str().to_ascii_lowercase())),
            ("message", Value::from(message)),
        ];
        pairs.splice(2..2, self.code.map(|code| ("code", Value::from(code))));
        pairs.extend(self.others);
        let mut object = vec![];
        let _ = serde_json::Serializer::new(&mut object).collect_map(pairs);
        harmless(&String::from_utf8_lossy(&object)).into_owned()
    }

    /// The message, less the name of the worker that it begins with: a field has that.
    fn without_worker(&self) -> &str {
        let worker = self.others.iter().find(|(name, _)| *name == "worker").and_then(|(_, worker)| worker.as_str());
        let rest = worker.and_then(|worker| self.message.strip_prefix(worker)?.strip_prefix(": "));
        rest.unwrap_or(&self.message)
    }

    fn other(&mut self, field: &Field, value: impl Into<Value>) {
        // Those of the crate `log` say where in it a line comes from.
        if !field.name().starts_with("log.") {
            self.others.push((field.name(), value.into()));
        }
    }
}

impl Visit for Read {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "code" => self.code = Some(value.to_owned()),
            "message" => value.clone_into(&mut self.message),
            _ => self.other(field, value),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.other(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.other(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.other(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.other(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            _ => self.other(field, text),
        }
    }
}

#[cfg(test)]
mod tests;
