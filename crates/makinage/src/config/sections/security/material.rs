//! What certificates and keys hold, looked into before Kafka's client does, which says only that one can't be used.
//! Pure: texts come in, sentences go out. `label` is how a message calls what it is of, as "the file `ca.pem`".

use std::cell::Cell;

use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    x509::X509,
};

/// What Java's keystores begin with.
const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
/// A certificate that ends within so many days is told.
const SOON: u32 = 14;

/// How long a certificate holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Validity {
    /// Now, and for some time.
    Good,
    /// Now, but not for long.
    EndsSoon(String),
    /// Not any more.
    Expired(String),
    /// Not yet.
    Early(String),
}

impl Validity {
    fn of(certificate: &X509) -> Self {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        if is_past(until, 0) {
            Self::Expired(until.to_string())
        } else if !is_past(from, 0) {
            Self::Early(from.to_string())
        } else if is_past(until, SOON) {
            Self::EndsSoon(until.to_string())
        } else {
            Self::Good
        }
    }
}

/// Whether a time is over in so many days.
fn is_past(time: &Asn1TimeRef, days: u32) -> bool {
    Asn1Time::days_from_now(days).is_ok_and(|then| *time < *then)
}

/// Authorities, in PEM: how long each holds, with its name.
pub(super) fn authorities(bytes: &[u8], label: &str) -> Result<Vec<(String, Validity)>, String> {
    let certificates = certificates(bytes, label)?;
    Ok(certificates.iter().map(|certificate| (subject(certificate), Validity::of(certificate))).collect())
}

/// The certificate that this program shows, which is the first one.
pub(super) fn certificate(bytes: &[u8], label: &str) -> Result<(X509, Validity), String> {
    let first = certificates(bytes, label)?.swap_remove(0);
    let validity = Validity::of(&first);
    Ok((first, validity))
}

/// All certificates of a PEM text; there is one at least.
fn certificates(bytes: &[u8], label: &str) -> Result<Vec<X509>, String> {
    match X509::stack_from_pem(bytes) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        // The error of one that is broken off is the same as that of none.
        _ => Err(format!("{label} {}", no_certificate(bytes))),
    }
}

fn no_certificate(bytes: &[u8]) -> &'static str {
    match Look::at(bytes) {
        Look::Pem if holds(bytes, "CERTIFICATE-----") => {
            "has a certificate that is damaged or broken off; copy it again, from BEGIN to END"
        }
        Look::Pem if holds(bytes, "PRIVATE KEY-----") => {
            "has a private key and no certificate; name the file of the certificate here, and this one as `key`"
        }
        Look::Der => "is DER, not PEM; convert it with: openssl x509 -inform der -in FILE -out FILE.pem",
        other => other.instead(),
    }
}

/// Why a key can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BadKey {
    /// The file's fault.
    Key(String),
    /// The password's.
    Password(String),
}

/// A private key, in PEM.
pub(super) fn key(bytes: &[u8], password: Option<&str>, label: &str) -> Result<PKey<Private>, BadKey> {
    let asked = Cell::new(false);
    let read = PKey::private_key_from_pem_callback(bytes, |buffer| {
        asked.set(true);
        let password = password.unwrap_or_default().as_bytes();
        let length = password.len().min(buffer.len());
        buffer[..length].copy_from_slice(&password[..length]);
        Ok(length)
    });
    match (read, password) {
        (Ok(key), _) => Ok(key),
        (Err(_), None) if asked.get() => Err(BadKey::Key(format!(
            "{label} is encrypted; write its password as `key_password: \"${{env:KEY_PASSWORD}}\"`"
        ))),
        (Err(_), Some(_)) if asked.get() => Err(BadKey::Password(format!(
            "this password doesn't open {label}; give the one that the key was encrypted with"
        ))),
        (Err(_), _) => Err(BadKey::Key(format!("{label} {}", no_key(bytes)))),
    }
}

fn no_key(bytes: &[u8]) -> &'static str {
    match Look::at(bytes) {
        Look::Pem if holds(bytes, "PRIVATE KEY-----") => {
            "has a private key that is damaged, or of a kind that isn't known; copy it again, from BEGIN to END"
        }
        Look::Pem if holds(bytes, "CERTIFICATE-----") => {
            "has a certificate and no private key; name the file of the key here, and this one as `certificate`"
        }
        Look::Der => "is DER, not PEM; convert it with: openssl pkey -inform der -in FILE -out FILE.pem",
        other => other.instead(),
    }
}

/// Whether a key is that of a certificate.
pub(super) fn belongs(key: &PKey<Private>, certificate: &X509) -> bool {
    certificate.public_key().is_ok_and(|public| public.public_eq(key))
}

/// A file of PKCS#12: how long its certificate holds.
pub(super) fn keystore(bytes: &[u8], password: Option<&str>, label: &str) -> Result<Validity, BadKey> {
    let store = Pkcs12::from_der(bytes).map_err(|_| BadKey::Key(format!("{label} {}", no_keystore(bytes))))?;
    let parsed = store.parse2(password.unwrap_or_default()).map_err(|errors| {
        let is_old = errors.errors().iter().any(|error| error.reason().is_some_and(|why| why.contains("unsupported")));
        match password {
            _ if is_old => BadKey::Key(format!(
                "{label} is encrypted in a way that is no longer safe (RC2 or the like); write it anew: openssl pkcs12 -legacy \
                 -in FILE -nodes -out all.pem, then openssl pkcs12 -export -in all.pem -out FILE"
            )),
            None => BadKey::Key(format!(
                "{label} has a password; write it as `keystore_password: \"${{env:KEYSTORE_PASSWORD}}\"`"
            )),
            Some(_) => BadKey::Password(format!(
                "this password doesn't open {label}; give the one that the keystore was made with"
            )),
        }
    })?;
    match (parsed.cert, parsed.pkey) {
        (Some(certificate), Some(_)) => Ok(Validity::of(&certificate)),
        _ => Err(BadKey::Key(format!(
            "{label} has no private key with its certificate; make one with: openssl pkcs12 -export -in client.pem -inkey client.key -out FILE"
        ))),
    }
}

fn no_keystore(bytes: &[u8]) -> &'static str {
    match Look::at(bytes) {
        Look::Pem => "is PEM, not PKCS#12; name it as `certificate` and `key`",
        Look::Der | Look::Unknown => "is no keystore of PKCS#12, or damaged; copy it again",
        other => other.instead(),
    }
}

fn subject(certificate: &X509) -> String {
    let entries = certificate.subject_name().entries();
    let texts = entries.filter_map(|entry| {
        let value = entry.data().to_string().ok()?;
        Some(format!("{}={value}", entry.object().nid().short_name().ok()?))
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Empty,
    Pem,
    Jks,
    Pkcs12,
    Der,
    Unknown,
}

impl Look {
    fn at(bytes: &[u8]) -> Self {
        if bytes.trim_ascii().is_empty() {
            Self::Empty
        } else if holds(bytes, "-----BEGIN ") {
            Self::Pem
        } else if bytes.starts_with(&JKS) {
            Self::Jks
        } else if Pkcs12::from_der(bytes).is_ok() {
            Self::Pkcs12
        } else if bytes.starts_with(&[0x30, 0x82]) {
            Self::Der
        } else {
            Self::Unknown
        }
    }

    /// What to do, where PEM is wanted.
    fn instead(self) -> &'static str {
        match self {
            Self::Empty => "is empty; copy it again",
            Self::Jks => {
                "is a keystore of Java's; write authorities in PEM: keytool -exportcert -rfc -keystore FILE -alias NAME -file ca.pem; \
                 write a certificate with its key in PKCS#12, and name that as `keystore`: keytool -importkeystore -srckeystore FILE \
                 -destkeystore FILE.p12 -deststoretype PKCS12"
            }
            Self::Pkcs12 => "is PKCS#12; a certificate with its key is named as `keystore`, authorities are PEM",
            Self::Pem | Self::Der | Self::Unknown => "isn't PEM, which begins with `-----BEGIN`; name another file",
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests;
