//! Who issues tokens, on loopback: signs them with a key that brokers know, and says no where a test wants that.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use openssl::{
    base64,
    hash::MessageDigest,
    pkey::{PKey, Private},
    sign::Signer,
};
use serde_json::{Value, json};

use super::certificates::new_key;

const KEY: &str = "tests";
pub(crate) const AUDIENCE: &str = "kafka";
pub(crate) const ISSUER: &str = "https://tokens.example.org";

/// What it answers, and what it was asked.
struct State {
    /// How long its tokens are valid.
    lifetime: Duration,
    /// Status and body that it answers with instead of a token.
    refusal: Option<(u16, String)>,
    /// The bodies of the requests.
    asked: Vec<String>,
}

/// Issues tokens whose principal is the client's name.
pub(crate) struct Tokens {
    key: PKey<Private>,
    state: Arc<Mutex<State>>,
    url: String,
}

impl Tokens {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/token", listener.local_addr().expect("its address"));
        let state = State { lifetime: Duration::from_mins(5), refusal: None, asked: vec![] };
        let (key, state) = (new_key(), Arc::new(Mutex::new(state)));
        let (signing, shared) = (key.clone(), Arc::clone(&state));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away in the middle is its own business.
                let _ = answer(stream, &signing, &shared);
            }
        });
        Self { key, state, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What brokers check signatures with.
    pub(crate) fn key_set(&self) -> String {
        let rsa = self.key.rsa().expect("a key");
        let key = json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY,
            "n": encoded(&rsa.n().to_vec()), "e": encoded(&rsa.e().to_vec()),
        });
        json!({"keys": [key]}).to_string()
    }

    /// A token as it issues them.
    pub(crate) fn token(&self, principal: &str, lifetime: Duration) -> String {
        signed(&self.key, principal, lifetime)
    }

    /// From now on its tokens are valid for so long.
    pub(crate) fn last(&self, lifetime: Duration) {
        self.state.lock().expect("its state").lifetime = lifetime;
    }

    /// From now on it answers with this; `None`: with tokens.
    pub(crate) fn refuse(&self, refusal: Option<(u16, &str)>) {
        self.state.lock().expect("its state").refusal = refusal.map(|(status, body)| (status, body.to_owned()));
    }

    /// The bodies of the requests up to now.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().expect("its state").asked.clone()
    }
}

fn answer(stream: TcpStream, key: &PKey<Private>, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut name) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((header, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match header.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => name = value.strip_prefix("Basic ").and_then(|text| base64::decode_block(text).ok()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let name = name.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let in_body = body.split('&').find_map(|pair| pair.strip_prefix("client_id="));
    let name = in_body.or(name.split(':').next()).unwrap_or_default();
    let (status, text) = {
        let mut state = state.lock().expect("its state");
        state.asked.push(body.clone());
        state.refusal.clone().unwrap_or_else(|| {
            let token = signed(key, name, state.lifetime);
            let lifetime = state.lifetime.as_secs();
            (200, json!({"access_token": token, "token_type": "Bearer", "expires_in": lifetime}).to_string())
        })
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

fn signed(key: &PKey<Private>, principal: &str, lifetime: Duration) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let part = |value: &Value| encoded(value.to_string().as_bytes());
    let header = part(&json!({"alg": "RS256", "typ": "JWT", "kid": KEY}));
    let until = now + lifetime.as_secs();
    let claims = json!({
        "iss": ISSUER, "sub": principal, "aud": AUDIENCE, "scope": "kafka", "iat": now, "exp": until,
    });
    let claims = part(&claims);
    let signature = Signer::new(MessageDigest::sha256(), key)
        .and_then(|mut signer| signer.sign_oneshot_to_vec(format!("{header}.{claims}").as_bytes()))
        .expect("a signature");
    format!("{header}.{claims}.{}", encoded(&signature))
}

/// Base64 as in addresses, without padding.
fn encoded(bytes: &[u8]) -> String {
    base64::encode_block(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}
