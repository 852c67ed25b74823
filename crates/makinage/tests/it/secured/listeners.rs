//! The stage itself: each listener lets in whom it should.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::{
    ClientConfig, ClientContext,
    client::OAuthToken,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
};

use super::{
    certificates::Says,
    stage::{Listener, Stage},
};
use crate::{broker::left_out, patience::wait_until, service::DEADLINE};

const LIFETIME: Duration = Duration::from_mins(5);

/// A client that has a token.
struct Bearer(String);

impl ClientContext for Bearer {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        let token = self.0.clone();
        let until = (SystemTime::now() + LIFETIME).duration_since(UNIX_EPOCH)?.as_millis();
        Ok(OAuthToken { token, principal_name: "bearer".into(), lifetime_ms: i64::try_from(until)? })
    }
}

impl ConsumerContext for Bearer {}

fn answers(stage: &Stage, listener: Listener, properties: &[(&str, &str)]) {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", stage.endpoint(listener)).set("group.id", "g");
    for (name, value) in properties {
        client.set(*name, *value);
    }
    let consumer: BaseConsumer<Bearer> =
        client.create_with_context(Bearer(stage.tokens.token("bearer", LIFETIME))).expect("a client");
    wait_until(DEADLINE, &format!("{listener:?} does not answer"), || {
        consumer.poll(Duration::ZERO);
        consumer.fetch_metadata(None, Duration::from_secs(2)).is_ok()
    });
}

#[test]
fn each_listener_of_the_stage_lets_in_whom_it_should() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    for (user, mechanism) in [("shorter", "SCRAM-SHA-256"), ("longer", "SCRAM-SHA-512")] {
        stage.make_user(user, mechanism, "scram-secret");
    }
    let (certificate, key) = stage.client("client");
    let ca = stage.ca();
    let tls = [("security.protocol", "ssl"), ("ssl.ca.location", ca.as_str())];
    answers(stage, Listener::Open, &[]);
    answers(stage, Listener::Tls, &tls);
    let mutual =
        [tls[0], tls[1], ("ssl.certificate.location", certificate.as_str()), ("ssl.key.location", key.as_str())];
    answers(stage, Listener::Mutual, &mutual);
    let identity = stage.authority.issue(&Says::client("client"));
    let locked = stage.write("locked.key", identity.encrypted_key_pem("open sesame")).display().to_string();
    let whose = stage.write("locked.pem", identity.certificate_pem()).display().to_string();
    let password = ("ssl.key.password", "open sesame");
    let (whose, locked) = (("ssl.certificate.location", whose.as_str()), ("ssl.key.location", locked.as_str()));
    answers(stage, Listener::Mutual, &[tls[0], tls[1], whose, locked, password]);
    let store = stage.write("client.p12", identity.pkcs12("sesame")).display().to_string();
    let store = [("ssl.keystore.location", store.as_str()), ("ssl.keystore.password", "sesame")];
    answers(stage, Listener::Mutual, &[tls[0], tls[1], store[0], store[1]]);
    for listener in [Listener::Sasl, Listener::SaslTls] {
        let protocol = if listener == Listener::Sasl { "sasl_plaintext" } else { "sasl_ssl" };
        let with = |mechanism, user, password| {
            let properties = [
                ("security.protocol", protocol),
                ("ssl.ca.location", ca.as_str()),
                ("sasl.mechanisms", mechanism),
                ("sasl.username", user),
                ("sasl.password", password),
            ];
            answers(stage, listener, &properties);
        };
        with("PLAIN", "service", "service-secret");
        with("SCRAM-SHA-256", "shorter", "scram-secret");
        with("SCRAM-SHA-512", "longer", "scram-secret");
        with("OAUTHBEARER", "", "");
    }
}
