//! Whom servers of HTTPS are to be signed by: an authority that this machine trusts, as with Kafka's brokers. Where the
//! machine trusts nobody, as an image without `ca-certificates`, the public authorities that this program brings.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ureq::{
    Error,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

#[cfg(test)]
mod tests;

/// How rustls begins what it says of a certificate that it doesn't take.
const UNTRUSTED: &str = "invalid peer certificate";

/// The file, or folder, of the authorities that this machine trusts: what `SSL_CERT_FILE` or `SSL_CERT_DIR` names, else
/// where systems have them.
pub(crate) fn trust_store() -> Option<PathBuf> {
    let found = openssl_probe::probe();
    found.cert_file.or_else(|| found.cert_dir.into_iter().next())
}

/// TLS with servers that this machine trusts.
pub(crate) fn trusted() -> TlsConfig {
    let store = trust_store().and_then(|store| authorities(&store).ok()).filter(|store| !store.is_empty());
    with(store.map_or(RootCerts::WebPki, RootCerts::from))
}

/// TLS with servers whose certificates are signed by one of the authorities in a file of PEM, or in the files of a
/// folder.
pub(crate) fn signed_by(path: &Path) -> io::Result<TlsConfig> {
    Ok(with(RootCerts::from(authorities(path)?)))
}

/// What has failed; of a certificate, with what to do.
pub(crate) fn said(error: &Error) -> String {
    let said = error.to_string();
    if !said.contains(UNTRUSTED) {
        return said;
    }
    format!(
        "{said}: put the certificate of its authority where this machine has those, or name its file as SSL_CERT_FILE"
    )
}

fn with(roots: RootCerts) -> TlsConfig {
    TlsConfig::builder().root_certs(roots).build()
}

fn authorities(path: &Path) -> io::Result<Vec<Certificate<'static>>> {
    if !path.is_dir() {
        return Ok(authorities_of(&fs::read(path)?));
    }
    let mut certificates = Vec::new();
    for entry in fs::read_dir(path)? {
        // What can't be read, or isn't PEM, stands there beside.
        certificates.extend(fs::read(entry?.path()).ok().map(|pem| authorities_of(&pem)).unwrap_or_default());
    }
    Ok(certificates)
}

fn authorities_of(pem: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).filter_map(certificate).collect()
}
