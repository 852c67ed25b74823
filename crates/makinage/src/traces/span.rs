//! A span: what is told of one event, or of one batch, from its beginning to its end. Pure, but for the machine's clock
//! at the end.
//!
//! It is shared by all who have to do with its event; whoever settles that ends it, once, and what is told later is
//! nothing any more.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;
use rdkafka::message::OwnedHeaders;

use super::{
    carried::{self, Carried},
    context::Context,
    outbox::Outbox,
};

/// Marks of one span, and links: as many as OpenTelemetry's own limits have.
const MOST: usize = 128;
/// Bytes of a text that is told: a model's name, an error's message.
const LONGEST: usize = 4096;

/// What something is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// A text that is told.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text[..text.floor_char_boundary(LONGEST)].to_owned().into())
}

/// A count that is told.
pub(crate) fn count(count: usize) -> Value {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Something about a span, or a mark.
pub(crate) type Attribute = (&'static str, Value);

/// A moment by both clocks, so that others can be told from it though one of them is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// By the clock that only goes on.
    pub at: Instant,
    /// By the other.
    pub date: SystemTime,
}

impl Moment {
    /// When something was, in nanoseconds since 1970.
    fn nanos(&self, at: Instant) -> u64 {
        let date = self.date + at.saturating_duration_since(self.at);
        let since = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What a span is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that only this program sees.
    Internal,
    /// A record that was read.
    Consumer,
}

/// Something that happened to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Nanoseconds since 1970.
    pub at: u64,
    pub name: &'static str,
    pub attributes: Vec<Attribute>,
}

/// Why an event failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exception<'e> {
    /// The error's class.
    pub class: &'e str,
    /// What happened.
    pub message: &'e str,
    /// Where in the user's code.
    pub location: Option<&'e str>,
    /// The step.
    pub step: &'e str,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// In a word.
    pub name: &'static str,
    /// Whether that is a failure.
    pub is_failure: bool,
    /// The step that skipped it.
    pub step: Option<&'static str>,
}

/// What has been told of a span.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Told {
    pub attributes: Vec<Attribute>,
    pub marks: Vec<Mark>,
    pub links: Vec<Context>,
    /// Those that there was no room for.
    pub marks_left_out: u32,
    pub links_left_out: u32,
    /// Why it failed.
    pub error: Option<String>,
    pub is_failure: bool,
    /// When it ended, in nanoseconds since 1970.
    pub ended: Option<u64>,
}

/// A span.
#[derive(Debug)]
pub(crate) struct Span {
    pub(super) context: Context,
    /// The trace that it goes on; without, it begins one.
    pub(super) carried: Option<Carried>,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// What was known of it from the beginning.
    pub(super) about: Vec<Attribute>,
    began: Moment,
    told: Mutex<Told>,
    outbox: Outbox<Self>,
}

/// What a span begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    pub context: Context,
    pub carried: Option<Carried>,
    pub name: String,
    pub kind: Kind,
    pub about: Vec<Attribute>,
    pub at: Moment,
}

impl Span {
    /// One that begins.
    pub(super) fn begin(beginning: Beginning, outbox: Outbox<Self>) -> Self {
        let Beginning { context, carried, name, kind, about, at: began } = beginning;
        Self { context, carried, name, kind, about, began, told: Mutex::default(), outbox }
    }

    /// Something happened to it.
    pub(crate) fn mark(&self, at: Instant, name: &'static str, attributes: Vec<Attribute>) {
        self.tell(|told| {
            if told.marks.len() < MOST {
                told.marks.push(Mark { at: self.began.nanos(at), name, attributes });
            } else {
                told.marks_left_out += 1;
            }
        });
    }

    /// This is so; what was said of it before isn't any more.
    pub(crate) fn is(&self, name: &'static str, value: Value) {
        self.tell(|told| {
            told.attributes.retain(|(known, _)| *known != name);
            told.attributes.push((name, value));
        });
    }

    /// It has to do with another.
    pub(super) fn link(&self, other: Context) {
        self.tell(|told| {
            if told.links.len() < MOST {
                told.links.push(other);
            } else {
                told.links_left_out += 1;
            }
        });
    }

    /// Its event failed.
    pub(crate) fn fail(&self, at: Instant, exception: &Exception<'_>) {
        let Exception { class, message, location, step } = *exception;
        let mut attributes = vec![("exception.type", text(class)), ("exception.message", text(message))];
        // Where OpenTelemetry has a stack trace there is one line of it here.
        attributes.extend(location.map(|location| ("exception.stacktrace", text(location))));
        self.mark(at, "exception", attributes);
        self.is("error.type", text(class));
        self.is("makinage.step", text(step));
        self.tell(|told| told.error = Some(message[..message.floor_char_boundary(LONGEST)].to_owned()));
    }

    /// It is known what became of its event: that is all that there is to tell.
    pub(crate) fn settled(self: Arc<Self>, ending: Ending) {
        let Ending { name, is_failure, step } = ending;
        self.is("makinage.outcome", Value::Text(name.into()));
        if let Some(step) = step {
            self.is("makinage.step", Value::Text(step.into()));
        }
        self.tell(|told| told.is_failure = is_failure);
        self.end(Instant::now());
    }

    /// Nothing more is told of it.
    pub(super) fn end(self: Arc<Self>, at: Instant) {
        let mut is_over = true;
        self.tell(|told| {
            told.ended = Some(self.began.nanos(at));
            is_over = false;
        });
        if !is_over {
            let outbox = self.outbox.clone();
            outbox.put(self);
        }
    }

    /// An output's headers go on with its trace.
    pub(crate) fn carry(&self, headers: &mut OwnedHeaders) {
        match &self.carried {
            Some(_) => carried::go_on(headers, &self.context),
            None => carried::begin(headers, &self.context),
        }
    }

    /// As `traceparent` has it.
    pub(crate) fn traceparent(&self) -> String {
        self.context.to_string()
    }

    /// When it began, in nanoseconds since 1970.
    pub(super) fn began(&self) -> u64 {
        self.began.nanos(self.began.at)
    }

    /// All that has been told of it.
    pub(super) fn told(&self) -> Told {
        self.told.lock().clone()
    }

    fn tell(&self, tell: impl FnOnce(&mut Told)) {
        let mut told = self.told.lock();
        if told.ended.is_none() {
            tell(&mut told);
        }
    }
}

/// A moment so long before another.
pub(super) fn before(moment: Moment, time: Duration) -> Moment {
    let at = moment.at.checked_sub(time).unwrap_or(moment.at);
    Moment { at, date: moment.date - (moment.at - at) }
}

#[cfg(test)]
mod tests;
