//! Who is refused, and who sees what.

use super::*;

fn guard(listen: &str, token: Option<&str>) -> Guard {
    let token = token.map(|token| Secret::from(token.to_owned()));
    Guard::of(&Http { listen: Listen::At(listen.parse().expect("an address")), token, insecure: false })
}

fn admitted(guard: &Guard, headers: &[(&str, &str)]) -> Result<Access, u16> {
    let mut request = Request::builder();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).expect("a request");
    guard.admit(&request).map_err(|refusal| refusal.status.as_u16())
}

#[test]
fn on_loopback_only_names_of_loopback_are_answered() {
    let guard = guard("127.0.0.1:9464", None);
    for host in ["localhost", "localhost:9464", "LOCALHOST:1", "127.0.0.1:9464", "127.8.8.8", "[::1]:9464"] {
        assert_eq!(admitted(&guard, &[("host", host)]), Ok(Access::Full), "{host}");
    }
    for host in ["evil.example", "localhost.evil.example:9464", "127.0.0.1.evil.example", "10.0.0.1", "", "[::2]"] {
        assert_eq!(admitted(&guard, &[("host", host)]), Err(403), "{host}");
    }
    assert_eq!(admitted(&guard, &[]), Ok(Access::Full), "no browser leaves it out");
}

#[test]
fn where_there_is_a_token_a_proxy_on_the_same_machine_may_hand_on_any_name() {
    let guard = guard("127.0.0.1:9464", Some("a-long-word"));
    let by_proxy = |headers: &[(&str, &str)]| {
        admitted(&guard, &[&[("host", "ops.example"), ("origin", "https://ops.example")], headers].concat())
    };
    assert_eq!(by_proxy(&[("authorization", "Bearer a-long-word")]), Ok(Access::Full));
    assert_eq!(by_proxy(&[]), Ok(Access::Probes), "a page that comes by another name has no token");
}

#[test]
fn other_sites_are_not_answered() {
    let guard = guard("127.0.0.1:9464", None);
    let from = |origin| admitted(&guard, &[("host", "localhost:9464"), ("origin", origin)]);
    // Whatever proxy has the certificate, it is at the same place.
    for origin in ["http://localhost:9464", "https://localhost:9464", "http://LOCALHOST:9464"] {
        assert_eq!(from(origin), Ok(Access::Full), "{origin}");
    }
    for origin in ["http://localhost:3000", "ftp://localhost:9464", "localhost:9464", "http://evil.example", "null", ""]
    {
        assert_eq!(from(origin), Err(403), "{origin}");
    }
}

#[test]
fn where_there_is_a_token_nothing_but_probes_is_shown_without_it() {
    let guard = guard("0.0.0.0:9464", Some("a-long-word"));
    let with = |header| admitted(&guard, &[("host", "serving.example"), ("authorization", header)]);
    assert_eq!(with("Bearer a-long-word"), Ok(Access::Full));
    assert_eq!(with("bearer a-long-word"), Ok(Access::Full), "the scheme has no case");
    for wrong in ["Bearer a-long-wort", "Bearer a-long-wor", "Bearer a-long-words", "a-long-word", "Bearer ", ""] {
        assert_eq!(with(wrong), Err(401), "{wrong}");
    }
    assert_eq!(admitted(&guard, &[("host", "serving.example")]), Ok(Access::Probes));
}

#[test]
fn what_changes_something_wants_the_token_even_on_loopback_and_whatever_else_it_brings() {
    let change = |guard: &Guard, headers: &[(&str, &str)]| {
        let headers = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        guard.admit_change(&headers.body(()).expect("a request")).map_err(|refusal| refusal.status.as_u16())
    };
    let (bearer, host) = (("authorization", "Bearer a-long-word"), ("host", "localhost:9464"));
    let without = guard("127.0.0.1:9464", None);
    assert!(without.refuses_changes().is_some_and(|why| why.contains("http.token")));
    assert_eq!(change(&without, &[host]), Err(403));
    assert_eq!(change(&without, &[host, bearer]), Err(403), "a token that nobody has set is none");
    let with = guard("127.0.0.1:9464", Some("a-long-word"));
    assert_eq!(with.refuses_changes(), None);
    assert_eq!(change(&with, &[host, bearer]), Ok(()));
    assert_eq!(change(&with, &[host]), Err(401));
    assert_eq!(change(&with, &[host, ("authorization", "Bearer another")]), Err(401));
    assert_eq!(change(&with, &[("host", "evil.example"), bearer, ("origin", "http://localhost:9464")]), Err(403));
    assert_eq!(change(&with, &[host, bearer, ("origin", "http://evil.example")]), Err(403));
    assert_eq!(change(&with, &[host, bearer, ("origin", "http://localhost:9464")]), Ok(()));
}
