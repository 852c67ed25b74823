//! The events to begin with: what the model is given, or a list of numbers.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::{
    archive::{ModelError, glance},
    model::{MlModel, MlModelError, events::Inputs},
};

/// Events, and where they come from.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) events: Vec<Json>,
    /// The model's columns; none where they have no names.
    pub(super) columns: Vec<String>,
    pub(super) from: From,
}

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// The model's input example.
    Example,
    /// The types of its signature.
    Signature,
    /// Nowhere: they are made up.
    Nowhere,
}

impl Default for Example {
    fn default() -> Self {
        Self { events: vec![json!([5.1, 3.5, 1.4, 0.2])], columns: Vec::new(), from: From::Nowhere }
    }
}

impl Example {
    /// What the model at `path` is given.
    pub(super) fn of(path: &Path) -> Result<Self, ModelError> {
        let bytes = glance::mlmodel(path)?;
        // Refuses a file that can't be served, and paths that lead out of the model.
        MlModel::parse(&bytes)?;
        let text = str::from_utf8(&bytes).map_err(|_| MlModelError::NotText)?;
        let inputs = Inputs::parse(text).map_err(MlModelError::NotYaml)?;
        let columns = inputs.names().into_iter().map(str::to_owned).collect();
        let example = inputs.example.as_deref().map(|name| glance::file(path, name)).transpose()?.flatten();
        let events = example.map(|example| inputs.of_example(&example)).unwrap_or_default();
        Ok(if !events.is_empty() {
            Self { events, columns, from: From::Example }
        } else if let Some(event) = inputs.of_signature() {
            Self { events: vec![event], columns, from: From::Signature }
        } else {
            Self { columns, ..Self::default() }
        })
    }

    /// One event a line.
    pub(super) fn lines(&self) -> String {
        self.events.iter().map(|event| self.text(event) + "\n").collect()
    }

    /// An event with its fields in the order of the columns.
    fn text(&self, event: &Json) -> String {
        let Json::Object(fields) = event else { return event.to_string() };
        let others = fields.keys().filter(|name| !self.columns.contains(name));
        let names = self.columns.iter().filter(|name| fields.contains_key(*name)).chain(others);
        let pairs: Vec<String> = names.map(|name| format!("{}: {}", json!(name), fields[name])).collect();
        format!("{{{}}}", pairs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Example;

    #[test]
    fn an_event_s_fields_are_in_the_order_of_the_model_s_columns() {
        let columns = ["b", "a b", "gone"].map(str::to_owned).into();
        let events = vec![json!({"a b": 1, "b": [1, "x"], "more": null}), json!([1.5])];
        let example = Example { events, columns, ..Example::default() };
        assert_eq!(example.lines(), "{\"b\": [1,\"x\"], \"a b\": 1, \"more\": null}\n[1.5]\n");
    }
}
