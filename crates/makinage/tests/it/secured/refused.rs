//! Broker and client don't come together: each reason is told as what it is, by `check`, the publisher and the service,
//! which waits and goes on by itself once it is mended.

use std::process::Stdio;

use serde_json::json;

use super::{
    certificates::{Authority, Says},
    stage::{Listener, Stage},
};
use crate::{broker::left_out, model::any_model, scene::Scene, service::program};

/// Who connects where, and what has to be said of it.
struct Case<'a> {
    name: &'a str,
    endpoint: String,
    properties: Vec<(&'a str, &'a str)>,
    told: &'a [&'a str],
}

const SCRAM: &str = "SCRAM-SHA-512";

fn sasl<'a>(protocol: &'a str, mechanism: &'a str, user: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("security.protocol", protocol),
        ("sasl.mechanisms", mechanism),
        ("sasl.username", user),
        ("sasl.password", password),
    ]
}

#[test]
fn check_says_which_of_the_many_it_is() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let other = Authority::new("the others' authority");
    let (ca, other_ca) = (stage.ca(), stage.write("other-ca.pem", other.pem()).display().to_string());
    let (strange, strange_key) = stage.files("strange", &other.issue(&Says::client("strange")));
    let tls = [("security.protocol", "ssl"), ("ssl.ca.location", ca.as_str())];
    let case =
        |name, listener, properties: Vec<_>, told| Case { name, endpoint: stage.endpoint(listener), properties, told };
    let (certificate, key) =
        (("ssl.certificate.location", strange.as_str()), ("ssl.key.location", strange_key.as_str()));
    let cases = [
        case("tls-on-plain", Listener::Open, tls.to_vec(), &["speaks no TLS", "kafka.endpoint"][..]),
        case("plain-on-tls", Listener::Tls, vec![], &["speaks TLS on this port", "kafka.security.protocol"]),
        case("expired", Listener::Expired, tls.to_vec(), &["has expired (CN=broker", "renewed"]),
        case("elsewhere", Listener::Elsewhere, tls.to_vec(), &["another host", "kafka.example.org, 192.0.2.1"]),
        case(
            "issuer",
            Listener::Tls,
            vec![tls[0], ("ssl.ca.location", other_ca.as_str())],
            &["issuer that isn't trusted", "CN=the tests' authority", "other-ca.pem"],
        ),
        case("nobody", Listener::Mutual, tls.to_vec(), &["wants a certificate of this client", "tls.certificate"]),
        case(
            "stranger",
            Listener::Mutual,
            vec![tls[0], tls[1], certificate, key],
            &["doesn't accept this client's certificate", "CN=strange, issued by CN=the others' authority"],
        ),
        case(
            "password",
            Listener::Sasl,
            sasl("sasl_plaintext", "PLAIN", "service", "wrong"),
            &["doesn't let service log in with PLAIN", "kafka.security.sasl.username"],
        ),
        case(
            "unknown",
            Listener::Sasl,
            sasl("sasl_plaintext", SCRAM, "nobody", "wrong"),
            &["doesn't let nobody log in with SCRAM-SHA-512", "invalid credentials"],
        ),
        case("no-login", Listener::Sasl, vec![], &["wants clients to log in (", "SCRAM-SHA-512", "OAUTHBEARER"]),
        case(
            "login",
            Listener::Tls,
            [&sasl("sasl_ssl", "PLAIN", "service", "service-secret")[..], &tls[1..]].concat(),
            &["lets nobody log in on this port"],
        ),
        Case {
            name: "mechanism",
            endpoint: stage.broker.endpoint(),
            properties: sasl("sasl_plaintext", SCRAM, "service", "service-secret"),
            told: &["doesn't let clients log in with SCRAM-SHA-512, but with PLAIN:", "sasl.enabled.mechanisms"],
        },
    ];
    let begun: Vec<_> = cases
        .iter()
        .map(|case| {
            let mut scene = Scene::alone().set("kafka.endpoint", case.endpoint.as_str());
            for (name, value) in &case.properties {
                scene = scene.property(name, *value);
            }
            let child = scene.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            (case, scene, child.expect("it starts"))
        })
        .collect();
    for (case, _scene, child) in begun {
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{}: {told}", case.name);
        let bad: Vec<_> = told.lines().filter(|line| line.starts_with("✖ ")).collect();
        assert_eq!(bad.len(), 1, "{}: {told}", case.name);
        for part in case.told {
            assert!(bad[0].contains(part), "{}: {part} in {}", case.name, bad[0]);
        }
        assert!(!told.contains("service-secret") && !told.contains("wrong"), "{told}");
    }
}

#[test]
fn a_service_that_may_not_log_in_says_so_waits_and_goes_on_once_it_may() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene =
        stage.scene("newcomer", Listener::Sasl, &sasl("sasl_plaintext", SCRAM, "newcomer", "scram-secret")).topics(1);
    stage.grant_service("User:newcomer", &scene);
    scene.publish(any_model());

    let mut service = scene.serve();
    let line = service.wait_for_line("doesn't let newcomer log in with SCRAM-SHA-512");
    assert!(line.contains("invalid credentials") && line.ends_with("waiting until it is mended [K003]"), "{line}");
    assert!(service.is_running());
    stage.make_user("newcomer", SCRAM, "scram-secret");
    let mut service = service.at_work();
    let told = service.lines();
    let refusals = told.iter().filter(|line| line.contains("doesn't let newcomer")).count();
    assert!(refusals <= 4, "once, and again each minute: {told:#?}");
    assert!(told.iter().all(|line| !line.contains("no Kafka broker answers")), "{told:#?}");

    scene.produce(&["[1]"]);
    scene.reader().read(1);
    // Whoever is connected stays so; after a restart nobody gets in.
    stage.remove_user("newcomer", SCRAM);
    service.stop();
    let mut service = scene.serve();
    service.wait_for_line("doesn't let newcomer log in");
    service.stop();
}

#[test]
fn a_service_that_speaks_no_tls_to_a_listener_that_takes_nothing_else_says_so() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene = stage.scene("plainly", Listener::Tls, &[]);
    let mut service = scene.serve();
    let line = service.wait_for_line("speaks TLS on this port");
    assert!(line.contains("kafka.security.protocol") && service.is_running(), "{line}");
    service.stop();
}

#[test]
fn the_publisher_says_which_of_the_many_it_is() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene = stage.scene("refused-publisher", Listener::Tls, &[]).topics_of(&[("model", 1)]);
    let config = scene.publisher(&[json!({"path": any_model()})]);
    let told = |properties: serde_json::Value, listener| {
        let mut tree: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&config).expect("it")).expect("JSON");
        tree["kafka"] = json!({"endpoint": stage.endpoint(listener), "properties": properties});
        let config = scene.folder.write("refused.yaml", &tree.to_string());
        let output = program("makinage-model-publisher").arg("--config").arg(config).output().expect("it runs");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let expired = told(json!({"security.protocol": "ssl", "ssl.ca.location": stage.ca()}), Listener::Expired);
    assert!(expired.contains("has expired (CN=broker"), "{expired}");
    let (user, password) = ("sasl.username", "sasl.password");
    let plain = |secret| json!({"security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN", user: "publisher", password: secret});
    let wrong = told(plain("wrong"), Listener::Sasl);
    assert!(wrong.contains("doesn't let publisher log in with PLAIN"), "{wrong}");
    let denied = told(plain("publisher-secret"), Listener::Sasl);
    for part in ["User:publisher has no right to Write and Describe topic refused-publisher-model", "kafka-acls.sh"] {
        assert!(denied.contains(part), "{part} in {denied}");
    }
    stage.grant("User:publisher", "--operation Describe --topic refused-publisher-model");
    let denied = told(plain("publisher-secret"), Listener::Sasl);
    assert!(denied.contains("no right to Write") && denied.contains("--operation Write"), "{denied}");
    assert_eq!(stage.broker.offsets("refused-publisher-model"), (0, 0));
}
