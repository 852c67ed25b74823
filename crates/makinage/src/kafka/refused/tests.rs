use super::*;

fn attempt() -> Attempt {
    Attempt {
        broker: "k-1:9093".into(),
        trusts: "ca.pem".into(),
        certificate: None,
        mechanism: Some("SCRAM-SHA-512".into()),
        user: Some("service".into()),
    }
}

fn certificate(fault: Fault) -> Found {
    Found::Certificate(Certificate {
        fault,
        subject: "CN=broker".into(),
        issuer: "CN=authority".into(),
        hosts: vec!["kafka.example.org".into(), "192.0.2.1".into()],
        valid: ("Jan  1 00:00:00 2026 GMT".into(), "Jan  2 00:00:00 2026 GMT".into()),
    })
}

const SCRAM: &str = "k-1:9093/bootstrap: SASL authentication error: Authentication failed during authentication due to \
                     invalid credentials with SASL mechanism SCRAM-SHA-512 (after 312ms in state AUTH_REQ)";

#[test]
fn each_reason_has_a_line_of_its_own_that_names_it_and_says_what_to_do() {
    let table: &[(Found, &[&str])] = &[
        (certificate(Fault::Expired), &["has expired", "CN=broker", "until Jan  2", "renewed"]),
        (certificate(Fault::NotYet), &["isn't valid yet", "from Jan  1", "clock"]),
        (certificate(Fault::OtherHost), &["another host", "kafka.example.org, 192.0.2.1", "issued for k-1:9093"]),
        (
            certificate(Fault::UnknownIssuer),
            &["issuer that isn't trusted", "CN=authority", "ca.pem", "security.tls.ca"],
        ),
        (certificate(Fault::SelfSigned), &["issued itself", "CN=broker", "kafka.security.tls.ca"]),
        (certificate(Fault::Other("CA md too weak".into())), &["CA md too weak", "CN=authority"]),
        (Found::Tls, &["speaks TLS", "kafka.security.protocol to ssl"]),
        (Found::Plaintext, &["speaks no TLS", "plaintext"]),
        (Found::Client("certificate required".into()), &["certificate required", "it has none", "tls.certificate"]),
        (Found::Broken("protocol version".into()), &["protocol version", "ssl.enabled.protocols"]),
        (Found::WantsLogin(vec!["PLAIN".into(), "X".into()]), &["log in (PLAIN, X)", "kafka.security.sasl"]),
        (Found::OtherMechanisms(vec!["PLAIN".into()]), &["log in with SCRAM-SHA-512, but with PLAIN", "mechanism"]),
        (Found::NoLogin, &["nobody log in", "remove kafka.security.sasl"]),
        (Found::Fine, &["service log in with SCRAM-SHA-512 (Authentication failed", "invalid credentials", "password"]),
    ];
    let mut lines = vec![];
    for (found, parts) in table {
        let line = line(found, &attempt(), SCRAM).expect("a line");
        assert!(line.starts_with("Kafka at k-1:9093 "), "{line}");
        for part in *parts {
            assert!(line.contains(part), "{part} in {line}");
        }
        lines.push(line);
    }
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), table.len(), "no two alike");
}

#[test]
fn a_client_that_has_a_certificate_is_told_which_one_is_refused() {
    let attempt = Attempt { certificate: Some("CN=me, issued by CN=other".into()), ..attempt() };
    let line = line(&Found::Client("unknown ca".into()), &attempt, "").expect("a line");
    assert!(line.contains("(unknown ca; CN=me, issued by CN=other)") && line.contains("ssl.truststore"), "{line}");
}

#[test]
fn who_was_let_in_before_and_is_not_any_more_has_the_same_line_at_each_try() {
    let again = SCRAM.replace("during authentication", "during re-authentication");
    assert_ne!(again, SCRAM);
    assert_eq!(line(&Found::Fine, &attempt(), &again), line(&Found::Fine, &attempt(), SCRAM));
}

#[test]
fn a_connection_that_breaks_while_somebody_logs_in_is_no_refusal() {
    let said = "k-1:9093/1: SASL SCRAM-SHA-512 mechanism handshake failed: Local: Broker transport failure: broker's \
                supported mechanisms: (n/a) (after 1ms in state AUTH_HANDSHAKE)";
    assert_eq!(line(&Found::Fine, &attempt(), said), None);
}

#[test]
fn a_refused_token_is_no_wrong_password() {
    let attempt = Attempt { mechanism: Some("OAUTHBEARER".into()), user: None, ..attempt() };
    let said = "k-1:9093/1: SASL authentication error: {\"status\":\"invalid_token\"} (after 5ms in state AUTH_REQ)";
    let line = line(&Found::Fine, &attempt, said).expect("a line");
    assert!(line.contains("token ({\"status\":\"invalid_token\"})") && line.contains("audience"), "{line}");
}

#[test]
fn what_has_nothing_to_do_with_security_is_no_line_here() {
    assert_eq!(line(&Found::Nothing, &attempt(), SCRAM), None);
    assert_eq!(line(&Found::Fine, &Attempt::default(), "k-1:9093/1: Connection refused"), None);
    assert_eq!(line(&Found::Fine, &attempt(), "k-1:9093/1: Disconnected (after 1ms in state UP)"), None);
}
