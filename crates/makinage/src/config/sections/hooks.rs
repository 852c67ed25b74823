//! The three hook names. All else below `config` is the user's own.

use serde_json::{Map, Value as Json, json};

use crate::{
    config::{
        code::{HookImports, Import, is_identifier, is_module},
        reader::{field::Field, keys::nearest, problem::Findings, section::Section},
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const HOOKS: [&str; 3] = ["pre_transform", "predict", "post_transform"];

/// What the file says of hooks.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedHooks {
    /// Those that are named rightly.
    pub imports: HookImports,
    /// Whether a `post_transform` is given, rightly or not, so that the output is the user's affair.
    pub own_output: bool,
}

/// Free but for what the program knows the names of: these are offered, and whatever stands there is taken.
pub(crate) fn schema() -> Json {
    let hook = |name: &str| {
        let says = format!("The factory of your own step {name}, as module:function.");
        (name.to_owned(), json!({"description": says, "examples": [format!("my_model.serve:{name}")]}))
    };
    let hooks: Map<String, Json> = HOOKS.into_iter().map(hook).collect();
    let says = "Of the operator serve, or of any that has no key of its own here.";
    json!({"type": "object", "properties": {"serve": {"description": says, "properties": hooks}}})
}

/// The hooks below `config.<operator>`, else below `config.serve`.
pub(crate) fn read(root: &Section, operator: &str, findings: &mut Findings) -> NamedHooks {
    let mut names = NamedHooks::default();
    for (key, field) in section(root, operator, findings).unwrap_or_default() {
        let hook = match key {
            "pre_transform" => &mut names.imports.pre_transform,
            "predict" => &mut names.imports.predict,
            "post_transform" => &mut names.imports.post_transform,
            _ => {
                warn_of_near_miss(key, &field, findings);
                continue;
            }
        };
        if !field.node.is_null() {
            *hook = import(&field, findings);
            names.own_output |= key == "post_transform";
        }
    }
    names
}

fn section<'t>(root: &Section<'t>, operator: &str, findings: &mut Findings) -> Option<Vec<(&'t str, Field<'t>)>> {
    let sections = root.get("config")?.named(findings)?;
    let named = |wanted: &str| sections.iter().find(|(name, _)| *name == wanted);
    let (_, field) = named(operator).or_else(|| named("serve"))?;
    if field.node.is_null() { None } else { field.named(findings) }
}

fn import(field: &Field, findings: &mut Findings) -> Option<Import> {
    let name = field.text(findings)?;
    if !is_function(name) {
        let message =
            format!("{} names no function; write `module:function`, as `my_model.serve:pre_transform`", quoted(name));
        findings.problem(&field.place, message);
        return None;
    }
    Some(Import { name: name.to_owned(), place: field.place.clone() })
}

/// A misspelt hook would silently leave the default step in place, so what looks like one is pointed out.
fn warn_of_near_miss(key: &str, field: &Field, findings: &mut Findings) {
    let Some(hook) = nearest(key, &HOOKS).filter(|_| field.node.source().is_some_and(is_function)) else {
        return;
    };
    let message = format!("{} is no hook, so its step stays as it is by default; did you mean `{hook}`?", quoted(key));
    findings.warning(&field.place, message);
}

fn is_function(text: &str) -> bool {
    text.split_once(':').is_some_and(|(module, function)| is_module(module) && is_identifier(function))
}
