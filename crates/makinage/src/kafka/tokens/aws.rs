//! Tokens for Kafka on AWS (MSK with IAM): a signed address of the service, which the broker shows to AWS.

use std::time::{Duration, SystemTime};

use super::{
    fresh::Fresh,
    keys,
    sign::{EMPTY, Purpose, presigned},
};
use crate::config::AwsToken;

/// How long a signature holds, at most.
const SECONDS: u64 = 900;
/// What asks, which AWS writes down.
const AGENT: &str = "makinage";

/// A new token, or why there is none.
pub(super) fn make(source: &AwsToken) -> Result<Fresh, String> {
    let found = keys::find(&source.places, &source.region)?;
    let host = format!("kafka.{}.amazonaws.com", source.region);
    let purpose = Purpose {
        host: &host,
        path: "/",
        region: &source.region,
        service: "kafka-cluster",
        seconds: SECONDS,
        payload: EMPTY,
    };
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string().replace(['-', ':'], "");
    let url = presigned(&purpose, &[("Action", "kafka-cluster:Connect")], &found.keys, &time)
        .map_err(|error| format!("no signature can be made ({error}); please report this"))?;
    let value = openssl::base64::encode_block(format!("{url}&User-Agent={AGENT}").as_bytes());
    let value = value.trim_end_matches('=').replace('+', "-").replace('/', "_");
    // What it is signed with may end before.
    let lifetime = Duration::from_secs(SECONDS);
    let lifetime = found.left.map_or(lifetime, |left| left.min(lifetime));
    if lifetime.is_zero() {
        return Err(format!("the keys from {} have expired; see to what renews them", found.from));
    }
    Ok(Fresh { value, principal: Some(found.keys.id), lifetime })
}

#[cfg(test)]
mod tests;
