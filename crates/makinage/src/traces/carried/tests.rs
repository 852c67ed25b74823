use super::*;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER: &str = "00-11111111111111111111111111111111-2222222222222222-00";

fn headers(all: &[(&[u8], Option<&[u8]>)]) -> OwnedHeaders {
    all.iter().fold(OwnedHeaders::new(), |mut headers, (name, value)| {
        add(&mut headers, name, *value);
        headers
    })
}

fn texts(headers: &OwnedHeaders) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    iter(headers.as_borrowed()).map(|(name, value)| (text(name), text(value.unwrap_or(b"null")))).collect()
}

fn parent(all: &[(&[u8], Option<&[u8]>)]) -> Option<String> {
    carried(headers(all).as_borrowed()).map(|carried| carried.parent.to_string())
}

#[test]
fn the_last_parent_counts_and_one_that_is_invalid_is_none() {
    let (one, other): (&[u8], &[u8]) = (PARENT.as_bytes(), OTHER.as_bytes());
    assert_eq!(parent(&[]), None);
    assert_eq!(parent(&[(b"key", Some(b"value"))]), None);
    assert_eq!(parent(&[(b"traceparent", Some(one))]).as_deref(), Some(PARENT));
    assert_eq!(parent(&[(b"traceparent", Some(one)), (b"traceparent", Some(other))]).as_deref(), Some(OTHER));
    assert_eq!(parent(&[(b"traceparent", Some(b"\xff")), (b"traceparent", Some(one))]).as_deref(), Some(PARENT));
    assert_eq!(parent(&[(b"traceparent", Some(one)), (b"traceparent", Some(b"\xff"))]), None);
    assert_eq!(parent(&[(b"traceparent", Some(one)), (b"traceparent", None)]), None);
    assert_eq!(parent(&[(b"Traceparent", Some(one))]), None, "names of headers have small and large letters");
}

#[test]
fn state_is_told_where_it_is_plain_and_short_and_never_without_a_parent() {
    let state = |values: &[&[u8]]| {
        let mut all: Vec<(&[u8], Option<&[u8]>)> = vec![(b"traceparent", Some(PARENT.as_bytes()))];
        all.extend(values.iter().map(|value| (b"tracestate".as_slice(), Some(*value))));
        carried(headers(&all).as_borrowed()).expect("a parent").state
    };
    assert_eq!(state(&[]), "");
    assert_eq!(state(&[b"congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"]), "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
    assert_eq!(state(&[b"a=1", b"b=2"]), "a=1,b=2");
    assert_eq!(state(&[&[b'x'; 512]]).len(), 512);
    assert_eq!(state(&[&[b'x'; 513]]), "");
    assert_eq!(state(&[b"a=1", b"\xff"]), "");
    assert_eq!(state(&[b"a=\n"]), "");
    assert_eq!(carried(headers(&[(b"tracestate", Some(b"a=1"))]).as_borrowed()), None);
}

#[test]
fn an_output_names_this_span_in_place_of_all_parents_and_keeps_all_else() {
    let long = "x".repeat(2000);
    let all: &[(&[u8], Option<&[u8]>)] = &[
        (b"traceparent", Some(b"\xff")),
        (b"a", Some(b"1")),
        (b"tracestate", Some(long.as_bytes())),
        (b"traceparent", Some(PARENT.as_bytes())),
        (b"\xff", None),
    ];
    let own = Context::parse(OTHER.as_bytes()).expect("one");
    let mut goes_on = headers(all);
    go_on(&mut goes_on, &own);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (a, odd, trace) = (pair("a", "1"), pair("\u{fffd}", "null"), pair("traceparent", OTHER));
    assert_eq!(texts(&goes_on), [a.clone(), pair("tracestate", &long), odd.clone(), trace.clone()]);
    let mut begins = headers(all);
    begin(&mut begins, &own);
    assert_eq!(texts(&begins), [a, odd, trace]);
}
