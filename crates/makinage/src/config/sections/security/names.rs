//! librdkafka's properties of security, as they may stand below `kafka.properties`, and those that can't: with what to
//! write instead, for names that only Java's clients know too.

use super::{
    given::Property,
    kinds::{FILE, FILE_OR_FOLDER, FLAG, Form, HIDDEN, IDENTIFICATION, MECHANISM, NO_KERBEROS, PEM, PROTOCOL, TEXT},
};
use crate::config::reader::keys::nearest;

pub(super) const CA: &str = "ssl.ca.location";
pub(super) const CERTIFICATE: &str = "ssl.certificate.location";
pub(super) const KEY: &str = "ssl.key.location";
pub(super) const KEY_PASSWORD: &str = "ssl.key.password";
pub(super) const KEYSTORE: &str = "ssl.keystore.location";
pub(super) const KEYSTORE_PASSWORD: &str = "ssl.keystore.password";
pub(super) const MECHANISMS: &str = "sasl.mechanisms";
pub(super) const PASSWORD: &str = "sasl.password";
pub(super) const SECURITY_PROTOCOL: &str = "security.protocol";
pub(super) const USERNAME: &str = "sasl.username";
pub(super) const VERIFICATION: &str = "enable.ssl.certificate.verification";
pub(super) const VERIFY: &str = "ssl.endpoint.identification.algorithm";

/// Those that can be set, and how.
static KNOWN: &[(Property, Form)] = &[
    (Property::only(SECURITY_PROTOCOL), PROTOCOL),
    (Property::only(CA), FILE_OR_FOLDER),
    (Property::or("ssl.ca.pem", CA), PEM),
    (Property::only(CERTIFICATE), FILE),
    (Property::or("ssl.certificate.pem", CERTIFICATE), PEM),
    (Property::only(KEY), FILE),
    (Property::or("ssl.key.pem", KEY), PEM),
    (Property::only(KEY_PASSWORD), HIDDEN),
    (Property::only(KEYSTORE), FILE),
    (Property::only(KEYSTORE_PASSWORD), HIDDEN),
    (Property::only("ssl.crl.location"), FILE),
    (Property::only(VERIFY), IDENTIFICATION),
    (Property::only(VERIFICATION), FLAG),
    (Property::only("ssl.cipher.suites"), TEXT),
    (Property::only("ssl.curves.list"), TEXT),
    (Property::only("ssl.sigalgs.list"), TEXT),
    (Property::only(MECHANISMS), MECHANISM),
    (Property::or("sasl.mechanism", MECHANISMS), MECHANISM),
    (Property::only(USERNAME), TEXT),
    (Property::only(PASSWORD), HIDDEN),
];

const TRUST: &str = "is of Java's clients; write the authorities' certificates in PEM as `security: {tls: {ca: ca.pem}}`: \
                     keytool -exportcert -rfc -keystore TRUSTSTORE -alias NAME -file ca.pem";
const KEYS: &str = "is of Java's clients; write certificate and key in PEM as `security: {tls: {certificate: client.pem, \
                    key: client.key}}`, or PKCS#12 as `keystore`";
const VERSIONS: &str = "is of Java's clients; TLS 1.3 is used, or 1.2 where the broker has no other, so remove it";
const JAVA: &str = "is of Java's clients, and code of Java's isn't run here; remove it";
const LOGIN: &str = "is of Java's clients; write `security: {sasl: {mechanism: OAUTHBEARER, oauth: {…}}}`, or for AWS \
                     `security: {sasl: {mechanism: AWS_MSK_IAM, region: …}}`";
const RENEWAL: &str = "is of Java's clients; tokens are fetched anew by themselves before they expire, so remove it";
const HTTPS_CA: &str =
    "isn't used: tokens are fetched by this program; write `security: {sasl: {oauth: {ca: ca.pem}}}`";
const OIDC: &str = "isn't used: tokens are fetched by this program; write `security: {sasl: {mechanism: OAUTHBEARER, oauth: \
                    {token_url: …, client_id: …, client_secret: …, scope: …, extensions: {…}}}}`";
const UNSIGNED: &str = "is for tests: anybody can write a token without a signature; write `security: {sasl: {mechanism: \
                        OAUTHBEARER, oauth: {token_file: …}}}`";
const ENGINE: &str = "would load code beside Kafka's client, which isn't done here; name a key in PEM as \
                      `security: {tls: {key: client.key}}`";

/// Beginnings of names, and what is said of them; the first that fits counts.
const REFUSED: &[(&str, &str)] = &[
    ("ssl.truststore.", TRUST),
    ("ssl.keystore.key", KEYS),
    ("ssl.keystore.certificate.chain", KEYS),
    ("ssl.keystore.type", "is of Java's clients; a keystore is PKCS#12 here, so remove it"),
    ("ssl.protocol", VERSIONS),
    ("ssl.enabled.protocols", VERSIONS),
    ("ssl.provider", JAVA),
    ("ssl.keymanager.algorithm", JAVA),
    ("ssl.trustmanager.algorithm", JAVA),
    ("ssl.secure.random.implementation", JAVA),
    ("ssl.engine.factory.class", JAVA),
    ("ssl.engine.", ENGINE),
    ("ssl.ca.certificate.stores", "is for Windows; name a file as `security: {tls: {ca: ca.pem}}`"),
    ("security.providers", JAVA),
    (
        "sasl.jaas.config",
        "is of Java's clients; write `security: {sasl: {mechanism: …, username: …, password: \"${env:KAFKA_PASSWORD}\"}}`",
    ),
    ("sasl.login.callback.handler.class", LOGIN),
    ("sasl.client.callback.handler.class", LOGIN),
    ("sasl.login.class", LOGIN),
    ("sasl.login.", RENEWAL),
    ("sasl.oauthbearer.", OIDC),
    ("enable.sasl.oauthbearer.unsecure.jwt", UNSIGNED),
    ("https.ca.", HTTPS_CA),
];

/// What begins the names of properties of security.
const BEGINNINGS: &[&str] = &["security.", "ssl.", "sasl.", "enable.ssl.", "enable.sasl.", "https."];

/// What becomes of a property.
pub(super) enum Fate {
    /// It is none of security.
    Other,
    /// It is read so.
    Read(Property, &'static Form),
    /// It can't be set: what is said of it, behind its name.
    Refused(String),
}

/// The property of this name, where it is one that can be set.
pub(super) fn property(name: &str) -> Option<Property> {
    KNOWN.iter().map(|(property, _)| *property).find(|property| property.name == name)
}

/// What becomes of the property of this name.
pub(super) fn fate(name: &str) -> Fate {
    if let Some((property, form)) = KNOWN.iter().find(|(property, _)| property.name == name) {
        return Fate::Read(*property, form);
    }
    if name.starts_with("sasl.kerberos.") {
        return Fate::Refused(format!("is for Kerberos, which isn't built into this program; {NO_KERBEROS}"));
    }
    if let Some((_, why)) = REFUSED.iter().find(|(beginning, _)| name.starts_with(beginning)) {
        return Fate::Refused((*why).to_owned());
    }
    if !BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
        return Fate::Other;
    }
    let names: Vec<&str> = KNOWN.iter().map(|(property, _)| property.name).collect();
    Fate::Refused(match nearest(name, &names) {
        Some(nearest) => format!("is no property of librdkafka's; did you mean `{nearest}`?"),
        None => "is no property of librdkafka's; write what it is for below `kafka.security`".to_owned(),
    })
}

#[cfg(test)]
mod tests;
