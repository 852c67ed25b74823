//! What a token tells of itself, where it is a JSON Web Token. It isn't verified: that is the broker's business.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

/// What is read of a token's claims.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(super) struct Claims {
    /// Whose it is.
    pub sub: Option<String>,
    /// When it expires, in seconds since 1970.
    pub exp: Option<f64>,
}

impl Claims {
    /// The claims of a token; none of one that is of another kind.
    pub(super) fn of(token: &str) -> Self {
        let payload = token.split('.').nth(1).map(|payload| payload.replace('-', "+").replace('_', "/"));
        let padded = payload.map(|payload| format!("{payload}{}", "=".repeat((4 - payload.len() % 4) % 4)));
        let bytes = padded.and_then(|padded| openssl::base64::decode_block(&padded).ok());
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// For how long it still holds, where it says so; nothing where that is over.
    pub(super) fn left(&self) -> Option<Duration> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.exp.map(|exp| Duration::try_from_secs_f64((exp - now).max(0.0)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        let payload = openssl::base64::encode_block(claims.as_bytes());
        format!("e30.{}.sig", payload.trim_end_matches('=').replace('+', "-").replace('/', "_"))
    }

    #[test]
    fn a_token_s_subject_and_end_are_read_and_others_have_none() {
        let claims = Claims::of(&token(r#"{"sub":"sérvice?>","exp":4102444800,"aud":["x"]}"#));
        assert_eq!(claims, Claims { sub: Some("sérvice?>".to_owned()), exp: Some(4_102_444_800.0) });
        assert!(claims.left().is_some_and(|left| left > Duration::from_hours(24)));
        assert_eq!(Claims::of(&token(r#"{"exp":1}"#)).left(), Some(Duration::ZERO));
        for opaque in ["", "opaque", "a.b.c", "a.!.c", &token("[]")] {
            assert_eq!(Claims::of(opaque), Claims::default(), "{opaque}");
        }
    }
}
