//! Tokens from an endpoint: a service gets them, gets new ones ahead of time, and waits where it gets none.

use std::time::Duration;

use serde_json::json;

use super::stage::{Listener, Stage};
use crate::{broker::left_out, model::any_model, patience::wait_until, service::DEADLINE};

#[test]
fn a_service_logs_in_with_tokens_gets_new_ones_ahead_of_time_and_waits_where_it_gets_none() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    stage.tokens.refuse(Some((401, r#"{"error":"invalid_client","error_description":"no such client"}"#)));
    stage.tokens.last(Duration::from_secs(10));
    let oauth = json!({"token_url": stage.tokens.url(), "client_id": "bearer", "client_secret": "token-secret"});
    let scene = stage
        .scene("bearer", Listener::SaslTls, &[])
        .set("kafka.security.sasl.mechanism", "OAUTHBEARER")
        .set("kafka.security.oauth", oauth)
        .set("kafka.security.tls.ca", stage.ca())
        .topics(1);
    stage.grant_service("User:bearer", &scene);
    scene.publish(any_model());

    let mut service = scene.serve();
    let line = service.wait_for_line("no such client");
    assert!(line.contains("trying again"), "{line}");
    stage.tokens.refuse(None);
    service = service.at_work();
    let reader = scene.reader();
    scene.produce(&["[1]"]);
    reader.read(1);
    let asked = stage.tokens.asked().len();
    wait_until(DEADLINE, "no new token was asked for", || stage.tokens.asked().len() > asked);
    scene.produce(&["[2]"]);
    reader.read(1);
    assert!(service.lines().iter().all(|line| !line.contains("token-secret")), "{:#?}", service.lines());
    service.stop();
}
