//! What is said of security, put together: what is missing beside what is there, what contradicts what, and what all of
//! it comes to for Kafka's clients.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    aws::{self, AwsToken},
    files,
    given::{Collected, Given},
    keys::OauthKeys,
    kinds::{AWS, OAUTH},
    names::{
        CA, CERTIFICATE, KEY, KEY_PASSWORD, KEYSTORE, KEYSTORE_PASSWORD, MECHANISMS, PASSWORD, SECURITY_PROTOCOL,
        USERNAME, VERIFICATION, property,
    },
    tokens::{self, TokenSource},
};
use crate::config::{
    reader::{
        problem::{Findings, Place},
        shape::Ground,
    },
    values::secret::Secret,
};

/// How connections to Kafka are secured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// librdkafka's properties; all values are kept from being shown.
    pub properties: BTreeMap<String, Secret>,
    /// Where the tokens of OAUTHBEARER come from.
    pub tokens: Option<TokenSource>,
    /// The files of certificates and keys that the configuration names.
    pub files: Vec<PathBuf>,
}

impl Security {
    /// Looks into the files as they are now: what is wrong with them.
    pub fn look_into_files(&self) -> Result<(), String> {
        let mut findings = Findings::new(Path::new(""));
        let mut collected = Collected::default();
        for (name, value) in &self.properties {
            if let Some(property) = property(name) {
                let given = Given { value: Some(value.clone()), place: Place::file() };
                collected.add(property, Some(given), &mut findings);
            }
        }
        files::check(&collected, &mut findings);
        let (problems, _, _) = findings.sorted();
        match problems.0.into_iter().next() {
            Some(problem) => Err(problem.message),
            None => Ok(()),
        }
    }
}

/// What stands beside librdkafka's properties.
#[derive(Default)]
pub(super) struct Beside {
    /// Where tokens come from, and where that is said.
    pub oauth: Option<(OauthKeys, Place)>,
    /// Where `tls` is, which may be empty.
    pub tls: Option<Place>,
    /// Where `sasl` is.
    pub sasl: Option<Place>,
    /// The region of AWS.
    pub region: Option<Given>,
    /// The brokers' addresses.
    pub endpoints: Vec<String>,
}

const NO_MECHANISM: &str = "say how this program logs in, for example `sasl: {mechanism: SCRAM-SHA-512, username: …, password: \"${env:KAFKA_PASSWORD}\"}`";

/// Puts it together; all that is wrong is noted.
pub(super) fn combine(collected: &Collected, beside: &Beside, ground: &Ground, findings: &mut Findings) -> Security {
    let tls = collected.first(&["ssl.", "enable.ssl."]);
    let sasl = first_of_sasl(collected, beside);
    let protocol = match collected.get(SECURITY_PROTOCOL) {
        Some(given) => {
            let Some(protocol) = given.text() else { return Security::default() };
            check_protocol(protocol, given, (tls, sasl.as_ref()), findings);
            protocol
        }
        // A password never goes over an open line without that being asked for.
        None if sasl.is_some() => "sasl_ssl",
        None if tls.is_some() || beside.tls.is_some() => "ssl",
        None => return Security::default(),
    };
    let mut properties = collected.properties();
    properties.insert(SECURITY_PROTOCOL.to_owned(), Secret::from(protocol.to_owned()));
    if protocol.ends_with("ssl") {
        check_tls(collected, findings);
        trust(collected, &mut properties, ground, findings);
    }
    let mut tokens = None;
    if protocol.starts_with("sasl") && sasl.is_some() {
        tokens = check_sasl(collected, beside, ground, findings);
    }
    if protocol == "sasl_plaintext" {
        warn_of_open_line(collected, findings);
    }
    if tokens.is_some() {
        // Both of its names.
        properties.retain(|name, _| !name.starts_with("sasl.mechanism"));
        properties.insert(MECHANISMS.to_owned(), Secret::from(OAUTH.to_owned()));
    }
    Security { properties, tokens, files: named_files(collected) }
}

/// The files that are named; those of a machine's trust store are its own business.
fn named_files(collected: &Collected) -> Vec<PathBuf> {
    let named = [CA, CERTIFICATE, KEY, KEYSTORE].into_iter().filter_map(|thing| collected.said(thing));
    let files = named.filter(|(property, _)| property.ends_with(".location"));
    files.filter_map(|(_, given)| given.text().map(PathBuf::from)).collect()
}

fn first_of_sasl(collected: &Collected, beside: &Beside) -> Option<Place> {
    let given = collected.first(&["sasl."]).or(beside.region.as_ref()).map(|given| given.place.clone());
    given.or_else(|| beside.oauth.as_ref().map(|(_, place)| place.clone())).or_else(|| beside.sasl.clone())
}

/// What the protocol that is given leaves unused, or lacks.
fn check_protocol(
    protocol: &str,
    given: &Given,
    (tls, sasl): (Option<&Given>, Option<&Place>),
    findings: &mut Findings,
) {
    let line = given.place.line.unwrap_or_default();
    let instead = match (tls.is_some(), sasl.is_some()) {
        (true, true) => "sasl_ssl",
        (true, false) if protocol.starts_with("sasl") => "sasl_ssl",
        (true, false) => "ssl",
        (false, _) if protocol.ends_with("ssl") => "sasl_ssl",
        (false, _) => "sasl_plaintext",
    };
    if let Some(tls) = tls.filter(|_| !protocol.ends_with("ssl")) {
        let message = format!(
            "with `protocol: {protocol}` on line {line} nothing is encrypted, so this would not be used; write `protocol: {instead}`, or remove this"
        );
        findings.problem(&tls.place, message);
    }
    if let Some(sasl) = sasl.filter(|_| !protocol.starts_with("sasl")) {
        let message = format!(
            "with `protocol: {protocol}` on line {line} nobody logs in, so this would not be used; write `protocol: {instead}`, or remove this"
        );
        findings.problem(sasl, message);
    }
    if sasl.is_none() && protocol.starts_with("sasl") {
        findings.problem(&given.place, format!("`{protocol}` needs more than this; {NO_MECHANISM}"));
    }
}

fn check_tls(collected: &Collected, findings: &mut Findings) {
    let pairs = [
        (CERTIFICATE, KEY, "a certificate is shown with its private key; add it as `key: client.key`"),
        (KEY, CERTIFICATE, "a private key is for a certificate; add it as `certificate: client.pem`"),
        (KEY_PASSWORD, KEY, "this is the password of a key; add that as `key: client.key`, or remove this"),
        (
            KEYSTORE_PASSWORD,
            KEYSTORE,
            "this is the password of a keystore; add that as `keystore: client.p12`, or remove this",
        ),
    ];
    for (there, missing, message) in pairs {
        if let (Some(given), None) = (collected.get(there), collected.get(missing)) {
            // A keystore has both.
            if collected.get(KEYSTORE).is_none() || there == KEYSTORE_PASSWORD {
                findings.problem(&given.place, message);
            }
        }
    }
    if let Some(keystore) = collected.get(KEYSTORE) {
        for other in [CERTIFICATE, KEY].into_iter().filter_map(|thing| collected.get(thing)) {
            super::given::note_repetition(&keystore.place, &other.place, findings);
        }
    }
    files::check(collected, findings);
}

/// Which authorities are trusted where the file names none.
fn trust(collected: &Collected, properties: &mut BTreeMap<String, Secret>, ground: &Ground, findings: &mut Findings) {
    if let Some(verification) = collected.get(VERIFICATION).filter(|given| given.text() == Some("false")) {
        let message = "whoever answers at the brokers' addresses is taken for Kafka, and gets passwords and events; \
                       remove this, and write `tls: {ca: ca.pem}` with the authority of the brokers' certificates";
        findings.warning(&verification.place, message);
        return;
    }
    if collected.get(CA).is_some() {
        return;
    }
    if let Some(store) = ground.surroundings.trust_store().and_then(|store| store.into_os_string().into_string().ok()) {
        properties.insert(CA.to_owned(), Secret::from(store));
    } else {
        let place = collected.get(SECURITY_PROTOCOL).or_else(|| collected.first(&["ssl.", "sasl."]));
        let place = place.map_or_else(Place::file, |given| given.place.clone());
        let message = "this machine has no trust store, so no broker's certificate can be verified; install the package \
                       ca-certificates, or write `tls: {ca: ca.pem}`";
        findings.problem(&place, message);
    }
}

fn check_sasl(collected: &Collected, beside: &Beside, ground: &Ground, findings: &mut Findings) -> Option<TokenSource> {
    let Some(mechanism) = collected.get(MECHANISMS) else {
        if let Some(place) = first_of_sasl(collected, beside) {
            findings.problem(&place, format!("the mechanism is missing; {NO_MECHANISM}"));
        }
        return None;
    };
    let name = mechanism.text()?;
    let by_password = ![OAUTH, AWS].contains(&name);
    for (thing, key) in [(USERNAME, "username"), (PASSWORD, "password")] {
        match collected.get(thing) {
            None if by_password => {
                let message = format!("`{name}` takes `username` and `password`; add `{key}`");
                findings.problem(&mechanism.place, message);
            }
            Some(given) if !by_password => {
                findings.problem(
                    &given.place,
                    format!("`{name}` has no {key}; remove it, or choose `SCRAM-SHA-512` or `PLAIN`"),
                );
            }
            _ => {}
        }
    }
    if let Some((_, place)) = beside.oauth.as_ref().filter(|_| name != OAUTH) {
        findings.problem(place, format!("`{name}` takes no tokens; remove this, or write `mechanism: OAUTHBEARER`"));
    }
    if let Some(region) = beside.region.as_ref().filter(|_| name != AWS) {
        findings
            .problem(&region.place, format!("`{name}` has no region; remove this, or write `mechanism: AWS_MSK_IAM`"));
    }
    match name {
        OAUTH => {
            let Some((oauth, place)) = &beside.oauth else {
                tokens::read(&OauthKeys::default(), &mechanism.place, None, findings);
                return None;
            };
            if let Some(ca) = &oauth.ca {
                files::check_authorities(CA, ca, findings);
            }
            tokens::read(oauth, place, ground.surroundings.trust_store(), findings)
        }
        AWS => {
            let given = beside.region.as_ref();
            let region =
                given.map_or_else(|| aws::region(&beside.endpoints, ground), |given| given.text().map(str::to_owned));
            if region.is_none() && given.is_none() {
                let message = "the region of the cluster is in no broker's name and not in `AWS_REGION`; add `region`, as `region: eu-west-1`";
                findings.problem(&mechanism.place, message);
            }
            Some(TokenSource::Aws(Box::new(AwsToken { region: region?, places: aws::places(ground) })))
        }
        _ => None,
    }
}

fn warn_of_open_line(collected: &Collected, findings: &mut Findings) {
    let Some(mechanism) = collected.get(MECHANISMS) else { return };
    if let Some(name @ ("PLAIN" | OAUTH)) = mechanism.text() {
        let what = if name == OAUTH { "tokens" } else { "the password" };
        let message = format!(
            "with `sasl_plaintext`, {what} can be read by whoever sees the network; use a listener with TLS, and `sasl_ssl`"
        );
        findings.warning(&mechanism.place, message);
    }
}
