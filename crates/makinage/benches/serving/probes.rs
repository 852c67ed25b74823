//! How long the product's own port takes to begin an answer, while it serves as much as it can.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::figures::{Figures, Of, Spread};

/// Where the port is when nothing is said of it.
const ADDRESS: &str = "127.0.0.1:9464";
/// As a probe asks.
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:9464\r\nConnection: close\r\n\r\n";
/// Between two probes.
const BETWEEN: Duration = Duration::from_millis(20);

/// Somebody who probes again and again.
pub(crate) struct Probes {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Vec<f64>>>,
}

impl Probes {
    /// Begins to probe.
    pub(crate) fn start() -> Self {
        let enough = Arc::<AtomicBool>::default();
        let until = Arc::clone(&enough);
        let thread = thread::spawn(move || {
            let mut took = vec![];
            while !until.load(Ordering::Relaxed) {
                took.push(probe()?.as_secs_f64() * 1e3);
                thread::sleep(BETWEEN);
            }
            Ok(took)
        });
        Self { enough, thread }
    }

    /// Ends, and tells what was seen.
    pub(crate) fn tell(self, figures: &mut Figures) -> Result<(), String> {
        self.enough.store(true, Ordering::Relaxed);
        let took = self.thread.join().expect("it doesn't panic");
        let took = took.map_err(|error| format!("doesn't answer at {ADDRESS}: {error}"))?;
        if let Some(Spread { median, most, .. }) = Spread::of(took) {
            figures.insert(Of::Probe, median);
            figures.insert(Of::LongestProbe, most);
        }
        Ok(())
    }
}

/// How long it took from the connection's beginning to the answer's first byte.
fn probe() -> io::Result<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(ADDRESS)?;
    stream.write_all(REQUEST)?;
    stream.read_exact(&mut [0])?;
    Ok(began.elapsed())
}
