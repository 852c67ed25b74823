//! Encoder names.

use super::{
    Encoder,
    field::Field,
    keys::suggestion,
    problem::{Findings, quoted},
};

#[cfg(test)]
mod tests;

const OURS: &[&str] =
    &["makinage.encoding.json", "makinage.encoding.string", "makinage.encoding.none", "makinage.encoding.pickle"];

/// The encoder named in `field`.
pub fn read(field: &Field, findings: &mut Findings) -> Option<Encoder> {
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

/// Whether `name` is dotted Python identifiers.
pub fn is_module(name: &str) -> bool {
    name.split('.').all(is_identifier)
}

/// Whether `name` is a Python identifier.
pub fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|next| next == '_' || next.is_alphanumeric())
}
