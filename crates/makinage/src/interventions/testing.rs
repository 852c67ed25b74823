//! A service to be intervened in, for tests.

use std::{sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use parking_lot::Mutex;

use super::{
    Interventions,
    earlier::{Earlier, Found},
};
use crate::{
    model::ModelIdentity,
    reload::request::Request,
    rollback::{Wanted, known::Known},
    source::pause::Pause,
    telemetry::Telemetry,
};

/// Earlier models of which there is one, `iris@1`; publishing it takes until that is allowed.
#[derive(Debug)]
pub(crate) struct OneModel {
    /// What was asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
    allowed: Receiver<()>,
}

impl Earlier for OneModel {
    fn find(&self, wanted: Wanted<'_>) -> Result<Found, String> {
        self.asked.lock().push(format!("{wanted:?}"));
        match wanted {
            Wanted::Named(other) if other != "1" => Err(format!("there is no model {other:?}; there is iris@1")),
            _ => {
                let (name, version) = (Some("iris".to_owned()), Some("1".to_owned()));
                let identity = ModelIdentity { sha256: "00".repeat(32), name, version };
                Ok(Found { known: Known { sha256: identity.sha256.clone(), ..Known::default() }, identity })
            }
        }
    }

    fn republish(&self, _found: &Found) -> Result<String, String> {
        self.allowed.recv().map(|()| "model/0/7".to_owned()).map_err(|_| "no broker answers".to_owned())
    }
}

/// A service without a stream, and what it meets.
#[derive(Debug)]
pub(crate) struct Stage {
    pub interventions: Arc<Interventions>,
    pub telemetry: Arc<Telemetry>,
    pub pause: Arc<Pause>,
    pub reloads: Receiver<Request>,
    /// Allows one publishing.
    pub allow: Sender<()>,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    /// Nothing has been asked for.
    pub(crate) fn new() -> Self {
        let (telemetry, pause) = (Arc::<Telemetry>::default(), Arc::<Pause>::default());
        let ((ask, reloads), (allow, allowed)) = (bounded(1), unbounded());
        let model = OneModel { asked: Arc::default(), allowed };
        let asked = Arc::clone(&model.asked);
        let interventions = Arc::new(Interventions::new(&pause, Some(ask), model, &telemetry));
        Self { interventions, telemetry, pause, reloads, allow, asked }
    }

    /// Something that heeds a pause, as a source does, for as long as this is there.
    pub(crate) fn with_source(self) -> Self {
        let pause = Arc::downgrade(&self.pause);
        thread::spawn(move || {
            while let Some(pause) = pause.upgrade() {
                pause.hear();
                pause.is_done();
                drop(pause);
                thread::sleep(Duration::from_millis(1));
            }
        });
        self
    }
}
