//! What all these commands begin with: the configuration, and the topic.

use std::path::Path;

use crate::{
    commands::{log_to_stderr, tell},
    config::Config,
    kafka::client::Cluster,
    preflight,
    replay::letters::Letters,
    stop::Stop,
};

/// Where dead letters are.
pub(super) struct Opened {
    /// The configuration.
    pub config: Config,
    /// Its Kafka.
    pub cluster: Cluster,
    /// The dead-letter topic's name.
    pub topic: String,
    /// Whether a signal has come, once that is listened for.
    pub stop: Stop,
}

/// The configuration, or `None` after its problems have been written. Hooks and packages aren't looked at: they play no
/// part here.
pub(super) fn open(file: &Path) -> Option<Opened> {
    log_to_stderr(tracing::Level::WARN);
    let reading = preflight::inspect_text(file);
    for problem in &reading.problems {
        tell(format_args!("error: {problem}"));
    }
    let config = reading.config?;
    let Some(topic) = config.operator.dead_letter.clone() else {
        let (file, operator) = (file.display(), &config.operator.name);
        tell(format_args!(
            "error: {file}: operators.{operator} has no `dead_letter`, so its failed events are kept nowhere; name a topic: `dead_letter: dead`"
        ));
        return None;
    };
    let cluster = Cluster::new(&config.kafka, &config.application.name);
    Some(Opened { config, cluster, topic, stop: Stop::default() })
}

impl Opened {
    /// Finds the topic.
    pub(super) fn letters(&self) -> anyhow::Result<Letters<'_>> {
        Ok(Letters::open(&self.cluster, &self.topic, &self.stop)?)
    }

    /// The application's name.
    pub(super) fn application(&self) -> &str {
        &self.config.application.name
    }
}
