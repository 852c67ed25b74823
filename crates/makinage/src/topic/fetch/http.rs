//! By HTTP.

use std::{
    io::{self, Cursor, Read},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, bounded};
use ureq::{Agent, ResponseExt};

use super::{Failure, shown};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// A model of 64 GiB at 10 MB/s takes nearly two hours.
const BODY: Duration = Duration::from_hours(3);
const REDIRECTS: u32 = 5;
/// So long nothing may come: meanwhile no newer model is looked at.
const STALL: Duration = Duration::from_mins(1);
const PIECE: usize = 256 << 10;

/// The body of what is there. Redirects are followed within the scheme only, so that what was asked for under TLS comes under TLS.
pub fn open(uri: &str) -> Result<impl Read, Failure> {
    let scheme = uri.split(':').next().unwrap_or_default();
    let agent: Agent = Agent::config_builder()
        .https_only(scheme == "https")
        .max_redirects(REDIRECTS)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(BODY))
        .build()
        .into();
    let response = agent.get(uri).call().map_err(|error| failure(uri, &error))?;
    let came_by = response.get_uri().scheme_str().unwrap_or_default();
    if came_by != scheme {
        let uri = shown(uri);
        return Err(Failure::Unusable(format!(
            "{uri} leads to {came_by}, which isn't followed: publish the reference that it leads to"
        )));
    }
    let body = response.into_body().into_with_config().limit(u64::MAX).reader();
    Patient::read(body, STALL).map_err(|error| Failure::Later(format!("{} can't be read ({error})", shown(uri))))
}

/// A body that is given up when nothing comes any more; the client bounds the whole only.
struct Patient {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Cursor<Vec<u8>>,
    stall: Duration,
}

impl Patient {
    /// Reads on a thread of its own, which ends when nobody wants more, or the client's own time is over.
    fn read(mut body: impl Read + Send + 'static, stall: Duration) -> io::Result<Self> {
        let (sender, pieces) = bounded(1);
        thread::Builder::new().name("download".into()).spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = body.read(&mut piece).map(|bytes| {
                    piece.truncate(bytes);
                    piece
                });
                let is_last = read.as_ref().map_or(true, Vec::is_empty);
                if sender.send(read).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(Self { pieces, piece: Cursor::default(), stall })
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            let next = self.pieces.recv_timeout(self.stall);
            let seconds = self.stall.as_secs();
            let next = next.map_err(|_| io::Error::other(format!("nothing came for {seconds} s")))?;
            self.piece = Cursor::new(next?);
        }
        self.piece.read(buffer)
    }
}

fn failure(uri: &str, error: &ureq::Error) -> Failure {
    let uri = shown(uri);
    match error {
        // Too early, too often, or the server's own trouble: it may pass.
        ureq::Error::StatusCode(408 | 425 | 429 | 500..) => Failure::Later(format!("{uri} can't be had ({error})")),
        ureq::Error::StatusCode(_) => Failure::Unusable(format!(
            "{uri} can't be had ({error}): see that it is there and may be read from here, and publish the reference again"
        )),
        // These errors hold the URI that it leads to, which may be a signed one.
        ureq::Error::RequireHttpsOnly(_) => unfollowed(&uri, "it leads from https to http"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => unfollowed(&uri, "it is or leads to what is no URI of HTTP"),
        ureq::Error::TooManyRedirects => unfollowed(&uri, "it leads on and on"),
        _ => Failure::Later(format!("{uri} can't be reached ({error})")),
    }
}

fn unfollowed(uri: &str, why: &str) -> Failure {
    Failure::Unusable(format!("{uri} can't be followed ({why}): publish the reference that it leads to"))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// What becomes of a reference whose server says that its model is elsewhere.
    fn led_to(location: &str) -> String {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://{}/m.zip?signature=secret", server.local_addr().unwrap());
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let serving = thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let failure = open(&uri).err();
        serving.join().unwrap();
        match failure {
            Some(Failure::Unusable(why) | Failure::Later(why)) => why,
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
        let downgrade = failure("https://h/m.zip", &ureq::Error::RequireHttpsOnly("http://h/?signature=secret".into()));
        assert!(matches!(&downgrade, Failure::Unusable(why) if !why.contains("secret")), "{downgrade:?}");
    }

    #[test]
    fn a_body_is_read_to_its_end_and_given_up_where_nothing_comes_any_more() {
        let body = || Cursor::new(vec![7; 3 * PIECE + 1]);
        let mut read = Vec::new();
        Patient::read(body(), STALL).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, body().into_inner());

        let (theirs, ours) = std::os::unix::net::UnixStream::pair().unwrap();
        (&theirs).write_all(b"begun").unwrap();
        let mut read = Vec::new();
        let error = Patient::read(ours, Duration::from_millis(200)).unwrap().read_to_end(&mut read).unwrap_err();
        assert_eq!((read.as_slice(), error.to_string().as_str()), (&b"begun"[..], "nothing came for 0 s"));
    }

    #[test]
    fn a_uri_that_cannot_be_asked_for_is_not_asked_for_again_and_again() {
        assert!(matches!(open("http://no host/m.zip").err(), Some(Failure::Unusable(_))));
    }
}
