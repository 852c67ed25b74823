//! What a broker is told beside a token: names and values, as RFC 7628 has them.

use serde_json::Value as Json;

use crate::{
    config::{
        reader::{
            described,
            field::Field,
            problem::Findings,
            shape::{Ground, Kind},
        },
        values::secret::resolve,
    },
    quoted::quoted,
};

/// Names and values, in the file's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(pub Vec<(String, String)>);

/// A mapping of names to texts.
pub(super) struct NamedTexts;

impl Kind for NamedTexts {
    type Value = Extensions;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<Extensions> {
        let mut extensions = Extensions::default();
        for (name, field) in field.named(findings)? {
            match extension(name, &field, ground) {
                Ok(value) => extensions.0.push((name.to_owned(), value)),
                Err(message) => findings.problem(&field.place, message),
            }
        }
        Some(extensions)
    }

    fn form(&self) -> String {
        "names and values".to_owned()
    }

    fn schema(&self) -> Json {
        described::named(&described::scalar(), &described::matching("^[A-Za-z]+$"))
    }

    fn shown(&self, value: &Extensions) -> String {
        format!("{value:?}")
    }
}

fn extension(name: &str, field: &Field, ground: &Ground) -> Result<String, String> {
    if name == "auth" || name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(format!(
            "{} can't be the name of an extension; RFC 7628 has letters only, as `logicalCluster`, and not `auth`",
            quoted(name)
        ));
    }
    let value = resolve(field, ground)?;
    if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Err("the value of an extension has visible ASCII characters only; write others encoded".to_owned());
    }
    Ok(value)
}
