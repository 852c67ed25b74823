//! Models that are published by reference: after those whose bytes are.

use std::{io::Write, time::Instant};

use anyhow::{Context, bail};

use crate::{
    config::{PublishConfig, PublishReference},
    publish::Publisher,
};

/// Finds out whether their topics are there.
pub(super) fn check(config: &PublishConfig, publisher: &Publisher, deadline: Instant) -> anyhow::Result<()> {
    for PublishReference { topic, line, .. } in &config.references {
        if let Err(error) = publisher.check_topic(topic, deadline) {
            bail!("{}:{line}: {error}", config.file.display());
        }
    }
    Ok(())
}

/// Publishes them, with a line for each.
pub(super) fn send(config: &PublishConfig, publisher: &Publisher, results: &mut impl Write) -> anyhow::Result<()> {
    for published in &config.references {
        let uri = &published.reference.uri;
        let place = publisher.send_reference(&published.topic, &published.reference);
        let place = place.with_context(|| format!("can't publish the reference to {uri}"))?;
        let place = format!(" partition={} offset={}", place.partition, place.offset);
        writeln!(results, "{}", line("published", published, &place)).context("can't write to stdout")?;
    }
    Ok(())
}

/// Says what would be published.
pub(super) fn show(config: &PublishConfig, results: &mut impl Write) -> anyhow::Result<()> {
    for published in &config.references {
        writeln!(results, "{}", line("would publish", published, "")).context("can't write to stdout")?;
    }
    Ok(())
}

fn line(verb: &str, PublishReference { topic, reference, .. }: &PublishReference, place: &str) -> String {
    format!("{verb} the reference to {}: topic={topic}{place} sha256={}", reference.uri, reference.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::reference::Reference;

    #[test]
    fn a_result_shows_neither_a_password_nor_a_signature() {
        let uri = "https://me:secret@host/m.zip?signature=secret".into();
        let reference = Reference { uri, sha256: "0".repeat(64), name: None, version: None };
        let line = line("published", &PublishReference { topic: "model".into(), reference, line: 1 }, "");
        assert!(line.starts_with("published the reference to https://host/m.zip: "), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}
