use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
};

use ureq::Agent;

use super::*;
use crate::certified::{Authority, Says};

/// A server that answers so many times, to whom trusts it; where it is, and its authority.
fn server(times: usize) -> (String, Authority) {
    let authority = Authority::new("a private authority");
    let acceptor = authority.issue(&Says::BROKER).acceptor().build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().take(times) {
            // Who doesn't trust it goes away.
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else { continue };
            let mut lines = BufReader::new(&mut stream).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        }
    });
    (url, authority)
}

fn asked(url: &str, tls: TlsConfig) -> Result<u16, String> {
    let agent: Agent = Agent::config_builder().tls_config(tls).proxy(None).build().into();
    agent.get(url).call().map(|answer| answer.status().as_u16()).map_err(|error| said(&error))
}

#[test]
fn a_server_is_trusted_by_its_authority_s_file_or_by_the_folder_that_has_it() {
    let (url, authority) = server(2);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("private.pem");
    fs::write(&file, authority.pem()).unwrap();
    fs::write(folder.path().join("README"), [0xff, 0]).unwrap();
    for path in [file.as_path(), folder.path()] {
        assert_eq!(asked(&url, signed_by(path).unwrap()), Ok(204), "{}", path.display());
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_asked_and_the_message_says_where_to_put_its_authority() {
    let (url, _) = server(1);
    let why = asked(&url, trusted()).unwrap_err();
    assert!(why.contains("UnknownIssuer") && why.ends_with("name its file as SSL_CERT_FILE"), "{why}");
}

#[test]
fn authorities_that_cannot_be_read_are_an_error_and_not_the_public_ones() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(signed_by(&folder.path().join("none.pem")).unwrap_err().kind(), io::ErrorKind::NotFound);
}
