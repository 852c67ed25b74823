//! The way of an event, as the configuration draws it: topics, encoders, and the steps that are the user's own.

use serde::Serialize;

use crate::{
    config::{Guarantee, Operator},
    event::Step,
};

/// From the topics that are read to the one that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Flow {
    sources: Vec<Topic>,
    steps: Vec<FlowStep>,
    sink: Topic,
    dead_letter: Option<String>,
    model_topic: String,
    delivery: &'static str,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Topic {
    topic: String,
    encoder: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FlowStep {
    step: &'static str,
    /// The user's own function, `module:function`, where it isn't the step as it is by default.
    hook: Option<String>,
}

impl Flow {
    /// The name of a data topic, by its place in the operator's.
    pub(super) fn source(&self, place: u16) -> &str {
        self.sources.get(usize::from(place)).map_or("?", |source| &source.topic)
    }

    /// That of an operator.
    pub(super) fn of(operator: &Operator) -> Self {
        let topic = |name: &str, encoder: &str| Topic { topic: name.to_owned(), encoder: encoder.to_owned() };
        let hook = |step| match step {
            Step::PreTransform => &operator.hooks.pre_transform,
            Step::Predict => &operator.hooks.predict,
            Step::PostTransform => &operator.hooks.post_transform,
        };
        Self {
            sources: operator.data.iter().map(|data| topic(&data.name, data.encoder.module())).collect(),
            steps: Step::ALL.map(|step| FlowStep { step: step.name(), hook: hook(step).clone() }).into(),
            sink: topic(&operator.sink.name, operator.sink.encoder.module()),
            dead_letter: operator.dead_letter.clone(),
            model_topic: operator.model.name.clone(),
            delivery: match operator.tuning.delivery {
                Guarantee::AtLeastOnce => "at_least_once",
                Guarantee::ExactlyOnce => "exactly_once",
            },
        }
    }
}
