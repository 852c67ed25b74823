//! The `application` section.

use std::time::Duration;

use crate::{
    config::{
        reader::{field::Field, keys::Keys, problem::Findings, section::Section},
        values::duration::{self, Limits},
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const SERVICE: Keys = Keys { here: &["name", "stop_timeout"], refused: &[] };
const PUBLISHER: Keys = Keys { here: &["name"], refused: &[] };

const STOP_TIMEOUT: Duration = Duration::from_secs(25);
const LONGEST_STOP: Duration = Duration::from_hours(1);
/// What Kafka's protocol and the brokers' files surely take as the name of a consumer group.
const LONGEST_NAME: usize = 249;

/// What the service needs to know of itself.
#[derive(Debug)]
pub struct Application {
    /// Its name, also the consumer group.
    pub name: String,
    /// The longest that a graceful stop may take.
    pub stop_timeout: Duration,
}

/// The service's section.
pub fn read(root: &Section, findings: &mut Findings) -> Option<Application> {
    let section = section(root, &SERVICE, findings)?;
    let limits = Limits { zero: false, longest: LONGEST_STOP };
    let stop_timeout =
        section.setting("stop_timeout", findings, |field, findings| duration::read(field, limits, findings));
    Some(Application { name: name(&section, findings)?, stop_timeout: stop_timeout.or(STOP_TIMEOUT)? })
}

/// The publisher's section: its name.
pub fn read_publisher(root: &Section, findings: &mut Findings) -> Option<String> {
    name(&section(root, &PUBLISHER, findings)?, findings)
}

fn section<'t>(root: &Section<'t>, keys: &Keys, findings: &mut Findings) -> Option<Section<'t>> {
    let remedy = "name the application: `application: {name: my_model_serving}`";
    Section::read(root.require("application", remedy, findings)?, keys, findings)
}

fn name(section: &Section, findings: &mut Findings) -> Option<String> {
    let field: &Field =
        section.require("name", "name the application, for example `name: my_model_serving`", findings)?;
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
