//! Certificates and keys that change on the disk: Kafka's client reads them once, when it is made, so that a client has
//! to be replaced for them. One thread looks at the files; who has a client asks here whether it is out of date.
//!
//! New files are looked into before anybody is told: a certificate without its new key, as it is for a moment while
//! both are written, replaces nothing.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::{config::Security, said::Said};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// How often the files of a cluster's clients have changed.
#[derive(Debug, Default)]
pub struct Renewal {
    times: Arc<AtomicU64>,
    /// Ends the thread, when it goes.
    thread: Mutex<Option<Sender<()>>>,
}

/// With which files a client was made.
#[derive(Debug, Clone)]
pub struct MadeWith {
    times: Arc<AtomicU64>,
    then: u64,
}

impl MadeWith {
    /// Whether they are others now.
    pub fn is_out_of_date(&self) -> bool {
        self.times.load(Ordering::Relaxed) != self.then
    }
}

impl Renewal {
    /// The files as they are now.
    pub fn now(&self) -> MadeWith {
        MadeWith { times: Arc::clone(&self.times), then: self.times.load(Ordering::Relaxed) }
    }

    /// From now on changes are noticed, if there are files.
    pub fn watch(&self, security: &Security) {
        let mut thread = self.thread.lock();
        if security.files.is_empty() || thread.is_some() {
            return;
        }
        let (end, ended) = crossbeam_channel::bounded(0);
        let (times, security) = (Arc::clone(&self.times), security.clone());
        let watch = Watch::new(security);
        match thread::Builder::new().name("certificates".into()).spawn(move || run(watch, &times, &ended)) {
            Ok(_) => *thread = Some(end),
            Err(error) => {
                tracing::error!(code = "K010", "certificates that change are not noticed before a restart: {error}");
            }
        }
    }
}

fn run(mut watch: Watch, times: &AtomicU64, ended: &Receiver<()>) {
    let mut said = Said::default();
    while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        match watch.look() {
            Some(Ok(())) => {
                said.over();
                tracing::info!("the files of kafka.security have changed: Kafka's clients are made anew with them");
                times.fetch_add(1, Ordering::Relaxed);
            }
            Some(Err(fault)) if said.is_news(fault.clone()) => tracing::warn!(
                code = "K009",
                "the files of kafka.security have changed and can't be used: {fault}; the clients go on with those of before"
            ),
            None | Some(Err(_)) => {}
        }
    }
}

/// What the files were, and what they are becoming.
struct Watch {
    security: Security,
    used: Vec<Option<[u8; 32]>>,
    /// What they were at the last look, where that was new: what is still being written differs from look to look.
    seen: Option<Vec<Option<[u8; 32]>>>,
}

impl Watch {
    /// The files are used as they are now.
    fn new(security: Security) -> Self {
        let used = digests(&security.files);
        Self { security, used, seen: None }
    }

    /// Whether other files are to be used, which have been looked into, or what is wrong with them; `None` where there
    /// is nothing new, or not for long enough.
    fn look(&mut self) -> Option<Result<(), String>> {
        let now = digests(&self.security.files);
        if now == self.used {
            self.seen = None;
            return None;
        }
        if self.seen.as_ref() != Some(&now) {
            self.seen = Some(now);
            return None;
        }
        let looked = self.security.look_into_files();
        if looked.is_ok() {
            self.used = now;
        }
        Some(looked)
    }
}

/// Of each file what tells it from others; `None` of one that can't be read.
fn digests(files: &[PathBuf]) -> Vec<Option<[u8; 32]>> {
    files.iter().map(|file| fs::read(file).ok().map(|bytes| Sha256::digest(bytes).into())).collect()
}

#[cfg(test)]
mod tests;
