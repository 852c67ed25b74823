//! How clients come to brokers, and as whom: what of a client's settings secures its connections.

use std::{fmt, fs};

use openssl::{
    error::ErrorStack,
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    x509::{X509, X509NameRef},
};
use rdkafka::ClientConfig;

/// Librdkafka's own names, as they are set in the end, whoever has set them.
#[derive(Clone, Default)]
pub struct Terms {
    settings: ClientConfig,
}

/// A client's certificate, those above it, and its key.
pub(super) struct Identity {
    pub certificate: X509,
    pub chain: Vec<X509>,
    pub key: PKey<Private>,
}

impl Terms {
    /// Of a client with these settings.
    pub fn of(settings: &ClientConfig) -> Self {
        Self { settings: settings.clone() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.settings.get(name).filter(|value| !value.is_empty())
    }

    fn protocol(&self) -> String {
        self.get("security.protocol").unwrap_or("plaintext").to_ascii_lowercase()
    }

    /// Whether connections are encrypted.
    pub fn has_tls(&self) -> bool {
        self.protocol().ends_with("ssl")
    }

    /// How clients log in, where they do.
    pub fn mechanism(&self) -> Option<&str> {
        let mechanism = self.get("sasl.mechanisms").or_else(|| self.get("sasl.mechanism")).unwrap_or("GSSAPI");
        self.protocol().starts_with("sasl").then_some(mechanism)
    }

    /// As whom.
    pub fn user(&self) -> Option<&str> {
        self.mechanism().and_then(|_| self.get("sasl.username"))
    }

    /// What Kafka's authorizer calls this client unless it is set up otherwise; `None` where that isn't known.
    pub fn principal(&self) -> Option<String> {
        if self.mechanism().is_some() {
            return self.user().map(|user| format!("User:{user}"));
        }
        match self.identity() {
            Ok(Some(identity)) => Some(format!("User:{}", distinguished(identity.certificate.subject_name()))),
            Ok(None) => Some("User:ANONYMOUS".to_owned()),
            Err(_) => None,
        }
    }

    /// Whether the broker's certificate is looked at, and whether for its host.
    pub(super) fn verifies(&self) -> (bool, bool) {
        let is = |name, value: &str| self.get(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
        let verifies = !is("enable.ssl.certificate.verification", "false");
        (verifies, verifies && !is("ssl.endpoint.identification.algorithm", "none"))
    }

    /// Where the certificates of those are that are trusted, for messages.
    pub(super) fn trusts(&self) -> String {
        match self.get("ssl.ca.location") {
            Some("probe") | None if self.get("ssl.ca.pem").is_none() => "this system's authorities".to_owned(),
            Some(place) => place.to_owned(),
            None => "those of kafka.security.tls.ca".to_owned(),
        }
    }

    /// Those certificates, where they are named; else the system's.
    pub(super) fn authorities(&self) -> Option<Vec<u8>> {
        let text = self.get("ssl.ca.pem").map(|text| text.as_bytes().to_vec());
        text.or_else(|| fs::read(self.get("ssl.ca.location").filter(|place| *place != "probe")?).ok())
    }

    /// The client's own certificate, where there is one.
    pub(super) fn identity(&self) -> Result<Option<Identity>, ErrorStack> {
        if !self.has_tls() {
            return Ok(None);
        }
        if let Some(store) = self.get("ssl.keystore.location").and_then(|place| fs::read(place).ok()) {
            let opened = Pkcs12::from_der(&store)?.parse2(self.get("ssl.keystore.password").unwrap_or_default())?;
            let chain = opened.ca.map(|above| above.into_iter().collect()).unwrap_or_default();
            return Ok(opened.cert.zip(opened.pkey).map(|(certificate, key)| Identity { certificate, chain, key }));
        }
        let part = |name: &str| {
            let text = self.get(&format!("ssl.{name}.pem")).map(|text| text.as_bytes().to_vec());
            text.or_else(|| fs::read(self.get(&format!("ssl.{name}.location"))?).ok())
        };
        let (Some(certificates), Some(key)) = (part("certificate"), part("key")) else { return Ok(None) };
        let password = self.get("ssl.key.password").unwrap_or_default();
        let key = PKey::private_key_from_pem_passphrase(&key, password.as_bytes())?;
        let mut certificates = X509::stack_from_pem(&certificates)?.into_iter();
        Ok(certificates.next().map(|certificate| Identity { certificate, chain: certificates.collect(), key }))
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms").field("protocol", &self.protocol()).field("mechanism", &self.mechanism()).finish()
    }
}

/// A name as Kafka writes it: the last part first, with commas.
pub(super) fn distinguished(name: &X509NameRef) -> String {
    let part = |entry: &openssl::x509::X509NameEntryRef| {
        let value = entry.data().to_string().unwrap_or_default();
        let kind = entry.object().nid();
        let kind =
            if kind == Nid::UNDEF { entry.object().to_string() } else { kind.short_name().unwrap_or("?").to_owned() };
        format!("{kind}={value}")
    };
    name.entries().map(part).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(settings: &[(&str, &str)]) -> Terms {
        let mut client = ClientConfig::new();
        for (name, value) in settings {
            client.set(*name, *value);
        }
        Terms::of(&client)
    }

    #[test]
    fn whom_an_authorizer_sees_follows_from_how_the_client_logs_in() {
        let principal = |settings: &[(&str, &str)]| terms(settings).principal();
        assert_eq!(principal(&[]).as_deref(), Some("User:ANONYMOUS"));
        assert_eq!(principal(&[("security.protocol", "ssl")]).as_deref(), Some("User:ANONYMOUS"));
        let sasl = [("security.protocol", "SASL_SSL"), ("sasl.mechanisms", "PLAIN"), ("sasl.username", "service")];
        assert_eq!(principal(&sasl).as_deref(), Some("User:service"));
        let token = [("security.protocol", "sasl_ssl"), ("sasl.mechanisms", "OAUTHBEARER")];
        assert_eq!(principal(&token), None, "its token says it");
        assert_eq!(terms(&[("sasl.username", "unused")]).user(), None);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secret = [("security.protocol", "sasl_ssl"), ("sasl.password", "canary"), ("ssl.key.password", "canary")];
        assert!(!format!("{:?}", terms(&secret)).contains("canary"));
    }

    #[test]
    fn what_is_looked_at_in_a_certificate_is_what_the_client_looks_at() {
        assert_eq!(terms(&[]).verifies(), (true, true));
        assert_eq!(terms(&[("ssl.endpoint.identification.algorithm", "none")]).verifies(), (true, false));
        assert_eq!(terms(&[("enable.ssl.certificate.verification", "false")]).verifies(), (false, false));
    }
}
