//! A server on loopback for tests, which gives the answers that it is told to and passes on what it was asked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_mins(1);

/// A server, whose requests can be read.
pub(in crate::kafka) struct Server {
    /// `http://host:port`
    pub url: String,
    requests: mpsc::Receiver<String>,
}

impl Server {
    /// One that gives these answers, one a request.
    pub(in crate::kafka) fn giving(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, requests) = mpsc::channel();
        thread::spawn(move || {
            for (status, body) in answers {
                let (stream, _) = listener.accept().unwrap();
                let request = request(&stream);
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                (&stream).write_all((head + &body).as_bytes()).unwrap();
                // Nobody may be interested.
                let _ = asked.send(request);
            }
        });
        Self { url, requests }
    }

    /// The next request.
    pub(in crate::kafka) fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }
}

fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut request, mut line) = (String::new(), String::new());
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
        request += &line;
    }
    let length = request
        .to_lowercase()
        .split_once("content-length: ")
        .map(|(_, rest)| rest.lines().next().unwrap_or_default().trim().parse().expect("a length"));
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    request + &String::from_utf8(body).unwrap()
}
