use std::thread;

use kafka_headers::tokens::Supplied;
use rdkafka::{ClientConfig, producer::BaseProducer};

use super::{fresh::Fresh, testing::Server, *};
use crate::config::{Extensions, TokenEndpoint};

fn source(url: &str) -> TokenEndpoint {
    TokenEndpoint {
        url: format!("{url}/token").as_str().into(),
        client_id: "me".to_owned(),
        client_secret: "canary secret".to_owned().into(),
        scope: Some("kafka a/b".to_owned()),
        authorities: None,
        extensions: Extensions(vec![("logicalCluster".to_owned(), "lkc-1".to_owned())]),
    }
}

/// One answer's token, or why there is none.
fn fetched(status: u16, body: &'static str) -> Result<Fresh, String> {
    let server = Server::giving(vec![(status, body.to_owned())]);
    endpoint::fetch(&source(&server.url)).map_err(|why| why.replace(&server.url, "URL"))
}

#[test]
fn an_endpoint_is_asked_with_the_client_s_credentials() {
    let server = Server::giving(vec![(200, r#"{"access_token":"abc","expires_in":"3600"}"#.to_owned())]);
    let fresh = endpoint::fetch(&source(&server.url)).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!((fresh.value.as_str(), fresh.principal.as_deref()), ("abc", Some("me")));
    assert_eq!(fresh.lifetime, Duration::from_hours(1));
    let request = server.request();
    assert!(request.starts_with("POST /token HTTP/1.1\r\n"), "{request}");
    let basic = openssl::base64::encode_block(b"me:canary secret");
    assert!(request.contains(&format!("Basic {basic}\r\n")), "{request}");
    assert!(request.ends_with("\r\n\r\ngrant_type=client_credentials&scope=kafka%20a%2Fb"), "{request}");
}

#[test]
fn a_token_s_time_is_the_answer_s_or_its_own() {
    let (subject, far) = (r#"{"sub":"svc","exp":4102444800}"#, Duration::from_hours(24 * 365));
    let jwt = format!("e30.{}.x", openssl::base64::encode_block(subject.as_bytes()).trim_end_matches('='));
    let body: &'static str = format!(r#"{{"access_token":"{jwt}"}}"#).leak();
    let fresh = fetched(200, body).unwrap_or_else(|why| panic!("{why}"));
    assert!(fresh.lifetime > far && fresh.principal.as_deref() == Some("svc"));
    let unknown = fetched(200, r#"{"access_token":"x"}"#).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(unknown.lifetime, Duration::from_mins(5));
}

#[test]
fn what_an_endpoint_says_is_wrong_is_told_with_what_to_do_and_without_the_secret() {
    let fault = |status, body| fetched(status, body).err().expect("a fault");
    let said = [
        fault(401, r#"{"error":"invalid_client","error_description":"no such\nclient: canary secret"}"#),
        fault(404, "nothing here"),
        fault(302, ""),
        fault(503, ""),
        fault(200, "<html>"),
        fault(200, r#"{"access_token":"x","expires_in":0}"#),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    URL/token answers with status 401 (invalid_client: no such client: …); check `client_id`, `client_secret` and `scope`
    URL/token answers with status 404; check that `token_url` is its token endpoint
    URL/token answers with status 302; it sends elsewhere, where the secret isn't taken; write that address as `token_url`
    URL/token answers with status 503; see to its log
    URL/token answers without an `access_token`; check that `token_url` is its token endpoint
    URL/token gives a token that has expired; set its clock, or that of this machine, right
    ");
    let nobody = endpoint::fetch(&source("http://me:canary@127.0.0.1:1")).err().expect("a fault");
    assert!(nobody.contains("does not answer") && !nobody.contains("canary"), "{nobody}");
}

fn client(tokens: &Tokens) -> Supplied<BaseProducer> {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", "127.0.0.1:1").set("security.protocol", "sasl_plaintext");
    settings.set("sasl.mechanisms", "OAUTHBEARER");
    tokens.admit(settings.create().unwrap())
}

#[test]
fn a_token_is_got_before_the_old_one_ends_and_after_a_fault_again() {
    let server = Server::giving(vec![
        (503, String::new()),
        (200, r#"{"access_token":"first","expires_in":1}"#.to_owned()),
        (200, r#"{"access_token":"second","expires_in":600}"#.to_owned()),
    ]);
    let tokens = Tokens::new(TokenSource::Endpoint(source(&server.url)));
    let first = client(&tokens);
    for _ in 0..3 {
        server.request();
    }
    let value = || tokens.shared.current.lock().as_ref().map(|token| token.value.clone());
    while value().as_deref() != Some("second") {
        thread::yield_now();
    }
    let extensions = tokens.shared.current.lock().as_ref().map(|token| token.extensions.clone());
    assert_eq!(extensions, Some(vec![("logicalCluster".to_owned(), "lkc-1".to_owned())]));
    drop((first, client(&tokens)));
}

#[test]
fn a_file_s_token_is_read_again_and_what_is_wrong_with_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let read = || file::read(&path);
    assert!(read().err().is_some_and(|why| why.contains("can't be read")));
    std::fs::write(&path, " \n").unwrap();
    assert!(read().err().is_some_and(|why| why.contains("is empty")));
    std::fs::write(&path, format!("e30.{}.x", openssl::base64::encode_block(br#"{"exp":1}"#))).unwrap();
    assert!(read().err().is_some_and(|why| why.contains("has expired")));
    std::fs::write(&path, "opaque\n").unwrap();
    assert_eq!(read().unwrap_or_else(|why| panic!("{why}")).value, "opaque");
}

#[test]
fn no_secret_is_shown() {
    let tokens = Tokens::new(TokenSource::Endpoint(source("https://x/y?key=canary&")));
    assert!(!format!("{tokens:?}").contains("canary"), "{tokens:?}");
}
