//! Outputs that could never be encoded, so that each event would fail.
//!
//! Without a `post_transform` an output is the pair of event and prediction. What a `post_transform` returns is its own
//! affair, so where one is given there is nothing to check.

use super::roles::Roles;
use crate::{
    config::{reader::problem::Findings, values::encoder::Encoder},
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const PAIR: &str = "without a `post_transform` an output is the pair of event and prediction";

/// Notes what makes every output fail, where no `post_transform` is given.
pub(crate) fn check(roles: &Roles, findings: &mut Findings) {
    let Some((sink, place)) = &roles.sink else {
        return;
    };
    let (encoder, returned) = match sink.encoder {
        Encoder::String => ("`makinage.encoding.string` (the default)", "text"),
        Encoder::Bytes => ("`makinage.encoding.none`", "bytes"),
        Encoder::Json => return check_events(roles, findings),
        Encoder::Pickle | Encoder::Module(_) => return,
    };
    let message = format!(
        "{PAIR}, which {encoder} can't encode; use `encoder: makinage.encoding.json`, or a `post_transform` that returns {returned}"
    );
    findings.problem(place, message);
}

/// Of what our own decoders give, JSON holds all but bytes.
fn check_events(roles: &Roles, findings: &mut Findings) {
    for (topic, place) in roles.data.iter().flatten().filter(|(topic, _)| topic.encoder == Encoder::Bytes) {
        let message = format!(
            "{PAIR}, and events of {} are bytes, which JSON can't hold; use `makinage.encoding.json` or `string` here, or a `post_transform`",
            quoted(&topic.name)
        );
        findings.problem(place, message);
    }
}
