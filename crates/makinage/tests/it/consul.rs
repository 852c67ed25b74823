//! A double of Consul's key-value interface for one key, as its documentation has it: blocking queries, indices, ACL
//! tokens.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Duration,
};

/// The token that the double wants.
pub(crate) const TOKEN: &str = "8f246b77-f3e1-ff88-5b48-8ec93abf3e05";

#[derive(Default)]
struct State {
    away: bool,
    index: u64,
    value: Option<String>,
    restores: usize,
    ahead: usize,
    queries: usize,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// Runs until the test's end.
pub(crate) struct Consul {
    state: Shared,
    port: u16,
}

impl Consul {
    /// It is away at first, and the key has no value.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let state: Shared = Arc::new((Mutex::new(State { away: true, index: 10, ..State::default() }), Condvar::new()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(&stream, &shared));
            }
        });
        Self { state, port }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn put(&self, value: &str) {
        self.change(|state| {
            state.value = Some(value.to_owned());
            state.index += 1;
        });
    }

    pub(crate) fn go(&self) {
        self.change(|state| state.away = true);
    }

    pub(crate) fn come(&self) {
        self.change(|state| state.away = false);
    }

    /// What a restored snapshot does: held queries are let go, indices begin anew, and the value is another one.
    pub(crate) fn restore(&self, value: &str) {
        self.change(|state| {
            state.restores += 1;
            state.index = 2;
            state.value = Some(value.to_owned());
        });
    }

    /// Queries for an index that the double hasn't reached: whoever asks so hasn't noticed that indices went backwards.
    pub(crate) fn queries_ahead(&self) -> usize {
        self.lock().ahead
    }

    /// Queries so far.
    pub(crate) fn queries(&self) -> usize {
        self.lock().queries
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.state.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().expect("the state")
    }
}

/// Answers one query and closes the connection.
fn answer(mut stream: &TcpStream, (state, changed): &(Mutex<State>, Condvar)) {
    let lines: Vec<String> =
        BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let target = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let token = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("x-consul-token: ").map(str::to_owned));
    let index: u64 = parameter("index").and_then(|text| text.parse().ok()).unwrap_or(0);
    let wait = parameter("wait").and_then(|text| text.strip_suffix('s')?.parse().ok()).map_or(0, |wait: u64| wait);

    let mut state = state.lock().expect("the state");
    state.queries += 1;
    state.ahead += usize::from(index > state.index);
    if !state.away && index > 0 {
        // Consul holds a query until its index is passed, or its time is over.
        let restores = state.restores;
        let unchanged = |state: &mut State| !state.away && state.restores == restores && state.index <= index;
        state = changed.wait_timeout_while(state, Duration::from_secs(wait), unchanged).expect("the state").0;
    }
    if state.away {
        return;
    }
    let (status, body) = match &state.value {
        _ if token.as_deref() != Some(TOKEN) => ("403 Forbidden", "Permission denied"),
        Some(value) if path == "/v1/kv/makinage/my%20service" => ("200 OK", value.as_str()),
        _ => ("404 Not Found", ""),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nX-Consul-Index: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        state.index,
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}
