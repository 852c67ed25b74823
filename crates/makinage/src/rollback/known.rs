//! All that is known of models: each is one entry, whether the topic has it, or the store, or both.

use std::{collections::HashMap, path::PathBuf};

use crate::{
    config::Config,
    kafka::client::Cluster,
    model::ModelIdentity,
    store::{self, Refused, Served, StoreError},
    topic::{
        list::{Catalogue, Listed},
        visited::VisitError,
    },
};

/// A model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Its records, the newest first.
    pub records: Vec<Listed>,
    /// When it was served last on this machine.
    pub served: Option<Served>,
    /// Size of its zip in the store.
    pub kept: Option<u64>,
    /// Why it isn't loaded on this machine.
    pub refused: Option<Refused>,
    /// SHA-256 of its zip.
    pub sha256: String,
}

impl Known {
    /// What it is called, by those who published it and in the store: the newest first.
    pub(crate) fn identities(&self) -> impl Iterator<Item = ModelIdentity> {
        let published = self.records.iter().map(|record| record.identity.clone());
        let served = self.served.iter().map(Served::identity);
        let nowhere = self.records.is_empty() && self.served.is_none();
        published.chain(served).chain(nowhere.then(|| ModelIdentity::unnamed(&self.sha256)))
    }

    /// Its newest name.
    pub(crate) fn identity(&self) -> ModelIdentity {
        self.identities().next().unwrap_or_else(|| ModelIdentity::unnamed(&self.sha256))
    }

    /// Its newest record that has all of its bytes.
    pub(crate) fn whole_record(&self) -> Option<&Listed> {
        self.records.iter().find(|record| record.form.is_complete())
    }

    /// When it was last heard of, in milliseconds since 1970.
    fn time(&self) -> i64 {
        let published = self.records.iter().map(|record| record.place.timestamp).max();
        published.max(self.served.as_ref().map(|served| served.at)).unwrap_or(0)
    }
}

/// All models, and what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Models {
    /// Those heard of last come first.
    pub all: Vec<Known>,
    /// SHA-256 of those that are whole on the topic, the newest record first.
    pub on_topic: Vec<String>,
    /// SHA-256 of the one served last on this machine.
    pub served_last: Option<String>,
    /// Why the topic could not be read.
    pub no_topic: Option<VisitError>,
    /// Why the store could not be read.
    pub no_store: Option<StoreError>,
    /// The store's folder.
    pub store: PathBuf,
}

impl Models {
    /// SHA-256 of the newest that is whole on the topic.
    pub(crate) fn newest(&self) -> Option<&String> {
        self.on_topic.first()
    }

    /// Reads the topic and the store, as far as they can be.
    pub(crate) fn read(config: &Config) -> Self {
        let cluster = Cluster::new(&config.kafka, &config.application.name);
        let listed = Catalogue::open(&cluster, &config.operator.model.name).and_then(|catalogue| catalogue.models());
        let store = store::folder_of(config);
        let kept = store::look(&store);
        let mut models = Self { store, ..Self::default() };
        let mut all: HashMap<String, Known> = HashMap::new();
        match listed {
            Ok(listed) => {
                let whole = listed.iter().filter(|record| record.form.is_complete());
                models.on_topic = whole.map(|record| record.identity.sha256.clone()).collect();
                for record in listed {
                    let sha256 = record.identity.sha256.clone();
                    entry(&mut all, &sha256).records.push(record);
                }
            }
            Err(error) => models.no_topic = Some(error),
        }
        match kept {
            Ok(kept) => {
                let (history, kept) = kept.unwrap_or_default();
                models.served_last = history.served.first().map(|served| served.sha256.clone());
                for served in history.served {
                    let sha256 = served.sha256.clone();
                    entry(&mut all, &sha256).served = Some(served);
                }
                for zip in kept {
                    entry(&mut all, &zip.sha256).kept = Some(zip.bytes);
                }
                // Of a model that is known in no other way, nobody wants to hear.
                for refused in history.refused {
                    if let Some(known) = all.get_mut(&refused.sha256) {
                        known.refused = Some(refused);
                    }
                }
            }
            Err(error) => models.no_store = Some(error),
        }
        models.all = all.into_values().collect();
        models.all.sort_by_key(|known| (-known.time(), known.sha256.clone()));
        models
    }
}

fn entry<'a>(all: &'a mut HashMap<String, Known>, sha256: &str) -> &'a mut Known {
    let known = all.entry(sha256.to_owned()).or_default();
    sha256.clone_into(&mut known.sha256);
    known
}
