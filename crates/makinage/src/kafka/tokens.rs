//! The tokens that clients log in with (OAUTHBEARER): got by one thread ahead of the old one's end, and handed to all
//! clients of the cluster. No client waits for the network in its `poll`.
//!
//! Where tokens come from is `tokens/`'s business.

mod aws;
mod endpoint;
mod file;
mod fresh;
mod http;
mod jwt;
mod keys;
mod profile;
mod sign;
#[cfg(test)]
pub(super) mod testing;

use std::{
    sync::{Arc, Weak},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use kafka_headers::tokens::{Clients, Native, Supplied, Token};
use parking_lot::Mutex;

use crate::{backoff::Backoff, config::TokenSource, said::Said};

/// A token is got anew after so much of its time, so that two attempts more fit before its end.
const SHARE: f64 = 0.75;
/// The shortest time between two tokens: one that ends sooner isn't asked for without end.
const SHORTEST: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The tokens of one cluster's clients. When the last of those that hold this goes, the thread ends.
#[derive(Debug)]
pub struct Tokens {
    shared: Arc<Shared>,
    started: Mutex<Option<Sender<()>>>,
}

struct Shared {
    source: TokenSource,
    clients: Arc<Clients>,
    current: Mutex<Option<Token>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Of a source. It is asked once there is a client.
    pub fn new(source: TokenSource) -> Self {
        let shared = Shared { source, clients: Arc::default(), current: Mutex::default() };
        Self { shared: Arc::new(shared), started: Mutex::default() }
    }

    /// Takes in a client, which gets the token that there is, and all later ones.
    pub fn admit<C: Native>(&self, client: C) -> Supplied<C> {
        // Held until the client is among the others: a token that comes meanwhile is handed to it too.
        let current = self.shared.current.lock();
        let token = current.as_ref().filter(|token| token.expires_ms > now_ms());
        let supplied = self.shared.clients.admit(client, token);
        drop(current);
        self.start();
        supplied
    }

    fn start(&self) {
        let mut started = self.started.lock();
        if started.is_some() {
            return;
        }
        let (end, ended) = crossbeam_channel::bounded(0);
        let shared = Arc::downgrade(&self.shared);
        match thread::Builder::new().name("tokens".into()).spawn(move || run(&shared, &ended)) {
            Ok(_) => *started = Some(end),
            Err(error) => {
                tracing::error!(code = "K012", "no thread can be started that gets tokens for Kafka: {error}");
            }
        }
    }
}

/// Gets tokens until nobody needs them any more.
fn run(shared: &Weak<Shared>, ended: &Receiver<()>) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let mut said = Said::default();
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let pause = match shared.renew() {
            Ok(pause) => {
                backoff.succeeded();
                if said.over().is_some() {
                    tracing::info!("there is a new token for Kafka again");
                }
                pause
            }
            Err(fault) => {
                let pause = backoff.failed();
                shared.clients.refuse(&fault);
                if said.is_news(fault.clone()) {
                    tracing::warn!(code = "K011", "no token for Kafka: {fault}; trying again until there is one");
                }
                pause
            }
        };
        drop(shared);
        if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

impl Shared {
    /// Gets a token and hands it out; for how long that is enough.
    fn renew(&self) -> Result<Duration, String> {
        let (fresh, extensions, look) = match &self.source {
            TokenSource::Endpoint(source) => (endpoint::fetch(source)?, source.extensions.0.clone(), None),
            TokenSource::File { path, extensions } => (file::read(path)?, extensions.0.clone(), Some(file::LOOK)),
            TokenSource::Aws(source) => (aws::make(source)?, vec![], None),
        };
        let pause = fresh.lifetime.mul_f64(SHARE).max(SHORTEST);
        let pause = look.map_or(pause, |look| pause.min(look));
        let lifetime = i64::try_from(fresh.lifetime.as_millis()).unwrap_or(i64::MAX / 2);
        let token = Token {
            value: fresh.value,
            principal: fresh.principal.unwrap_or_default(),
            expires_ms: now_ms().saturating_add(lifetime),
            extensions,
        };
        let mut current = self.current.lock();
        if current.as_ref().is_some_and(|before| before.value == token.value) {
            return Ok(pause);
        }
        self.clients.supply(&token).map_err(|why| format!("the one that came can't be used: {why}"))?;
        *current = Some(token);
        Ok(pause)
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
