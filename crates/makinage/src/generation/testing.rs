//! What the tests of this folder share: a topic, models, generations and a memory that are none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    thread,
};

use super::{
    Arrived, Made,
    builder::Build,
    memory::Memory,
    models::{Models, NotHad, Unreadable},
};
use crate::{
    model::{ModelIdentity, RecordPlace},
    store::StoredModel,
};

/// The model with this number, later than all with lower ones.
pub(super) fn place(number: i64) -> RecordPlace {
    RecordPlace { topic: "model".into(), partition: 0, offset: number, timestamp: 1000 + number }
}

/// Its bytes, which are none.
pub(super) fn stored(number: i64) -> StoredModel {
    StoredModel::of_nothing(ModelIdentity::unnamed(format!("{number:064}")))
}

/// The model of a record.
pub(super) fn arrived(number: i64) -> Arrived {
    Arrived { place: place(number), model: stored(number) }
}

/// A topic with models of these numbers.
#[derive(Debug, Default)]
pub(super) struct Topic {
    pub models: Mutex<Vec<i64>>,
    pub unreadable: Mutex<bool>,
    /// Why models can't be had, each reason once.
    pub troubles: Mutex<HashMap<i64, Vec<NotHad>>>,
    /// What was fetched, in order.
    pub fetched: Mutex<Vec<i64>>,
}

impl Topic {
    pub(super) fn put(&self, number: i64) {
        self.models.lock().unwrap().push(number);
    }
}

impl Models for Topic {
    fn newest_before(&self, before: Option<&RecordPlace>) -> Result<Option<RecordPlace>, Unreadable> {
        if *self.unreadable.lock().unwrap() {
            return Err(Unreadable);
        }
        let models = self.models.lock().unwrap();
        let older = models.iter().copied().filter(|number| before.is_none_or(|before| *number < before.offset));
        Ok(older.max().map(place))
    }

    /// Waits to be given up where there is no such model.
    fn fetch(&self, wanted: &RecordPlace, given_up: &dyn Fn() -> bool) -> Result<Arrived, NotHad> {
        self.fetched.lock().unwrap().push(wanted.offset);
        if let Some(trouble) = self.troubles.lock().unwrap().get_mut(&wanted.offset).and_then(Vec::pop) {
            return Err(trouble);
        }
        while !self.models.lock().unwrap().contains(&wanted.offset) {
            if given_up() {
                return Err(NotHad::Later("it is given up".to_owned()));
            }
            thread::yield_now();
        }
        Ok(arrived(wanted.offset))
    }
}

/// Makes generations, unless a model or configuration is bad.
#[derive(Debug, Default)]
pub(super) struct Workshop {
    /// Models that don't load with a configuration, as many times as this says.
    pub bad: Mutex<HashMap<(i64, u64), u32>>,
    /// Model, configuration, and whether one served meanwhile.
    pub built: Mutex<Vec<(i64, u64, bool)>>,
}

impl Build for Arc<Workshop> {
    /// Its number.
    type Ready = u64;

    fn build(&self, made: &Made, beside_another: bool) -> anyhow::Result<u64> {
        let (model, configuration) = (made.model.place.offset, made.configuration.number);
        self.built.lock().unwrap().push((model, configuration, beside_another));
        let mut bad = self.bad.lock().unwrap();
        match bad.get_mut(&(model, configuration)) {
            Some(times) if *times > 0 => {
                *times -= 1;
                Err(anyhow::anyhow!("step load: it is bad"))
            }
            _ => Ok(made.generation),
        }
    }
}

/// What a store would remember.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub served: Mutex<Vec<i64>>,
    pub refused: Mutex<Vec<(i64, String)>>,
    pub last: Mutex<Option<i64>>,
    /// After how many generations served something was let go.
    pub let_go: Mutex<Vec<usize>>,
}

impl Memory for Notes {
    fn served(&self, _model: &StoredModel, place: &RecordPlace) {
        self.served.lock().unwrap().push(place.offset);
    }

    fn let_go(&self) {
        self.let_go.lock().unwrap().push(self.served.lock().unwrap().len());
    }

    fn refuse(&self, _identity: &ModelIdentity, place: &RecordPlace, reason: &str) {
        self.refused.lock().unwrap().push((place.offset, reason.to_owned()));
    }

    fn refusal(&self, _identity: &ModelIdentity, place: &RecordPlace) -> Option<String> {
        let refused = self.refused.lock().unwrap();
        refused.iter().find(|(offset, _)| *offset == place.offset).map(|(_, reason)| reason.clone())
    }

    fn last_served(&self) -> Option<(StoredModel, RecordPlace)> {
        self.last.lock().unwrap().map(|number| (stored(number), place(number)))
    }
}
