//! The `application` section.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{
    config::{
        reader::{
            field::Field,
            problem::Findings,
            section::Section,
            shape::{Ground, Kind, Shaped, section},
        },
        values::duration::Limits,
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const HOUR: Duration = Duration::from_hours(1);
const NAME: &str = "name the application, for example `name: my_model_serving`";
/// What Kafka's protocol and the brokers' files surely take as the name of a consumer group.
const LONGEST_NAME: usize = 249;

section! {
    /// What the service needs to know of itself.
    pub struct Application
    by hand {}
    keys {
        /// Also the consumer group: instances with the same name share the events.
        name: String = GroupName, required NAME, example "my_model_serving", restart;
        /// The longest that a graceful stop may take.
        stop_timeout: Duration = Limits::some(HOUR), default Duration::from_secs(25), example "20s", restart;
    }
}

section! {
    /// What the publisher needs to know of itself.
    pub struct Publisher
    by hand {}
    keys {
        /// Names it in Kafka's logs.
        name: String = GroupName, required NAME, example "my_model_publisher";
    }
}

/// The section below the file's top level, as one of the two programs knows it.
pub(crate) fn read<S: Shaped>(root: &Section, ground: &Ground, findings: &mut Findings) -> Option<S> {
    let remedy = "name the application: `application: {name: my_model_serving}`";
    let section = Section::read(root.require("application", remedy, findings)?, &S::KEYS, findings)?;
    S::read(&section, ground, findings)
}

/// A name that Kafka takes for a consumer group.
struct GroupName;

impl Kind for GroupName {
    type Value = String;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<String> {
        group_name(field, findings)
    }

    fn form(&self) -> String {
        "a consumer group's name".to_owned()
    }

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": r"^\S(.*\S)?$", "maxLength": LONGEST_NAME})
    }

    fn shown(&self, value: &String) -> String {
        value.clone()
    }
}

fn group_name(field: &Field, findings: &mut Findings) -> Option<String> {
    let name = field.text(findings)?;
    let wrong = if name.trim().is_empty() {
        "an empty name".to_owned()
    } else if name.trim() != name {
        format!("{}, which begins or ends with a space", quoted(name))
    } else if name.len() > LONGEST_NAME {
        format!("a name of more than {LONGEST_NAME} bytes")
    } else if name.chars().any(char::is_control) {
        format!("{}, which has a control character", quoted(name))
    } else {
        return Some(name.to_owned());
    };
    findings.problem(
        &field.place,
        format!("Kafka can't have {wrong} as a consumer group; choose another, for example `my_model_serving`"),
    );
    None
}
