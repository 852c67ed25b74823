//! Settings from which a client of Kafka is made, with what a client needs beside them: tokens, where it logs in with
//! such.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use kafka_headers::tokens::{Native, Supplied};
use rdkafka::{ClientConfig, ClientContext, config::FromClientConfigAndContext, error::KafkaResult};

use super::{
    renewal::{MadeWith, Renewal},
    tokens::Tokens,
};

/// The settings of a client. They hold secrets, and aren't shown.
#[derive(Clone)]
pub struct Settings {
    client: ClientConfig,
    tokens: Option<Arc<Tokens>>,
    renewal: Arc<Renewal>,
}

impl Settings {
    /// None yet, for clients that get these tokens and whose files may change.
    pub(crate) fn new(tokens: Option<Arc<Tokens>>, renewal: Arc<Renewal>) -> Self {
        Self { client: ClientConfig::new(), tokens, renewal }
    }

    /// With which certificates and keys a client is made now.
    pub fn files(&self) -> MadeWith {
        self.renewal.now()
    }

    /// A client with these settings.
    pub fn create_with_context<X, C>(&self, context: X) -> KafkaResult<Supplied<C>>
    where
        X: ClientContext,
        C: FromClientConfigAndContext<X> + Native,
    {
        let client: C = self.client.create_with_context(context)?;
        Ok(match &self.tokens {
            Some(tokens) => tokens.admit(client),
            None => Supplied::without(client),
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl Deref for Settings {
    type Target = ClientConfig;

    fn deref(&self) -> &ClientConfig {
        &self.client
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut ClientConfig {
        &mut self.client
    }
}
