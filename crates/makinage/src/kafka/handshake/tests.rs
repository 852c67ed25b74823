use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use openssl::ssl::SslVerifyMode;
use rdkafka::ClientConfig;

use super::*;
use crate::certified::{Authority, Identity, Says};

/// Whose certificates a client has to show.
enum Asks<'a> {
    Nobody,
    Of(&'a Authority),
}

/// A broker that says as much as is asked here: nobody logs in.
fn answer(mut stream: impl Read + Write) {
    let mut length = [0; 4];
    while stream.read_exact(&mut length).is_ok() {
        let mut request = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap_or(0).min(1000)];
        let told = stream.read_exact(&mut request).and_then(|()| {
            stream.write_all(&[0, 0, 0, 10, 0, 0, 0, 1, 0, 34, 0, 0, 0, 0])?;
            stream.flush()
        });
        if told.is_err() {
            return;
        }
    }
}

fn listen(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    address
}

fn with_tls(identity: &Identity, asks: &Asks) -> String {
    let mut acceptor = identity.acceptor();
    if let Asks::Of(authority) = asks {
        acceptor.cert_store_mut().add_cert(X509::from_pem(authority.pem().as_bytes()).unwrap()).unwrap();
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    let acceptor = acceptor.build();
    listen(move |stream| {
        if let Ok(stream) = acceptor.accept(stream) {
            answer(stream);
        }
    })
}

fn trusting(authority: &Authority) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("security.protocol", "ssl").set("ssl.ca.pem", authority.pem());
    client
}

fn found(client: &ClientConfig, broker: &str) -> Found {
    look(&Terms::of(client), broker)
}

fn fault_of(client: &ClientConfig, broker: &str) -> Certificate {
    match found(client, broker) {
        Found::Certificate(certificate) => certificate,
        other => panic!("no certificate: {other:?}"),
    }
}

#[test]
fn a_certificate_that_is_not_accepted_is_told_with_its_fault() {
    let (authority, other) = (Authority::new("authority"), Authority::new("other"));
    let client = trusting(&authority);
    let shown = |says: &Says| fault_of(&client, &with_tls(&authority.issue(says), &Asks::Nobody));
    assert_eq!(shown(&Says { days: (-9, -2), ..Says::BROKER }).fault, Fault::Expired);
    assert_eq!(shown(&Says { days: (2, 9), ..Says::BROKER }).fault, Fault::NotYet);
    let elsewhere = shown(&Says { hosts: &["kafka.example.org", "192.0.2.1"], ..Says::BROKER });
    assert_eq!(elsewhere.fault, Fault::OtherHost);
    assert_eq!(elsewhere.hosts, ["kafka.example.org", "192.0.2.1"]);
    assert_eq!((elsewhere.subject.as_str(), elsewhere.issuer.as_str()), ("CN=broker", "CN=authority"));
    let good = with_tls(&authority.issue(&Says::BROKER), &Asks::Nobody);
    assert_eq!(fault_of(&trusting(&other), &good).fault, Fault::UnknownIssuer);
    let itself = Authority::new("itself");
    assert_eq!(fault_of(&client, &with_tls(itself.identity(), &Asks::Nobody)).fault, Fault::SelfSigned);
    assert_eq!(found(&client, &good), Found::Fine);
}

#[test]
fn what_the_client_does_not_look_at_is_no_fault() {
    let authority = Authority::new("authority");
    let elsewhere = with_tls(&authority.issue(&Says { hosts: &["k"], ..Says::BROKER }), &Asks::Nobody);
    let mut client = trusting(&authority);
    client.set("ssl.endpoint.identification.algorithm", "none");
    assert_eq!(found(&client, &elsewhere), Found::Fine);
    let expired = with_tls(&authority.issue(&Says { days: (-9, -2), ..Says::BROKER }), &Asks::Nobody);
    assert_eq!(fault_of(&client, &expired).fault, Fault::Expired);
    client.set("enable.ssl.certificate.verification", "false");
    assert_eq!(found(&client, &expired), Found::Fine);
}

#[test]
fn a_client_s_certificate_that_is_missing_or_not_accepted_is_told_with_the_broker_s_word() {
    let (authority, other) = (Authority::new("authority"), Authority::new("other"));
    let broker = with_tls(&authority.issue(&Says::BROKER), &Asks::Of(&authority));
    let client = |identity: Option<&Identity>| {
        let mut client = trusting(&authority);
        if let Some(identity) = identity {
            client.set("ssl.certificate.pem", identity.certificate_pem()).set("ssl.key.password", "open");
            client.set("ssl.key.pem", identity.encrypted_key_pem("open"));
        }
        client
    };
    let (mine, strange) = (authority.issue(&Says::client("me")), other.issue(&Says::client("me")));
    assert_eq!(found(&client(Some(&mine)), &broker), Found::Fine);
    for client in [client(None), client(Some(&strange))] {
        let found = found(&client, &broker);
        assert!(matches!(&found, Found::Client(alert) if is_about_certificates(alert)), "{found:?}");
    }
    let told = explain(&Terms::of(&client(Some(&strange))), &broker, "").expect("a line");
    assert!(told.contains("CN=me, issued by CN=other"), "{told}");
    let told = explain(&Terms::of(&client(None)), &broker, "").expect("a line");
    assert!(told.contains("it has none"), "{told}");
}

#[test]
fn one_side_that_speaks_tls_alone_is_told() {
    let authority = Authority::new("authority");
    let with = with_tls(&authority.issue(&Says::BROKER), &Asks::Nobody);
    let without = listen(answer);
    assert_eq!(found(&ClientConfig::new(), &with), Found::Tls);
    assert_eq!(found(&trusting(&authority), &without), Found::Plaintext);
    assert_eq!(found(&ClientConfig::new(), &without), Found::Fine);
}

#[test]
fn a_client_that_logs_in_where_nobody_does_is_told() {
    let mut client = ClientConfig::new();
    client.set("security.protocol", "sasl_plaintext").set("sasl.mechanisms", "PLAIN").set("sasl.username", "me");
    assert_eq!(found(&client, &listen(answer)), Found::NoLogin);
}

#[test]
fn what_does_not_listen_or_says_nothing_is_no_question_of_security() {
    let authority = Authority::new("authority");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap().to_string();
    for client in [ClientConfig::new(), trusting(&authority)] {
        assert_eq!(found(&client, &closed), Found::Nothing);
        assert_eq!(found(&client, &silent_at), Found::Nothing);
    }
}
