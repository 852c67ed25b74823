//! A token for client credentials, from an endpoint of OAuth 2 (RFC 6749, 4.4), asked as Kafka's own clients ask.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    fresh::Fresh,
    http::{self, Answer},
    jwt::Claims,
};
use crate::{config::TokenEndpoint, https};

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
/// How long a token holds of which nothing says so.
const UNKNOWN: Duration = Duration::from_mins(5);
/// So much is shown of what an endpoint says.
const SHOWN: usize = 200;

/// A new token, or why there is none.
pub(super) fn fetch(source: &TokenEndpoint) -> Result<Fresh, String> {
    let url = &source.url;
    let Answer { status, body } = ask(source).map_err(|error| {
        format!("{url} does not answer ({}); check that it runs there, and `token_url`", https::said(&error))
    })?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status != 200 {
        return Err(format!("{url} answers with status {status}{}; {}", said(&answer, source), remedy(status)));
    }
    let Some(token) = answer["access_token"].as_str().filter(|token| !token.is_empty()) else {
        return Err(format!("{url} answers without an `access_token`; check that `token_url` is its token endpoint"));
    };
    let claims = Claims::of(token);
    let lifetime = seconds(&answer["expires_in"]).or_else(|| claims.left()).unwrap_or(UNKNOWN);
    if lifetime.is_zero() {
        return Err(format!("{url} gives a token that has expired; set its clock, or that of this machine, right"));
    }
    Ok(Fresh {
        value: token.to_owned(),
        principal: Some(claims.sub.unwrap_or_else(|| source.client_id.clone())),
        lifetime,
    })
}

fn ask(source: &TokenEndpoint) -> Result<Answer, ureq::Error> {
    let credentials = format!("{}:{}", source.client_id, source.client_secret.reveal());
    let mut form = "grant_type=client_credentials".to_owned();
    if let Some(scope) = &source.scope {
        form = format!("{form}&scope={}", utf8_percent_encode(scope, NON_ALPHANUMERIC));
    }
    let request = http::agent(source.authorities.as_deref(), CONNECT, ANSWER)?
        .post(source.url.reveal())
        .header("Authorization", format!("Basic {}", openssl::base64::encode_block(credentials.as_bytes())))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "application/json");
    http::read(request.send(form.as_bytes()))
}

/// What the endpoint says is wrong (RFC 6749, 5.2), without the secret, should that be in it.
fn said(answer: &Value, source: &TokenEndpoint) -> String {
    let parts = [&answer["error"], &answer["error_description"]].into_iter().filter_map(Value::as_str);
    let text = parts.collect::<Vec<_>>().join(": ").replace(source.client_secret.reveal(), "…");
    let text: String = text.replace(char::is_control, " ").chars().take(SHOWN).collect();
    if text.is_empty() { text } else { format!(" ({text})") }
}

fn remedy(status: u16) -> &'static str {
    match status {
        400 | 401 | 403 => "check `client_id`, `client_secret` and `scope`",
        404 | 405 => "check that `token_url` is its token endpoint",
        300..=399 => "it sends elsewhere, where the secret isn't taken; write that address as `token_url`",
        _ => "see to its log",
    }
}

/// Seconds, which some write as text.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}
