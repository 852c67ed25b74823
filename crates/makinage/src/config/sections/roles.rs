//! What each topic is used for: the model topic, the data topics, the sink, the dead letters; and what each of these
//! can be set to.

use super::{
    topics::{StartFrom, Topic, Topics},
    uses::{self, Uses},
};
use crate::config::{
    reader::{
        field::Field,
        problem::{Findings, Place},
        section::{Section, Setting},
    },
    values::encoder::Encoder,
};

#[cfg(test)]
mod tests;

/// Where models arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTopic {
    /// Topic name.
    pub name: String,
    /// Where reading starts.
    pub start_from: ModelStart,
}

/// Where reading of the model topic starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStart {
    /// The newest complete model on the topic, then what comes (the default).
    Last,
    /// Only what is published from now on.
    End,
}

/// Where events arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTopic {
    /// Topic name.
    pub name: String,
    /// How its values are decoded.
    pub encoder: Encoder,
    /// Where a consumer group without committed offsets starts.
    pub start_from: DataStart,
}

/// Where a consumer group without committed offsets starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataStart {
    /// With what arrives from now on (the default).
    End,
    /// With the oldest event that the topic holds.
    Beginning,
}

/// Where predictions go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkTopic {
    /// Topic name.
    pub name: String,
    /// How outputs are encoded.
    pub encoder: Encoder,
}

/// The topics of an operator, by use. A part that is wrong is `None`.
#[derive(Debug)]
pub(crate) struct Roles {
    /// Where models arrive.
    pub model: Option<ModelTopic>,
    /// Where events arrive, and where the file says how they are encoded.
    pub data: Option<Vec<(DataTopic, Place)>>,
    /// Where predictions go, and where the file says how they are encoded.
    pub sink: Option<(SinkTopic, Place)>,
    /// Where failed events go, where they are to go anywhere.
    pub dead_letter: Option<String>,
}

/// Reads `sources`, `sinks` and `dead_letter`.
pub(crate) fn read(operator: &Section, topics: Option<&Topics>, findings: &mut Findings) -> Roles {
    let Uses { sources, sinks, dead_letter } = uses::read(operator, findings);
    let Some(topics) = topics else {
        return Roles { model: None, data: None, sink: None, dead_letter: None };
    };
    let mut sources = sources.iter();
    let model = sources.next().and_then(|field| model(topics.named(field, findings)?, findings));
    let data: Vec<_> = sources.map(|field| data(topics.named(field, findings)?, field, findings)).collect();
    let sink = sinks.first().and_then(|field| sink(topics.named(field, findings)?, field, findings));
    let data = data.into_iter().collect::<Option<Vec<_>>>().filter(|data| !data.is_empty());
    let dead_letter = dead_letter.and_then(|field| Some(letters(topics.named(&field, findings)?, findings)));
    Roles { model, data, sink, dead_letter }
}

impl Roles {
    /// Notes the topics without use, once the use of all others is known.
    pub(crate) fn warn_of_unused(&self, topics: &Topics, findings: &mut Findings) {
        let (Some(model), Some(data), Some((sink, _))) = (&self.model, &self.data, &self.sink) else {
            return;
        };
        let mut used = vec![model.name.as_str(), sink.name.as_str()];
        used.extend(data.iter().map(|(topic, _)| topic.name.as_str()));
        used.extend(self.dead_letter.as_deref());
        topics.warn_of_unused(&used, findings);
    }
}

fn model(topic: &Topic, findings: &mut Findings) -> Option<ModelTopic> {
    if let Setting::Given(encoder, place) = &topic.encoder
        && *encoder != Encoder::Bytes
    {
        findings.problem(place, "a model topic carries files as they are; use `makinage.encoding.none`");
    }
    warn_of_pickle_flag(topic, findings);
    let start_from = match &topic.start_from {
        Setting::Wrong => return None,
        Setting::Unset | Setting::Given(StartFrom::Last, _) => ModelStart::Last,
        Setting::Given(StartFrom::End, _) => ModelStart::End,
        Setting::Given(StartFrom::Beginning, place) => {
            findings.problem(place, "of a model topic only the newest model counts; use `last` for it, or `end` for what is published from now on");
            return None;
        }
    };
    Some(ModelTopic { name: topic.name.to_owned(), start_from })
}

fn data(topic: &Topic, source: &Field, findings: &mut Findings) -> Option<(DataTopic, Place)> {
    let encoder = topic.encoder.clone().or(Encoder::String);
    let allowed = matches!(topic.allow_pickle, Setting::Given(true, _) | Setting::Wrong);
    match (&encoder, &topic.encoder) {
        (Some(Encoder::Pickle), Setting::Given(_, place)) if !allowed => {
            let message = "reading a pickle runs whatever code its sender put in; use another encoder, or write `allow_pickle: true` beside it if you trust all who can write to this topic";
            findings.problem(place, message);
        }
        (Some(Encoder::Pickle), _) => {}
        _ => warn_of_pickle_flag(topic, findings),
    }
    let start_from = match &topic.start_from {
        Setting::Wrong => return None,
        Setting::Unset | Setting::Given(StartFrom::End, _) => DataStart::End,
        Setting::Given(StartFrom::Beginning, _) => DataStart::Beginning,
        Setting::Given(StartFrom::Last, place) => {
            let message = "`last` is for model topics; events are always read on from where the consumer group stopped, so say where a new group starts: `end` or `beginning`";
            findings.problem(place, message);
            return None;
        }
    };
    Some((DataTopic { name: topic.name.to_owned(), encoder: encoder?, start_from }, place_of_encoder(topic, source)))
}

fn sink(topic: &Topic, source: &Field, findings: &mut Findings) -> Option<(SinkTopic, Place)> {
    if let Setting::Given(_, place) = &topic.start_from {
        findings.warning(
            place,
            "predictions are only written to this topic, so `start_from` means nothing here; remove it",
        );
    }
    warn_of_pickle_flag(topic, findings);
    Some((
        SinkTopic { name: topic.name.to_owned(), encoder: topic.encoder.clone().or(Encoder::String)? },
        place_of_encoder(topic, source),
    ))
}

fn letters(topic: &Topic, findings: &mut Findings) -> String {
    if let Setting::Given(encoder, place) = &topic.encoder
        && *encoder != Encoder::Bytes
    {
        findings
            .warning(place, "failed events go to this topic as they are, so `encoder` means nothing here; remove it");
    }
    if let Setting::Given(_, place) = &topic.start_from {
        let message = "failed events are only written to this topic, so `start_from` means nothing here; remove it";
        findings.warning(place, message);
    }
    warn_of_pickle_flag(topic, findings);
    topic.name.to_owned()
}

fn warn_of_pickle_flag(topic: &Topic, findings: &mut Findings) {
    if let Setting::Given(_, place) = &topic.allow_pickle {
        findings
            .warning(place, "nothing is unpickled from this topic, so `allow_pickle` means nothing here; remove it");
    }
}

fn place_of_encoder(topic: &Topic, user: &Field) -> Place {
    match &topic.encoder {
        Setting::Given(_, place) => place.clone(),
        Setting::Unset | Setting::Wrong => user.place.clone(),
    }
}
