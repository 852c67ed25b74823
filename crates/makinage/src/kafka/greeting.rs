//! The two first questions of Kafka's protocol, by hand: which requests a broker knows, and how clients log in. Kafka's
//! client asks them too, but says little of what comes back.

use std::io::{self, Error, ErrorKind, Read, Write};

const API_VERSIONS: i16 = 18;
const SASL_HANDSHAKE: i16 = 17;
const NO_ERROR: i16 = 0;
const UNSUPPORTED_MECHANISM: i16 = 33;
/// More than any answer to these has.
const MOST: usize = 1 << 20;
const NAME: &str = "makinage";

/// What a listener says of logging in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// This way it can be done.
    Possible,
    /// It can be done in these ways.
    Otherwise(Vec<String>),
    /// Nobody logs in there.
    None,
}

/// Whether what listens is a broker: it answers the question that every client asks first.
pub(super) fn greet(stream: &mut (impl Read + Write)) -> io::Result<()> {
    ask(stream, API_VERSIONS, 0, &[]).map(drop)
}

/// Whether clients can log in with a mechanism; the empty one is none.
pub(super) fn login(stream: &mut (impl Read + Write), mechanism: &str) -> io::Result<Login> {
    let mut body = vec![];
    put(&mut body, mechanism)?;
    let answer = ask(stream, SASL_HANDSHAKE, 1, &body)?;
    read(&answer).ok_or_else(|| Error::new(ErrorKind::InvalidData, "no answer of Kafka's"))
}

fn read(mut answer: &[u8]) -> Option<Login> {
    let code = i16::from_be_bytes(*answer.split_off(..2)?.first_chunk()?);
    match code {
        NO_ERROR => return Some(Login::Possible),
        UNSUPPORTED_MECHANISM => {}
        _ => return Some(Login::None),
    }
    let count = i32::from_be_bytes(*answer.split_off(..4)?.first_chunk()?);
    let mut mechanisms = vec![];
    for _ in 0..count {
        let length = u16::from_be_bytes(*answer.split_off(..2)?.first_chunk()?);
        mechanisms.push(String::from_utf8_lossy(answer.split_off(..usize::from(length))?).into_owned());
    }
    Some(Login::Otherwise(mechanisms))
}

/// Asks, and returns the answer without its header.
fn ask(stream: &mut (impl Read + Write), key: i16, version: i16, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut request = vec![];
    request.extend(key.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    put(&mut request, NAME)?;
    request.extend(body);
    let length = i32::try_from(request.len()).map_err(Error::other)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&request)?;
    stream.flush()?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| (4..MOST).contains(length));
    let length = length.ok_or_else(|| Error::new(ErrorKind::InvalidData, "no answer of Kafka's"))?;
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    // Its number, which is 1 too.
    Ok(answer.split_off(4))
}

fn put(request: &mut Vec<u8>, text: &str) -> io::Result<()> {
    let length = i16::try_from(text.len()).map_err(Error::other)?;
    request.extend(length.to_be_bytes());
    request.extend(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_which_mechanisms_there_are() {
        assert_eq!(read(&[0, 0, 0, 0, 0, 0]), Some(Login::Possible));
        assert_eq!(read(&[0, 34, 0, 0, 0, 0]), Some(Login::None));
        let mut two = vec![0, 33, 0, 0, 0, 2];
        two.extend(b"\0\x05PLAIN\0\x01X");
        assert_eq!(read(&two), Some(Login::Otherwise(vec!["PLAIN".into(), "X".into()])));
        for cut in 0..two.len() {
            assert_eq!(read(&two[..cut]), None, "{cut}");
        }
    }
}
