//! By HTTP.

use std::{
    io::{self, Read},
    time::Duration,
};

use ureq::{Agent, ResponseExt, Timeout};

use crate::{generation::models::NotHad, record::reference::shown};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// A model of 64 GiB at 10 MB/s takes nearly two hours.
const BODY: Duration = Duration::from_hours(3);
const REDIRECTS: u32 = 5;
/// A server from which nothing comes for so long is given up.
const STALL: Duration = Duration::from_mins(1);

/// The body of what is there. Redirects are followed within the scheme only, so that what was asked for under TLS comes
/// under TLS.
pub fn open(uri: &str) -> Result<impl Read, NotHad> {
    open_within(uri, STALL)
}

fn open_within(uri: &str, stall: Duration) -> Result<impl Read, NotHad> {
    let scheme = uri.split(':').next().unwrap_or_default();
    let agent: Agent = Agent::config_builder()
        .https_only(scheme == "https")
        .max_redirects(REDIRECTS)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(BODY))
        .timeout_per_read(Some(stall))
        .build()
        .into();
    let response = agent.get(uri).call().map_err(|error| failure(uri, &error))?;
    let came_by = response.get_uri().scheme_str().unwrap_or_default();
    if came_by != scheme {
        let uri = shown(uri);
        return Err(NotHad::Unusable(format!(
            "{uri} leads to {came_by}, which isn't followed: publish the reference that it leads to"
        )));
    }
    Ok(Body { body: response.into_body().into_with_config().limit(u64::MAX).reader(), stall })
}

/// A body whose end by silence is said in words.
struct Body<R> {
    body: R,
    stall: Duration,
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|error| match ureq::Error::from(error) {
            ureq::Error::Timeout(Timeout::PerRead) => {
                io::Error::other(format!("nothing came for {} s", self.stall.as_secs()))
            }
            other => other.into_io(),
        })
    }
}

fn failure(uri: &str, error: &ureq::Error) -> NotHad {
    let uri = shown(uri);
    match error {
        // Too early, too often, or the server's own trouble: it may pass.
        ureq::Error::StatusCode(408 | 425 | 429 | 500..) => NotHad::Later(format!("{uri} can't be had ({error})")),
        ureq::Error::StatusCode(_) => NotHad::Unusable(format!(
            "{uri} can't be had ({error}): see that it is there and may be read from here, and publish the reference \
             again"
        )),
        // These errors hold the URI that it leads to, which may be a signed one.
        ureq::Error::RequireHttpsOnly(_) => unfollowed(&uri, "it leads from https to http"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => unfollowed(&uri, "it is or leads to what is no URI of HTTP"),
        ureq::Error::TooManyRedirects => unfollowed(&uri, "it leads on and on"),
        _ => NotHad::Later(format!("{uri} can't be reached ({error})")),
    }
}

fn unfollowed(uri: &str, why: &str) -> NotHad {
    NotHad::Unusable(format!("{uri} can't be followed ({why}): publish the reference that it leads to"))
}

#[cfg(test)]
mod tests {
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
        let failure = open(&uri).err();
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
        let downgrade = failure("https://h/m.zip", &ureq::Error::RequireHttpsOnly("http://h/?signature=secret".into()));
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
            let outcome = open_within(&uri, stall).unwrap().read_to_end(&mut read);
            serving.join().unwrap();
            (read.len(), outcome.err().map(|error| error.to_string()))
        };
        assert_eq!(answered(700_000, STALL), (700_000, None));
        let (bytes, error) = answered(5, Duration::from_millis(200));
        assert_eq!((bytes, error.as_deref()), (5, Some("nothing came for 0 s")));
    }

    #[test]
    fn a_uri_that_cannot_be_asked_for_is_not_asked_for_again_and_again() {
        assert!(matches!(open("http://no host/m.zip").err(), Some(NotHad::Unusable(_))));
    }
}
