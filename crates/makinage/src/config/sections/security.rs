//! `kafka.security`, and librdkafka's properties that say the same below `kafka.properties`.
//!
//! Both are read to the same things, which are then put together and looked into, certificates and keys among them.
//! What Kafka's clients make of that is `kafka`'s business.

mod aws;
mod combined;
mod extensions;
mod files;
mod given;
mod keys;
mod kinds;
mod material;
mod names;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tokens;

pub use self::{
    aws::{AwsContainer, AwsKeys, AwsPlaces, AwsToken, WebIdentity},
    combined::Security,
    extensions::Extensions,
    tokens::{TokenEndpoint, TokenSource},
};
use self::{
    combined::{Beside, combine},
    given::{Collected, Given, Property},
    keys::{OauthKeys, SaslKeys, TlsKeys},
    names::{
        CA, CERTIFICATE, Fate, KEY, KEY_PASSWORD, KEYSTORE, KEYSTORE_PASSWORD, MECHANISMS, PASSWORD, SECURITY_PROTOCOL,
        USERNAME, VERIFY, fate,
    },
};
pub(crate) use self::{given::note_repetition, keys::SecurityKeys};
use crate::{
    config::reader::{
        field::Field,
        kinds::Below,
        problem::{Findings, Place},
        section::Section,
        shape::{Ground, Kind, Shaped},
    },
    quoted::quoted,
};

const OAUTH_KEYS: Below<OauthKeys> = Below(std::marker::PhantomData);

/// What is read of security, before it is put together.
#[derive(Default)]
pub(crate) struct Reader {
    collected: Collected,
    beside: Beside,
}

impl Reader {
    /// The section.
    pub(crate) fn section(&mut self, field: &Field, ground: &Ground, findings: &mut Findings) {
        let Some(section) = Section::read(field, &SecurityKeys::KEYS, findings) else { return };
        let beside = section.get("oauth").cloned();
        let oauth = beside.and_then(|field| OAUTH_KEYS.read(&field, ground, findings));
        let Some(SecurityKeys { protocol, tls, sasl }) = SecurityKeys::read(&section, ground, findings) else { return };
        let below = |keys: &[&str]| keys.iter().fold(field.clone(), |field, key| inside(&field, key)).place;
        self.beside.tls = tls.as_ref().map(|_| below(&["tls"]));
        self.beside.sasl = sasl.as_ref().map(|_| below(&["sasl"]));
        self.add(SECURITY_PROTOCOL, protocol, findings);
        self.tls(tls.unwrap_or_default(), findings);
        let SaslKeys { mechanism, username, password, oauth: own, region } = sasl.unwrap_or_default();
        self.add(MECHANISMS, mechanism, findings);
        self.add(USERNAME, username, findings);
        self.add(PASSWORD, password, findings);
        self.beside.region = region;
        self.beside.oauth = match (oauth, own) {
            (Some(oauth), Some(_)) => {
                note_repetition(&below(&["oauth"]), &below(&["sasl", "oauth"]), findings);
                Some((oauth, below(&["oauth"])))
            }
            (Some(oauth), None) => Some((oauth, below(&["oauth"]))),
            (None, own) => own.map(|oauth| (oauth, below(&["sasl", "oauth"]))),
        };
    }

    fn tls(&mut self, tls: TlsKeys, findings: &mut Findings) {
        let TlsKeys { ca, certificate, key, key_password, keystore, keystore_password, verify_hostname } = tls;
        self.add(CA, ca, findings);
        self.add(CERTIFICATE, certificate, findings);
        self.add(KEY, key, findings);
        self.add(KEY_PASSWORD, key_password, findings);
        self.add(KEYSTORE, keystore, findings);
        self.add(KEYSTORE_PASSWORD, keystore_password, findings);
        self.add(VERIFY, verify_hostname, findings);
    }

    fn add(&mut self, property: &'static str, given: Option<Given>, findings: &mut Findings) {
        self.collected.add(Property::only(property), given, findings);
    }

    /// Takes one of `kafka.properties`, where it is of security; `false` where it isn't.
    pub(crate) fn takes(&mut self, name: &str, field: &Field, ground: &Ground, findings: &mut Findings) -> bool {
        match fate(name) {
            Fate::Other => return false,
            Fate::Read(..) if field.node.is_null() => {}
            // The system's, as without it.
            Fate::Read(property, _) if property.name == CA && field.node.source() == Some("probe") => {}
            Fate::Read(property, form) => {
                let given = form.read(field, ground, findings);
                self.collected.add(property, given, findings);
            }
            Fate::Refused(why) => findings.problem(&field.place, format!("{} {why}", quoted(name))),
        }
        true
    }

    /// What all of it comes to.
    pub(crate) fn finish(mut self, endpoints: &[String], ground: &Ground, findings: &mut Findings) -> Security {
        endpoints.clone_into(&mut self.beside.endpoints);
        combine(&self.collected, &self.beside, ground, findings)
    }
}

/// The field of a key below another, which is there.
fn inside<'t>(field: &Field<'t>, key: &str) -> Field<'t> {
    match field.node.get(key) {
        Some(entry) => Field { place: Place::key(entry.key.line, field.place.below(key).key), node: &entry.value },
        None => field.clone(),
    }
}
