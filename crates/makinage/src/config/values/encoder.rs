//! An encoder's name: one of the service's own, or a user's module.

use serde_json::{Value as Json, json};

use crate::{
    config::{
        code::is_module,
        reader::{described, field::Field, keys::suggestion, problem::Findings},
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const OURS: &[&str] =
    &["makinage.encoding.json", "makinage.encoding.string", "makinage.encoding.none", "makinage.encoding.pickle"];

/// A topic's encoding of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoder {
    /// `makinage.encoding.json`.
    Json,
    /// `makinage.encoding.string`, also where none is given.
    String,
    /// `makinage.encoding.none`: bytes.
    Bytes,
    /// `makinage.encoding.pickle`, on a data topic only with `allow_pickle: true`.
    Pickle,
    /// A user's module with `encode(obj) -> bytes` and `decode(bytes) -> obj`.
    Module(String),
}

impl Encoder {
    /// The module's name, as the file has it.
    pub fn module(&self) -> &str {
        match self {
            Self::Json => "makinage.encoding.json",
            Self::String => "makinage.encoding.string",
            Self::Bytes => "makinage.encoding.none",
            Self::Pickle => "makinage.encoding.pickle",
            Self::Module(module) => module,
        }
    }
}

/// One of the service's own, or a module of another name.
pub(crate) fn schema() -> Json {
    let bare = OURS.iter().filter_map(|ours| ours.rsplit('.').next()).collect::<Vec<_>>().join("|");
    let module = json!({
        "type": "string",
        "pattern": r"^[^\s.:]+(\.[^\s.:]+)*$",
        "not": {"pattern": format!(r"^(makinage(\..*)?|{bare})$")},
    });
    described::either(&[described::words(OURS.iter().copied()), module])
}

/// The encoder named in `field`.
pub(crate) fn read(field: &Field, findings: &mut Findings) -> Option<Encoder> {
    let name = field.text(findings)?;
    match name {
        "makinage.encoding.json" => return Some(Encoder::Json),
        "makinage.encoding.string" => return Some(Encoder::String),
        "makinage.encoding.none" => return Some(Encoder::Bytes),
        "makinage.encoding.pickle" => return Some(Encoder::Pickle),
        _ => {}
    }
    let message = if let Some(ours) = OURS.iter().find(|ours| ours.ends_with(&format!(".{name}"))) {
        // Python has modules of these names too, but they don't encode and decode.
        format!("there is no encoder {}; did you mean `{ours}`?", quoted(name))
    } else if name == "makinage" || name.starts_with("makinage.") {
        format!("there is no encoder {}; {}", quoted(name), suggestion(name, OURS))
    } else if is_module(name) {
        return Some(Encoder::Module(name.to_owned()));
    } else {
        let message = "isn't the name of a Python module; use `makinage.encoding.json`, or a module of your own with `encode` and `decode`, as `my_package.my_codec`";
        format!("{} {message}", quoted(name))
    };
    findings.problem(&field.place, message);
    None
}
