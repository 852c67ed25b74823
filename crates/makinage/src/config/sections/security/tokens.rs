//! Where the tokens of OAUTHBEARER come from.

use std::path::PathBuf;

use super::{aws::AwsToken, extensions::Extensions, given::Given, keys::OauthKeys};
use crate::{
    address::Address,
    config::{
        reader::problem::{Findings, Place},
        values::secret::Secret,
    },
};

/// A source of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// An endpoint of OAuth 2, which is asked with client credentials.
    Endpoint(TokenEndpoint),
    /// A file that something else keeps up to date.
    File {
        /// Where it is.
        path: PathBuf,
        /// What the broker is told beside the token.
        extensions: Extensions,
    },
    /// Made here, for AWS.
    Aws(Box<AwsToken>),
}

/// An endpoint of OAuth 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// Where it is.
    pub url: Address,
    /// Who asks.
    pub client_id: String,
    /// The secret that it asks with.
    pub client_secret: Secret,
    /// What the token is to be good for.
    pub scope: Option<String>,
    /// The authorities that its certificate is signed by: a file in PEM, or a folder of such files. `None` is what this
    /// program brings.
    pub authorities: Option<PathBuf>,
    /// What the broker is told beside the token.
    pub extensions: Extensions,
}

const EITHER: &str = "say where tokens come from: `oauth: {token_url: …, client_id: …, client_secret: \
                      \"${env:CLIENT_SECRET}\"}`, or `oauth: {token_file: …}`";

/// Reads what `oauth` says, which stands at `place`; all that is missing is noted. `trusted` is the machine's own trust
/// store.
pub(super) fn read(
    keys: &OauthKeys,
    place: &Place,
    trusted: Option<PathBuf>,
    findings: &mut Findings,
) -> Option<TokenSource> {
    let extensions = keys.extensions.clone().unwrap_or_default();
    match (&keys.token_url, &keys.token_file) {
        (Some(url), None) => {
            let need = |given: &Option<Given>, key: &str, findings: &mut Findings| {
                if given.is_none() {
                    let message =
                        format!("a token is asked for with `client_id` and `client_secret`; add `{key}` here");
                    findings.problem(&place.below(key), message);
                }
                given.as_ref().and_then(|given| given.value.clone())
            };
            let client_id = need(&keys.client_id, "client_id", findings);
            let client_secret = need(&keys.client_secret, "client_secret", findings);
            let text = |given: &Option<Given>| given.as_ref().and_then(Given::text).map(str::to_owned);
            Some(TokenSource::Endpoint(TokenEndpoint {
                url: Address::from(url.text()?),
                client_id: client_id?.reveal().to_owned(),
                client_secret: client_secret?,
                scope: text(&keys.scope),
                authorities: text(&keys.ca).map(PathBuf::from).or(trusted),
                extensions,
            }))
        }
        (None, Some(file)) => {
            let idle = [&keys.client_id, &keys.client_secret, &keys.scope, &keys.ca];
            for given in idle.into_iter().flatten() {
                findings.problem(
                    &given.place,
                    "nobody is asked for a token that is in a file; remove this, or write `token_url`",
                );
            }
            Some(TokenSource::File { path: file.text()?.into(), extensions })
        }
        (Some(url), Some(file)) => {
            super::given::note_repetition(&url.place, &file.place, findings);
            None
        }
        (None, None) => {
            findings.problem(place, EITHER);
            None
        }
    }
}
