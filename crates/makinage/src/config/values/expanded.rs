//! Texts with `${env:NAME}` in them that are no secrets, such as the name of this instance.

use serde_json::Value as Json;

use crate::{
    config::reader::{
        described,
        field::Field,
        problem::Findings,
        shape::{Ground, Kind},
    },
    quoted::quoted,
};

/// A text on one line; each `${env:NAME}` in it stands for an environment variable.
pub(crate) struct Expanded;

impl Kind for Expanded {
    type Value = String;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<String> {
        let Some(text) = field.node.source() else {
            findings.problem(&field.place, format!("this must be text, not {}", field.shown()));
            return None;
        };
        let expanded = expand(text, ground).and_then(|value| {
            if value.trim().is_empty() || value.chars().any(char::is_control) {
                return Err(format!("{} comes to no name; write one on one line", quoted(text)));
            }
            Ok(value)
        });
        expanded.map_err(|message| findings.problem(&field.place, message)).ok()
    }

    fn form(&self) -> String {
        "a name, which may have `${env:NAME}` in it".to_owned()
    }

    fn schema(&self) -> Json {
        described::scalar()
    }

    fn shown(&self, value: &String) -> String {
        value.clone()
    }
}

fn expand(text: &str, ground: &Ground) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once("${") {
        let inside = reference.split_once('}');
        let Some((name, after)) = inside.and_then(|(inside, after)| Some((inside.strip_prefix("env:")?, after))) else {
            return Err(format!("{} has a reference that isn't `${{env:NAME}}`; write it so", quoted(text)));
        };
        let value =
            ground.surroundings.variable(name).and_then(|value| value.into_string().ok()).ok_or_else(|| {
                format!("the environment variable {} is not set; set it for this program", quoted(name))
            })?;
        expanded.extend([before, &value]);
        rest = after;
    }
    Ok(expanded + rest)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::tests::Machine;

    #[test]
    fn each_variable_is_put_in_its_place_and_one_that_is_missing_is_named() {
        let ground = Ground { folder: Path::new("/etc/app"), surroundings: &Machine };
        let expand = |text| expand(text, &ground);
        assert_eq!(expand("serving").as_deref(), Ok("serving"));
        assert_eq!(expand("a-${env:HOSTNAME}-${env:HOSTNAME}b").as_deref(), Ok("a-pod-7-pod-7b"));
        assert!(expand("${env:NOWHERE}").unwrap_err().contains("`NOWHERE` is not set"));
        for text in ["${HOSTNAME}", "a${env:HOSTNAME", "${file:/etc/hostname}"] {
            assert!(expand(text).unwrap_err().contains("`${env:NAME}`"), "{text}");
        }
    }
}
