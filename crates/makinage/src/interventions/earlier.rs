//! Earlier models, and how one of them is published again.

use std::fmt::Debug;

use crate::{
    child::confine,
    config::Config,
    model::ModelIdentity,
    progress::Progress,
    rollback::{
        Teller, Wanted, choose,
        known::{Known, Models},
        republish,
    },
};

/// Lines for the service's log.
const TELLER: Teller = Teller {
    line: |line| tracing::info!("{line}"),
    progress: |what, amount| Progress::told(what, amount, |line| tracing::info!("{line}")),
};

/// A model to go back to.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// All that is known of it.
    pub known: Known,
    /// What it is called.
    pub identity: ModelIdentity,
}

/// Who knows earlier models. Errors are sentences.
pub(crate) trait Earlier: Debug + Send + Sync {
    /// The one that is wanted.
    fn find(&self, wanted: Wanted<'_>) -> Result<Found, String>;

    /// Publishes it again; says where.
    fn republish(&self, found: &Found) -> Result<String, String>;
}

/// Those of a service's model topic, and of its machine's store.
#[derive(Debug)]
pub(crate) struct TopicAndStore(pub Config);

impl Earlier for TopicAndStore {
    fn find(&self, wanted: Wanted<'_>) -> Result<Found, String> {
        let models = Models::read(&self.0);
        if let Some(error) = &models.no_topic {
            return Err(format!("the models on the topic can't be listed: {error}"));
        }
        if let Some(error) = &models.no_store {
            tracing::info!("the store is left out: {error}");
        }
        choose(&models, wanted).map(|(known, identity)| Found { known: known.clone(), identity })
    }

    fn republish(&self, Found { known, identity }: &Found) -> Result<String, String> {
        // A large model is hashed here while another serves.
        if let Err(error) = confine::confine_this_thread() {
            tracing::debug!("a model is published again on all processors: {error}");
        }
        let again = republish(&self.0, known, identity, TELLER).map_err(|error| format!("{error:#}"))?;
        Ok(format!("{}/{}/{}", self.0.operator.model.name, again.place.partition, again.place.offset))
    }
}
