//! Certificates and keys as they lie on the disk: read, looked into, and what is wrong said at the key that names them.
//! A client that is made later reads the files again, so that they may change meanwhile.

use std::{fs, path::Path};

use super::{
    given::{Collected, Given},
    material::{self, BadKey, Validity},
    names::{CA, CERTIFICATE, KEY, KEY_PASSWORD, KEYSTORE, KEYSTORE_PASSWORD},
};
use crate::config::reader::problem::Findings;

/// Looks into all that is named.
pub(super) fn check(collected: &Collected, findings: &mut Findings) {
    if let Some((property, given)) = collected.said(CA) {
        check_authorities(property, given, findings);
    }
    check_pair(collected, findings);
    check_keystore(collected, findings);
}

/// What a thing holds, with what to call it in a message. What can't be read has been noted.
fn content<'c>(collected: &'c Collected, thing: &str, findings: &mut Findings) -> Option<Content<'c>> {
    let (property, given) = collected.said(thing)?;
    read(property, given, findings)
}

fn read<'c>(property: &str, given: &'c Given, findings: &mut Findings) -> Option<Content<'c>> {
    let text = given.text()?;
    if property.rsplit('.').next() == Some("pem") {
        return Some(Content { given, label: format!("the text of `{property}`"), bytes: text.as_bytes().to_owned() });
    }
    let label = format!("the file `{text}`");
    match fs::read(text) {
        Ok(bytes) => Some(Content { given, label, bytes }),
        Err(error) => {
            findings.problem(&given.place, format!("{label} can't be read: {}", unreadable(&error)));
            None
        }
    }
}

struct Content<'c> {
    given: &'c Given,
    label: String,
    bytes: Vec<u8>,
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is none; mount it, or name another (relative paths begin at the \
                                         configuration's folder)"
            .to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not; change its owner or its permissions".to_owned(),
        _ => format!("{error}; name a readable file"),
    }
}

/// Looks into certificates of authorities.
pub(super) fn check_authorities(property: &str, given: &Given, findings: &mut Findings) {
    // Of a folder OpenSSL reads only what it needs, when it needs it.
    if given.text().is_some_and(|text| Path::new(text).is_dir()) {
        return;
    }
    let Some(content) = read(property, given, findings) else { return };
    let place = &content.given.place;
    let authorities = match material::authorities(&content.bytes, &content.label) {
        Ok(authorities) => authorities,
        Err(message) => return findings.problem(place, message),
    };
    let over = |validity: &Validity| matches!(validity, Validity::Expired(_) | Validity::Early(_));
    if authorities.iter().all(|(_, validity)| over(validity)) {
        let (name, validity) = &authorities[0];
        let message = format!(
            "{} has no authority that holds now: {name} {}; get the one that brokers' certificates are signed by",
            content.label,
            told(validity)
        );
        return findings.problem(place, message);
    }
    // A machine's own store always has some that are over.
    if authorities.len() <= 8 {
        for (name, validity) in authorities.iter().filter(|(_, validity)| *validity != Validity::Good) {
            let message = format!("{}: the authority {name} {}; replace it in time", content.label, told(validity));
            findings.warning(place, message);
        }
    }
}

fn check_pair(collected: &Collected, findings: &mut Findings) {
    let (shown, private) = (content(collected, CERTIFICATE, findings), content(collected, KEY, findings));
    let certificate = shown.as_ref().and_then(|content| {
        let read = material::certificate(&content.bytes, &content.label);
        let (certificate, validity) = read.map_err(|message| findings.problem(&content.given.place, message)).ok()?;
        note_validity(&validity, content.given, &content.label, findings);
        Some(certificate)
    });
    let Some(private) = private else { return };
    // A password that is wrong in itself has been noted.
    if collected.get(KEY_PASSWORD).is_some_and(|password| password.value.is_none()) {
        return;
    }
    let key = match material::key(&private.bytes, collected.text(KEY_PASSWORD), &private.label) {
        Ok(key) => key,
        Err(bad) => return note_bad(bad, private.given, collected.get(KEY_PASSWORD), findings),
    };
    if let (Some(certificate), Some(shown)) = (certificate, shown)
        && !material::belongs(&key, &certificate)
    {
        let message = format!(
            "{} is not the key of the certificate in {}; name the key that the certificate was made for",
            private.label, shown.label
        );
        findings.problem(&private.given.place, message);
    }
}

fn check_keystore(collected: &Collected, findings: &mut Findings) {
    let Some(content) = content(collected, KEYSTORE, findings) else { return };
    let password = collected.get(KEYSTORE_PASSWORD);
    if password.is_some_and(|password| password.value.is_none()) {
        return;
    }
    match material::keystore(&content.bytes, collected.text(KEYSTORE_PASSWORD), &content.label) {
        Ok(validity) => note_validity(&validity, content.given, &content.label, findings),
        Err(bad) => note_bad(bad, content.given, password, findings),
    }
}

fn note_bad(bad: BadKey, key: &Given, password: Option<&Given>, findings: &mut Findings) {
    match bad {
        BadKey::Key(message) => findings.problem(&key.place, message),
        BadKey::Password(message) => findings.problem(&password.unwrap_or(key).place, message),
    }
}

/// Brokers refuse a certificate that doesn't hold.
fn note_validity(validity: &Validity, given: &Given, label: &str, findings: &mut Findings) {
    match validity {
        Validity::Good => {}
        Validity::EndsSoon(_) => {
            let message = format!(
                "the certificate in {label} {}; replace it in time, the program reads it again",
                told(validity)
            );
            findings.warning(&given.place, message);
        }
        Validity::Expired(_) | Validity::Early(_) => {
            let message = format!(
                "the certificate in {label} {}, so brokers refuse it; get a new one, or set this machine's clock right",
                told(validity)
            );
            findings.problem(&given.place, message);
        }
    }
}

fn told(validity: &Validity) -> String {
    match validity {
        Validity::Good => "holds".to_owned(),
        Validity::EndsSoon(until) => format!("expires on {until}"),
        Validity::Expired(until) => format!("expired on {until}"),
        Validity::Early(from) => format!("holds only from {from} on"),
    }
}
