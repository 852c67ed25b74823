use std::path::Path;

use super::*;
use crate::config::{
    locate::{Located, locate_text},
    tests::Machine,
};

fn located(text: &str) -> Result<Redirect, String> {
    match locate_text(text.to_owned(), Path::new("/etc/app/config.yaml"), &Machine) {
        Ok(Located::Elsewhere(redirect)) => Ok(redirect),
        Ok(Located::Here(_)) => panic!("there is a redirect"),
        Err(problems) => Err(problems.to_string().replace("/etc/app/config.yaml:", "")),
    }
}

fn consul(keys: &str) -> Result<Redirect, String> {
    located(&format!("redirect: {{connector: consul, endpoint: \"http://localhost:8500/\", key: a/b{keys}}}"))
}

#[test]
fn a_redirect_is_read_with_all_its_keys() {
    let redirect = consul(", token: secret, datacenter: dc1").unwrap();
    assert_eq!((redirect.endpoint.as_str(), redirect.key.as_str()), ("http://localhost:8500", "a/b"));
    assert_eq!(redirect.token.as_ref().map(Secret::reveal), Some("secret"));
    assert_eq!((redirect.datacenter.as_deref(), redirect.folder.as_path()), (Some("dc1"), Path::new("/etc/app")));
    assert!(!format!("{redirect:?}").contains("secret"));
}

#[test]
fn the_example_is_read() {
    let redirect = located(&crate::config::tests::example("serve-from-consul.yaml")).unwrap();
    assert_eq!(redirect.key, "makinage/my_model_serving");
}

#[test]
fn a_token_may_come_from_a_file_and_is_never_a_line_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "from-file\n").unwrap();
    let redirect = consul(&format!(", token: \"${{file:{}}}\"", path.display())).unwrap();
    assert_eq!(redirect.token.as_ref().map(Secret::reveal), Some("from-file"));
    std::fs::write(&path, "two\nlines").unwrap();
    assert!(consul(&format!(", token: \"${{file:{}}}\"", path.display())).unwrap_err().contains("single word"));
}

#[test]
fn what_is_wrong_with_a_redirect_is_said_at_once() {
    insta::assert_snapshot!(
        located("redirect:\n  connector: etcd\n  endpoint: localhost:8500\n  key: /a\n  token: ${env:NOT_SET}\n  datacentre: x\nkafka: {}\n").unwrap_err(),
        @"
    2: redirect.connector: `etcd` is none of the values of this key; use one of `consul`
    3: redirect.endpoint: `localhost:8500` has no scheme; write for example `http://localhost:8500`
    4: redirect.key: `/a` is no key of Consul: it neither begins nor ends with `/`; write for example `makinage/my_model_serving`
    5: redirect.token: the environment variable `NOT_SET` is not set, or empty; set it for this program
    6: redirect.datacentre: there is no key `datacentre` here; did you mean `datacenter`?
    7: kafka: with `redirect` the whole configuration lives elsewhere, and nothing else is read from this file; move this key there
    "
    );
    let empty = located("redirect: {}").unwrap_err();
    assert_eq!(empty.matches("this key is missing").count(), 3, "{empty}");
    let hidden = located("redirect: {connector: consul, endpoint: \"http://me:pass@host\", key: a}").unwrap_err();
    assert!(hidden.contains("user name") && !hidden.contains("pass@"), "{hidden}");
    let hidden = located("redirect: {connector: consul, endpoint: \"http://host?token=secret\", key: a}").unwrap_err();
    assert!(hidden.contains("this is no address") && !hidden.contains("secret"), "{hidden}");
}
