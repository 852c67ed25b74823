//! The texts of the files, with what the user chose in them.

use serde_json::json;

use super::{
    chosen::{Topics, Values},
    example::Example,
};

const SERVICE: &str = include_str!("files/config.serve.yaml");
const PUBLISHER: &str = include_str!("files/config.publish.yaml");
const HOOKS: &str = include_str!("files/hooks.py");
/// The test of the hooks, which is the same for all.
pub(super) const TEST: &str = include_str!("files/test_hooks.py");
/// The longest name of an application that has room for what follows it.
const LONGEST_NAME: usize = 200;
/// Columns that are named in a comment, which is one line.
const WIDEST: usize = 120;

/// The service's file.
pub(super) fn service(values: &Values) -> String {
    let Topics { data, models, predictions } = &values.topics;
    let values = [
        ("name", text(&values.name)),
        ("kafka", quoted(&values.kafka)),
        ("data", text(data)),
        ("models", text(models)),
        ("predictions", text(predictions)),
    ];
    filled(SERVICE, &values)
}

/// The publisher's file.
pub(super) fn publisher(values: &Values) -> String {
    let name = &values.name;
    let name = if name.len() > LONGEST_NAME { name.clone() } else { format!("{name}_publisher") };
    let values = [
        ("name", text(&name)),
        ("kafka", quoted(&values.kafka)),
        ("models", text(&values.topics.models)),
        ("model", text(values.model.as_deref().unwrap_or("/path/of/model"))),
    ];
    filled(PUBLISHER, &values)
}

/// The hooks.
pub(super) fn hooks(example: &Example) -> String {
    let names: Vec<String> = example.columns.iter().map(|name| quoted(name)).collect();
    let columns = if names.is_empty() { String::new() } else { format!("\n{}\n", one_line(&names)) };
    filled(HOOKS, &[("columns", columns)])
}

fn one_line(names: &[String]) -> String {
    let mut line = "# The model's columns:".to_owned();
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "" };
        if line.chars().count() + name.chars().count() + 3 > WIDEST {
            return line + " …";
        }
        line = format!("{line} {name}{comma}");
    }
    line
}

/// A text as YAML has it: without quotes where it can't be taken for anything else.
fn text(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter));
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if begins && plain && !words.contains(&text.to_ascii_lowercase().as_str()) { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, for YAML and for a comment of Python's.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}

/// The template with each `{key}` that has a value replaced by it, in one pass: values aren't looked into.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let key = after
            .split_once('}')
            .and_then(|(key, after)| values.iter().find(|(name, _)| *name == key).map(|(_, value)| (value, after)));
        rest = if let Some((value, after)) = key {
            filled.push_str(value);
            after
        } else {
            filled.push('{');
            after
        };
    }
    filled + rest
}

#[cfg(test)]
mod tests;
