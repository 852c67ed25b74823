use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use super::*;

/// A server that reads one request, answers it, and leaves. Where it is, and what ends with it.
fn server(answer: impl FnOnce(TcpStream) + Send + 'static) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/m.zip?signature=secret", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        answer(stream);
    });
    (uri, serving)
}

/// What becomes of a reference whose server says that its model is elsewhere.
fn led_to(location: &str) -> String {
    let answer =
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let (uri, serving) = server(move |mut stream| stream.write_all(answer.as_bytes()).unwrap());
    let failure = open(&uri.as_str().into()).err();
    serving.join().unwrap();
    match failure {
        Some(NotHad::Unusable(why) | NotHad::Later(why)) => why,
        other => panic!("{location}: {other:?}"),
    }
}

#[test]
fn what_leads_to_another_scheme_is_not_followed_and_no_signature_is_shown() {
    let elsewhere = ["file:///etc/passwd?signature=secret", "ftp://127.0.0.1:1/m.zip?signature=secret"];
    for location in elsewhere.into_iter().chain(["https://127.0.0.1:1/m.zip?signature=secret", "https:"]) {
        let why = led_to(location);
        assert!(!why.contains("secret"), "{why}");
    }
    let downgrade =
        failure(&"https://h/m.zip".into(), &ureq::Error::RequireHttpsOnly("http://h/?signature=secret".into()));
    assert!(matches!(&downgrade, NotHad::Unusable(why) if !why.contains("secret")), "{downgrade:?}");
}

#[test]
fn a_body_is_read_to_its_end_and_given_up_where_nothing_comes_any_more() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 700000\r\nConnection: close\r\n\r\n";
    let answered = |bytes: usize, stall| {
        let (uri, serving) = server(move |mut stream| {
            stream.write_all(HEAD.as_bytes()).and_then(|()| stream.write_all(&vec![7; bytes])).unwrap();
            // The client's end of the line, whichever way it comes.
            let _ = stream.read(&mut [0]);
        });
        let mut read = Vec::new();
        let outcome = open_within(&uri.as_str().into(), stall).unwrap().read_to_end(&mut read);
        serving.join().unwrap();
        (read.len(), outcome.err().map(|error| error.to_string()))
    };
    assert_eq!(answered(700_000, STALL), (700_000, None));
    let (bytes, error) = answered(5, Duration::from_millis(200));
    assert_eq!((bytes, error.as_deref()), (5, Some("nothing came for 0 s")));
}

#[test]
fn a_uri_that_cannot_be_asked_for_is_not_asked_for_again_and_again() {
    assert!(matches!(open(&"http://no host/m.zip".into()).err(), Some(NotHad::Unusable(_))));
}
