//! AWS's signature of an address, version 4, by which who holds it shows to have the keys. Pure.

use std::fmt::Write as _;

use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::config::AwsKeys;

/// What stays as it is in a query: RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What is signed for.
pub(super) struct Purpose<'p> {
    pub host: &'p str,
    pub path: &'p str,
    pub region: &'p str,
    pub service: &'p str,
    /// For how many seconds the signature holds.
    pub seconds: u64,
    /// The digest of the body, as AWS writes it.
    pub payload: &'p str,
}

/// The digest of a body that is empty.
pub(super) const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The address with this query, signed at a time that is written as `20130524T000000Z`.
pub(super) fn presigned(
    purpose: &Purpose,
    query: &[(&str, &str)],
    keys: &AwsKeys,
    time: &str,
) -> Result<String, openssl::error::ErrorStack> {
    let Purpose { host, path, region, service, seconds, payload } = purpose;
    let day = &time[..8];
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let (credential, seconds) = (format!("{}/{scope}", keys.id), seconds.to_string());
    let mut all = query.to_vec();
    all.extend([
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", credential.as_str()),
        ("X-Amz-Date", time),
        ("X-Amz-Expires", seconds.as_str()),
        ("X-Amz-SignedHeaders", "host"),
    ]);
    all.extend(keys.session.as_ref().map(|session| ("X-Amz-Security-Token", session.reveal())));
    let mut pairs: Vec<String> =
        all.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.sort_unstable();
    let query = pairs.join("&");
    let request = format!("GET\n{path}\n{query}\nhost:{host}\n\nhost\n{payload}");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let mut key = format!("AWS4{}", keys.secret.reveal()).into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = hmac(&key, part)?;
    }
    Ok(format!("https://{host}{path}?{query}&X-Amz-Signature={}", hex(&hmac(&key, &to_sign)?)))
}

fn hmac(key: &[u8], text: &str) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    Signer::new(MessageDigest::sha256(), &*PKey::hmac(key)?)?.sign_oneshot_to_vec(text.as_bytes())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation of AWS's signature for addresses of S3.
    #[test]
    fn a_signature_is_that_of_aws_s_own_example() {
        let purpose = Purpose {
            host: "examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            region: "us-east-1",
            service: "s3",
            seconds: 86_400,
            payload: "UNSIGNED-PAYLOAD",
        };
        let keys = AwsKeys {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned().into(),
            session: None,
        };
        let url = presigned(&purpose, &[], &keys, "20130524T000000Z").unwrap();
        assert!(url.starts_with("https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"));
        let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(url.ends_with(&format!("&X-Amz-Signature={signature}")), "{url}");
    }
}
