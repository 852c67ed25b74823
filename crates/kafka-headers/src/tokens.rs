//! Clients of Kafka that get the tokens of OAUTHBEARER from outside, whoever polls them and whether anybody does.
//!
//! `rdkafka` asks for a token only inside a client's `poll`, which some clients never see (its `AdminClient` polls
//! another queue), would wait for the answer there, and hands on nothing but the token: no extensions of RFC 7628. Here
//! a client is handed its token by its handle, which librdkafka allows from any thread.

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, c_char},
    ops::Deref,
    ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rdkafka::{
    ClientContext,
    admin::AdminClient,
    bindings::{rd_kafka_oauthbearer_set_token, rd_kafka_oauthbearer_set_token_failure, rd_kafka_t},
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    producer::{BaseProducer, Producer, ProducerContext, ThreadedProducer},
};

use crate::OK;

/// A token, as a client shows it to brokers.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub value: String,
    /// Whose it is, for the client's own messages.
    pub principal: String,
    /// When it expires, in milliseconds since 1970.
    pub expires_ms: i64,
    /// What brokers are told beside it.
    pub extensions: Vec<(String, String)>,
}

/// Kinds of clients.
pub trait Native: sealed::Native {}
impl<C: sealed::Native> Native for C {}

mod sealed {
    use super::rd_kafka_t;

    /// A client, whose handle lives as long as it does.
    pub trait Native {
        /// librdkafka's handle.
        fn handle(&self) -> *mut rd_kafka_t;
    }
}

impl<C: ConsumerContext> sealed::Native for BaseConsumer<C> {
    fn handle(&self) -> *mut rd_kafka_t {
        self.client().native_ptr()
    }
}

impl<C: ProducerContext> sealed::Native for BaseProducer<C> {
    fn handle(&self) -> *mut rd_kafka_t {
        self.client().native_ptr()
    }
}

impl<C: ProducerContext + 'static> sealed::Native for ThreadedProducer<C> {
    fn handle(&self) -> *mut rd_kafka_t {
        self.client().native_ptr()
    }
}

impl<C: ClientContext> sealed::Native for AdminClient<C> {
    fn handle(&self) -> *mut rd_kafka_t {
        self.inner().native_ptr()
    }
}

/// A client that is among those which get tokens, for as long as it lives. It can't be taken out of here.
pub struct Supplied<C> {
    // Before the client: fields are dropped in their order, and its handle must not be used any more by then.
    _entry: Option<Entry>,
    client: C,
}

impl<C> Supplied<C> {
    /// One that needs no tokens.
    pub fn without(client: C) -> Self {
        Self { _entry: None, client }
    }
}

impl<C> Deref for Supplied<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.client
    }
}

/// The clients that get tokens.
#[derive(Default)]
pub struct Clients(Mutex<Living>);

#[derive(Default)]
struct Living {
    handles: BTreeMap<u64, Handle>,
    admitted: u64,
}

/// The handle of a client that is alive, since its entry is.
#[derive(Clone, Copy)]
struct Handle(*mut rd_kafka_t);

// SAFETY: librdkafka's functions may be called with a client's handle from any thread.
unsafe impl Send for Handle {}

/// That a client is among [`Clients`].
struct Entry {
    clients: Arc<Clients>,
    number: u64,
}

impl Drop for Entry {
    /// Waits until a token that is being handed to this client has been.
    fn drop(&mut self) {
        self.clients.living().handles.remove(&self.number);
    }
}

impl Clients {
    /// Takes a client in, which gets `token` at once, where there is one, and all later ones.
    pub fn admit<C: Native>(self: &Arc<Self>, client: C, token: Option<&Token>) -> Supplied<C> {
        let handle = Handle(client.handle());
        let mut living = self.living();
        living.admitted += 1;
        let number = living.admitted;
        living.handles.insert(number, handle);
        if let Some(token) = token {
            let _ = set(handle, token);
        }
        drop(living);
        Supplied { _entry: Some(Entry { clients: Arc::clone(self), number }), client }
    }

    /// Hands a token to all; what is wrong with it, in librdkafka's words.
    pub fn supply(&self, token: &Token) -> Result<(), String> {
        self.living().handles.values().try_for_each(|handle| set(*handle, token))
    }

    /// Tells all that there is no new token, and why: whoever waits for a client's connection hears it.
    pub fn refuse(&self, why: &str) {
        let why = CString::new(why.replace('\0', " ")).unwrap_or_default();
        for handle in self.living().handles.values() {
            // SAFETY: the client lives, since its entry is there and can't go before the lock does; librdkafka copies
            // the text.
            unsafe { rd_kafka_oauthbearer_set_token_failure(handle.0, why.as_ptr()) };
        }
    }

    fn living(&self) -> MutexGuard<'_, Living> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle's client must live.
fn set(handle: Handle, token: &Token) -> Result<(), String> {
    let text = |text: &str| CString::new(text).map_err(|_| "it has a NUL byte in it".to_owned());
    let (value, principal) = (text(&token.value)?, text(&token.principal)?);
    let pairs = token.extensions.iter().flat_map(|(name, value)| [text(name), text(value)]);
    let pairs = pairs.collect::<Result<Vec<CString>, String>>()?;
    let mut pointers: Vec<*const c_char> = pairs.iter().map(|text| text.as_ptr()).collect();
    let extensions = if pointers.is_empty() { ptr::null_mut() } else { pointers.as_mut_ptr() };
    let mut said = [0_u8; 512];
    // SAFETY: the client lives, since its entry is there and can't go before the lock does, which the caller holds. All
    // texts are C strings that live for the call, librdkafka copies them; there are as many extensions as it is told,
    // and the buffer has the size that it is told.
    let outcome = unsafe {
        rd_kafka_oauthbearer_set_token(
            handle.0,
            value.as_ptr(),
            token.expires_ms,
            principal.as_ptr(),
            extensions,
            pointers.len(),
            said.as_mut_ptr().cast::<c_char>(),
            said.len(),
        )
    };
    if outcome == OK {
        return Ok(());
    }
    let said = CStr::from_bytes_until_nul(&said).map(CStr::to_string_lossy).unwrap_or_default();
    Err(said.into_owned())
}

#[cfg(test)]
mod tests;
