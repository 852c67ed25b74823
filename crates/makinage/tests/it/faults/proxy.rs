//! A link between clients and a broker, which can be made slow, lossy, silent or cut.
//!
//! It listens where the broker says that it does. Of what passes only a request's kind is looked at, where the answer
//! to one of that kind is to be lost.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::super::random::Random;

/// What passes at once; more waits in the sender's socket, as on a line.
const CHUNK: usize = 16 * 1024;
/// How many of them are under way on a slow line.
const UNDER_WAY: usize = 64;

/// What the link does to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    Fine,
    /// Everything comes this much later.
    Slow(Duration),
    /// The same, and one piece in so many comes a second later than that, as after a lost packet.
    Lossy(Duration, u64),
    /// Connections stay and new ones are made, and nothing passes: a half-open link.
    Silent,
    /// Connections end, and new ones end at once.
    Cut,
}

/// Longer than TCP waits before it sends a lost packet again.
const LOST: Duration = Duration::from_secs(1);

pub(crate) struct Proxy {
    link: Arc<Link>,
    port: u16,
}

struct Link {
    state: Mutex<State>,
    changed: Condvar,
    broker: u16,
}

struct State {
    weather: Weather,
    random: Random,
    /// Both ends of what is open.
    open: Vec<TcpStream>,
    /// The answer to the next request of this kind is lost.
    loses: Option<i16>,
    ended: bool,
}

impl Proxy {
    /// Listens at a port for the broker that listens at another one.
    pub(crate) fn start(port: u16, broker: u16, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the proxy's port is free");
        let state =
            State { weather: Weather::Fine, random: Random::new(seed), open: vec![], loses: None, ended: false };
        let link = Arc::new(Link { state: Mutex::new(state), changed: Condvar::new(), broker });
        let shared = Arc::clone(&link);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.state().ended {
                    return;
                }
                shared.connect(client);
            }
        });
        Self { link, port }
    }

    /// From now on.
    pub(crate) fn weather(&self, weather: Weather) {
        let mut state = self.link.state();
        state.weather = weather;
        if weather == Weather::Cut {
            state.close();
        }
        self.link.changed.notify_all();
    }

    /// The next request of this kind, by its number in Kafka's protocol, arrives, and its connection ends before the
    /// answer.
    pub(crate) fn lose_the_answer_to(&self, kind: i16) {
        self.link.state().loses = Some(kind);
    }

    /// Whether that has happened.
    pub(crate) fn has_lost_it(&self) -> bool {
        self.link.state().loses.is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.link.state();
        state.ended = true;
        state.close();
        drop(state);
        self.link.changed.notify_all();
        // Wakes the thread that listens.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl State {
    fn close(&mut self) {
        for stream in self.open.drain(..) {
            // It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether this is a request whose answer is to be lost. Its kind follows its length; an answer has zeros there.
    fn loses_the_answer_to(&mut self, chunk: &[u8]) -> bool {
        let kind = chunk.get(4..6).and_then(|kind| Some(i16::from_be_bytes(kind.try_into().ok()?)));
        let loses = kind.is_some() && kind == self.loses;
        if loses {
            self.loses = None;
        }
        loses
    }

    /// How much later what comes now is to arrive.
    fn delay(&mut self) -> Duration {
        match self.weather {
            Weather::Lossy(delay, one_in) if self.random.below(one_in) == 0 => delay + LOST,
            Weather::Slow(delay) | Weather::Lossy(delay, _) => delay,
            Weather::Fine | Weather::Silent | Weather::Cut => Duration::ZERO,
        }
    }
}

impl Link {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins a client to the broker; a broker that is down, and a cut link, end its connection.
    fn connect(self: &Arc<Self>, client: TcpStream) {
        if self.state().weather == Weather::Cut {
            return;
        }
        let Ok(broker) = TcpStream::connect(("127.0.0.1", self.broker)) else {
            return;
        };
        for (from, to) in [(&client, &broker), (&broker, &client)] {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
                return;
            };
            self.pump(from, to);
        }
        let _ = client.set_nodelay(true);
        let _ = broker.set_nodelay(true);
        self.state().open.extend([client, broker]);
    }

    fn pump(self: &Arc<Self>, mut from: TcpStream, to: TcpStream) {
        let (under_way, arriving) = sync_channel(UNDER_WAY);
        let (entry, exit) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || entry.take_in(&mut from, &under_way));
        thread::spawn(move || exit.let_out(to, &arriving));
    }

    fn take_in(&self, from: &mut TcpStream, under_way: &SyncSender<(Instant, Vec<u8>)>) {
        let mut chunk = vec![0; CHUNK];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => {
                    let due = Instant::now() + self.state().delay();
                    if under_way.send((due, chunk[..length].to_vec())).is_err() {
                        return;
                    }
                    if self.state().loses_the_answer_to(&chunk[..length]) {
                        let _ = from.shutdown(Shutdown::Both);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn let_out(&self, mut to: TcpStream, arriving: &Receiver<(Instant, Vec<u8>)>) {
        for (due, chunk) in arriving {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            self.wait_while_silent();
            if to.write_all(&chunk).is_err() {
                break;
            }
        }
        // One side has ended: the other is told, whatever else was under way.
        let _ = to.shutdown(Shutdown::Both);
    }

    fn wait_while_silent(&self) {
        let mut state = self.state();
        while state.weather == Weather::Silent && !state.ended {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread,
        time::{Duration, Instant},
    };

    use super::{Proxy, Weather};
    use crate::broker::free_ports;

    /// A client of a proxy before a server that says each byte again.
    fn echo() -> (Proxy, TcpStream) {
        let port = free_ports(2);
        let server = TcpListener::bind(("127.0.0.1", port + 1)).unwrap();
        thread::spawn(move || {
            for mut stream in server.incoming().flatten() {
                thread::spawn(move || {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
                });
            }
        });
        let proxy = Proxy::start(port, port + 1, 1);
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        (proxy, client)
    }

    fn says(client: &mut TcpStream, byte: u8) -> bool {
        let mut back = [0];
        client.write_all(&[byte]).is_ok() && client.read_exact(&mut back).is_ok() && back == [byte]
    }

    #[test]
    fn a_silent_link_keeps_what_is_under_way_and_a_cut_one_ends_it() {
        let (proxy, mut client) = echo();
        assert!(says(&mut client, 1));
        proxy.weather(Weather::Silent);
        assert!(!says(&mut client, 2));
        proxy.weather(Weather::Fine);
        let mut late = [0];
        client.read_exact(&mut late).unwrap();
        assert_eq!(late, [2]);
        proxy.weather(Weather::Cut);
        assert!(!says(&mut client, 3));
    }

    #[test]
    fn an_answer_is_lost_once_its_request_has_arrived() {
        let (proxy, mut client) = echo();
        proxy.lose_the_answer_to(26);
        assert!(says(&mut client, 1), "another kind's is not");
        assert!(!proxy.has_lost_it());
        let request = [0, 0, 0, 2, 0, 26];
        assert!(client.write_all(&request).is_ok());
        assert_eq!(client.read(&mut [0; 6]).unwrap_or(0), 0);
        assert!(proxy.has_lost_it());
    }

    #[test]
    fn a_slow_link_delays_both_ways() {
        let (proxy, mut client) = echo();
        client.set_read_timeout(None).unwrap();
        proxy.weather(Weather::Slow(Duration::from_millis(50)));
        let begin = Instant::now();
        assert!(says(&mut client, 1));
        assert!(begin.elapsed() >= Duration::from_millis(100));
    }
}
