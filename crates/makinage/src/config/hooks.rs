//! The three hook names. All else below `config` is the user's own.

use super::{
    encoder::{is_identifier, is_module},
    field::{Field, Section},
    imports::{HookImports, Import},
    keys::nearest,
    problem::{Findings, join, quoted},
    tree::{Node, Value},
};

/// Their keys.
pub const HOOKS: [&str; 3] = ["pre_transform", "predict", "post_transform"];

/// The hooks below `config.<operator>`, else below `config.serve`.
pub fn read(root: &Section, operator: &str, findings: &mut Findings) -> HookImports {
    let mut hooks = HookImports::default();
    for (key, field) in section(root, operator, findings).unwrap_or_default() {
        let hook = match key {
            "pre_transform" => &mut hooks.pre_transform,
            "predict" => &mut hooks.predict,
            "post_transform" => &mut hooks.post_transform,
            _ => {
                warn_of_near_miss(key, &field, findings);
                continue;
            }
        };
        if !field.node.is_null() {
            *hook = import(&field, findings);
        }
    }
    hooks
}

fn section<'t>(
    root: &Section<'t>,
    operator: &str,
    findings: &mut Findings,
) -> Option<Vec<(&'t str, Field<'t>)>> {
    let config = root.get("config")?;
    config.named(findings)?;
    let node: &'t Node = config.node;
    let entry = node.get(operator).or_else(|| node.get("serve"))?;
    if entry.value.is_null() {
        return None;
    }
    let mut field = config.clone();
    field.node = &entry.value;
    field.place.line = Some(entry.key.line);
    field.place.key = join(&config.place.key, entry.key.source().unwrap_or_default());
    field.named(findings)
}

fn import(field: &Field, findings: &mut Findings) -> Option<Import> {
    let name = field.text(findings)?;
    let right = name
        .split_once(':')
        .is_some_and(|(module, function)| is_module(module) && is_identifier(function));
    if !right {
        findings.problem(
            &field.place,
            format!(
                "{} names no function; write `module:function`, as `my_model.serve:pre_transform`",
                quoted(name)
            ),
        );
        return None;
    }
    Some(Import {
        name: name.to_owned(),
        place: field.place.clone(),
    })
}

/// A misspelt hook would silently leave the default step in place, so what looks like one is pointed out.
fn warn_of_near_miss(key: &str, field: &Field, findings: &mut Findings) {
    let Value::Scalar(value, _) = &field.node.value else {
        return;
    };
    let is_function = value
        .split_once(':')
        .is_some_and(|(module, function)| is_module(module) && is_identifier(function));
    if let Some(hook) = nearest(key, HOOKS).filter(|_| is_function) {
        findings.warning(
            &field.place,
            format!(
                "{} is no hook, so its step stays as it is by default; did you mean `{hook}`?",
                quoted(key)
            ),
        );
    }
}
