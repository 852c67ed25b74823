//! Requests for tokens and keys: short, bounded, to whom they are addressed and to nobody else.

use std::{fs, path::Path, time::Duration};

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The largest answer: tokens have kilobytes.
const LARGEST: u64 = 1 << 20;

/// What an endpoint answers.
pub(super) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Asks with these time-outs; the certificate of a server is to be signed by one of these authorities.
pub(super) fn agent(
    authorities: Option<&Path>,
    connect: Duration,
    whole: Duration,
) -> Result<ureq::Agent, ureq::Error> {
    let settings = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would carry the secret to somebody else.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(connect))
        .timeout_global(Some(whole))
        .tls_config(TlsConfig::builder().root_certs(roots(authorities)?).build())
        .build();
    Ok(settings.into())
}

/// All of an answer.
pub(super) fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ureq::Error> {
    let mut response = response?;
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
    Ok(Answer { status: response.status().as_u16(), body })
}

/// The authorities in a file of PEM, or in the files of a folder; else those that this program brings.
fn roots(authorities: Option<&Path>) -> Result<RootCerts, ureq::Error> {
    let Some(path) = authorities else { return Ok(RootCerts::WebPki) };
    if !path.is_dir() {
        return Ok(RootCerts::from(authorities_of(&fs::read(path)?)));
    }
    let mut certificates = Vec::new();
    for entry in fs::read_dir(path)? {
        // What can't be read, or isn't PEM, stands there beside.
        certificates.extend(fs::read(entry?.path()).ok().map(|pem| authorities_of(&pem)).unwrap_or_default());
    }
    Ok(RootCerts::from(certificates))
}

fn authorities_of(pem: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).filter_map(certificate).collect()
}
