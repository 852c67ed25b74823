//! The `operators` section: which of them is the one to run.

use crate::{
    config::reader::{
        field::Field,
        keys::nearest,
        problem::{Findings, Place},
        section::Section,
    },
    quoted::quoted,
    yaml::{Value, join},
};

#[cfg(test)]
mod tests;

/// What the service's own operator is called in files.
pub(crate) const FACTORIES: [&str; 2] = ["makinage.serve:serve", "makinage.serve.serve:serve"];

const REMEDY: &str =
    "add one: `operators: {serve: {factory: makinage.serve:serve, sources: [model, data], sinks: [predict]}}`";

/// The name and value of the operator that serves models, the first one if none does; the others are noted.
pub(crate) fn choose<'t>(root: &Section<'t>, findings: &mut Findings) -> Option<(&'t str, Field<'t>)> {
    let field = root.require("operators", REMEDY, findings)?;
    let operators = field.named(findings)?;
    if operators.is_empty() {
        findings.problem(&field.place, format!("there is no operator; {REMEDY}"));
    }
    let (mut serving, others): (Vec<_>, Vec<_>) = operators.into_iter().partition(|(_, field)| serves(field, findings));
    for (_, field) in serving.iter().skip(1) {
        let message = "several operators aren't there yet; keep one, and run another `makinage` for this one";
        findings.problem(&field.place, message);
    }
    serving.extend(others);
    serving.into_iter().next()
}

/// Whether the operator's factory is that of this product; another one is noted.
fn serves(operator: &Field, findings: &mut Findings) -> bool {
    if !matches!(operator.node.value, Value::Map(_)) {
        // Reading its keys will say so.
        return true;
    }
    let Some(entry) = operator.node.get("factory").filter(|entry| !entry.value.is_null()) else {
        let message = "this key is missing; write `factory: makinage.serve:serve`";
        findings.problem(&operator.place.below("factory"), message);
        return false;
    };
    let place = Place::key(entry.key.line, join(&operator.place.key, "factory"));
    let field = Field { place, node: &entry.value };
    let Some(name) = field.text(findings) else {
        return false;
    };
    if FACTORIES.contains(&name) {
        return true;
    }
    let what = match nearest(name, &FACTORIES) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "write `factory: makinage.serve:serve`, or run this operator elsewhere".to_owned(),
    };
    findings.problem(&field.place, format!("this program serves models, it has no operator {}; {what}", quoted(name)));
    false
}
