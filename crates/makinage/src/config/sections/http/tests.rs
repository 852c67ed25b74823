//! The `http` section: defaults, what is refused, and what hooks don't see.

use std::path::Path;

use super::{Http, Listen};
use crate::config::{
    Origin, service as file,
    tests::{Machine, changed, problem, service},
};

fn http(lines: &str) -> Http {
    let reading = changed("operators:", &format!("http: {lines}\noperators:"));
    assert_eq!(reading.problems.to_string(), "", "{lines}");
    reading.config.expect("a configuration").http
}

fn listens(lines: &str) -> Option<String> {
    match http(lines).listen {
        Listen::Off => None,
        Listen::At(address) => Some(address.to_string()),
    }
}

#[test]
fn without_a_word_only_this_machine_can_look() {
    let page = service(&crate::config::tests::example("serve.yaml")).config.expect("a configuration");
    assert_eq!(page.http, Http::default());
    assert_eq!(listens("{}").as_deref(), Some("127.0.0.1:9464"));
    assert_eq!(listens("{listen: off}"), None);
    assert_eq!(listens(r#"{listen: "localhost:80"}"#).as_deref(), Some("127.0.0.1:80"));
    assert_eq!(listens(r#"{listen: "[::1]:0"}"#).as_deref(), Some("[::1]:0"));
}

#[test]
fn what_others_can_reach_wants_a_token_or_a_word_that_it_needs_none() {
    for address in ["0.0.0.0:9464", "[::]:9464", "192.168.1.7:80"] {
        let said = problem("operators:", &format!("http: {{listen: \"{address}\"}}\noperators:"));
        assert!(said.contains(&format!("http.listen: others can reach {address}")), "{said}");
        assert!(listens(&format!(r#"{{listen: "{address}", token: a-word}}"#)).is_some());
        assert!(listens(&format!(r#"{{listen: "{address}", insecure: true}}"#)).is_some());
    }
}

#[test]
fn what_is_no_address_is_refused_with_one_that_is() {
    for wrong in ["9464", "\":9464\"", "\"example.org:9464\"", "\"127.0.0.1\"", "\"127.0.0.1:99999\"", "[]"] {
        let said = problem("operators:", &format!("http: {{listen: {wrong}}}\noperators:"));
        assert!(said.contains("http.listen: "), "{wrong}: {said}");
    }
}

#[test]
fn hooks_do_not_see_the_token() {
    let reading = changed("operators:", "http: {token: much-too-secret, listen: off}\noperators:");
    let document = reading.config.expect("a configuration").document;
    assert!(!document.get().contains("much-too-secret"), "{document}");
    assert!(document.get().contains("\"listen\""), "{document}");
}

#[test]
fn who_only_looks_at_a_service_needs_nothing_of_its_configuration_but_where_it_shows_itself() {
    let text = "application: {name: \"\"}\nkafka: {security: {sasl: {password: \"${env:NOWHERE}\"}}}\n\
                http: {listen: \"127.0.0.1:80\", token: \"${env:MAKINAGE_TOKEN}\"}\n";
    let read = |text: &str| file::read_http(text, &Origin::file(Path::new("a.yaml")), &Machine);
    let http = read(text).config.expect("it is read");
    assert!(matches!(http.listen, Listen::At(address) if address.port() == 80));
    assert!(http.token.is_some());
    assert!(read("http: {listen: nowhere}").config.is_none());
    assert_eq!(read("kafka: {}").config, Some(Http::default()));
}
