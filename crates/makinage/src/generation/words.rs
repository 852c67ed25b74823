//! What the loader says: the sentences, made of what they are about. When each is said is the loader's business.

use super::{Made, Trouble};
use crate::{model::RecordPlace, store::StoredModel};

/// A model with its place and digest.
fn named(made: &Made) -> String {
    let model = &made.model.model.identity;
    format!("model {} from {} (sha256 {})", model.label(), made.model.place, model.sha256)
}

/// A generation could not be made. At fault is what the one that serves doesn't have.
pub(super) fn failure(made: &Made, serving: Option<&Made>, failed: u64, error: &anyhow::Error) -> String {
    let (is_new_model, is_new_configuration) =
        serving.map_or((true, true), |serving| (!made.has_model_of(serving), !made.has_configuration_of(serving)));
    let subject = named(made);
    let (subject, what_to_do) = match (is_new_model, is_new_configuration) {
        (false, true) => (
            format!("the changed configuration, with {subject},"),
            "mend it and save it again, or mend what it needs and send this process SIGHUP",
        ),
        (_, false) => (subject, "mend it and publish it again"),
        (true, true) => (subject, "mend the model and publish it again, or mend the configuration and save it"),
    };
    let what_now = match serving {
        Some(serving) => {
            format!("generation {} (model {}) goes on serving", serving.generation, serving.label())
        }
        None => "nothing is served yet".to_owned(),
    };
    format!(
        "generation {}: {subject} is not taken up, and {what_now}; {what_to_do} ({failed} failed since the start): \
         {error:#}",
        made.generation
    )
}

/// A generation is taken back.
pub(super) fn taken_back(serving: &Made, previous: &Made, trouble: &Trouble) -> String {
    let (what_before, what_to_do) = if serving.has_model_of(previous) {
        let (before, now) = (&previous.configuration.config, &serving.configuration.config);
        let undone = before.changed_keys(now).map(|keys| format!(", so that what it changed ({keys}) isn't in force"));
        let before = format!("the configuration before{}", undone.unwrap_or_default());
        (before, "mend the configuration and save it again")
    } else {
        let before = format!("model {}", previous.label());
        (before, "mend the model and publish it: this one isn't loaded until it is published again")
    };
    format!(
        "generation {} (model {} from {}) is taken back: {}; going back to {what_before}; {what_to_do}",
        trouble.generation,
        serving.label(),
        serving.model.place,
        trouble.what
    )
}

/// A generation should be taken back, and there is none before it.
pub(super) fn nothing_before(serving: &Made, trouble: &Trouble) -> String {
    format!(
        "generation {} (model {}): {}; there is no earlier generation to go back to, so it goes on",
        trouble.generation,
        serving.label(),
        trouble.what
    )
}

/// A model was taken back before.
pub(super) fn refused(model: &StoredModel, place: &RecordPlace, reason: &str) -> String {
    format!(
        "model {} from {place} (sha256 {}) was taken back before ({reason}): it isn't loaded until it is published \
         again",
        model.identity.label(),
        model.identity.sha256
    )
}

/// Nothing on the topic can be served, and the store has something.
pub(super) fn last_served(topic: &str, model: &StoredModel, place: &RecordPlace) -> String {
    format!(
        "topic {topic} has no model that can be served: serving the store's last one, {} (from {place}); publish a \
         model, or that one again with: makinage model rollback",
        model.identity.label()
    )
}

/// There is nothing to serve.
pub(super) fn waiting(topic: &str) -> String {
    format!(
        "waiting for a model on topic {topic}: publish one with makinage-model-publisher; events wait on Kafka until \
         then"
    )
}

/// The newest model is of no use, and nothing serves.
pub(super) fn looking_back(place: &RecordPlace, older: &RecordPlace) -> String {
    format!("the model in {place} can't be used, and nothing is served: trying the one before it, in {older}")
}

/// A model that came is not the newest.
pub(super) fn late(place: &RecordPlace, newest: &RecordPlace) -> String {
    format!(
        "the model in {place} is older than the one in {newest}, by its record's time: it is not taken up; if it is \
         meant to be newer, set its publisher's clock and publish it again"
    )
}

/// A model can't be had for good.
pub(super) fn unusable(place: &RecordPlace, why: &str) -> String {
    format!("the model in {place} is not taken up: {why}")
}

/// A model can't be had for now.
pub(super) fn waited_for(place: &RecordPlace, why: &str) -> String {
    format!("the model in {place} is waited for: {why}; trying again and again, and less and less often")
}
