//! The driver of events that come at a pace: it produces them, and reads their outputs.
//!
//! It shares the machine with what it measures, so it never spins: each millisecond it sends what is due since the last
//! one, and otherwise sleeps in the system's calls. An event's time begins when it is sent, not when it was due. What
//! the driver itself costs is told with its figures.

use std::{
    ops::Range,
    process, thread,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset,
    consumer::BaseConsumer,
    producer::{BaseProducer, Producer},
};

use crate::{
    contestants::Talks,
    kafka::{Kafka, PATIENCE, Topic, number, send},
    processes,
};

/// How long the driver sleeps at least.
const BEAT: Duration = Duration::from_millis(1);

/// The number of the event that is asked with whether anybody serves; an answer may be late.
pub(crate) const WAKE: usize = 0;

/// Which events are produced, how often, and how.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    pub numbers: Range<usize>,
    pub rate: u32,
    pub talks: Talks,
}

/// What came of it.
pub(crate) struct Kept {
    /// How long each event took, from its production to its output's arrival here.
    pub took: Vec<Duration>,
    /// The driver's own processor time meanwhile.
    pub spent: Duration,
    /// How long it went on.
    pub lasted: Duration,
}

/// Produces events at this pace and waits for all their outputs.
pub(crate) fn keep<'a>(
    kafka: &Kafka,
    [events, outputs]: [&Topic; 2],
    event: impl Fn(usize) -> &'a str,
    pace: &Pace,
) -> Result<Kept, String> {
    let mut client = kafka.client();
    client.set("linger.ms", "0");
    let producer: BaseProducer = client.create().expect("a producer");
    let end = kafka.counter(outputs).count();
    let consumer = kafka.consumer(outputs, Offset::Offset(i64::try_from(end).expect("a count")));
    let reader = {
        let pace = pace.clone();
        thread::spawn(move || read(&consumer, &pace))
    };
    let before = processes::spent(process::id());
    let began = Instant::now();
    let all = produce(&producer, &events.name, event, pace);
    let arrived = reader.join().expect("it doesn't panic")?;
    let (spent, lasted) = (processes::spent(process::id()).saturating_sub(before), began.elapsed());
    producer.flush(PATIENCE).map_err(|error| error.to_string())?;
    let took = all.iter().zip(&arrived).map(|(sent, arrived)| arrived.saturating_duration_since(*sent)).collect();
    Ok(Kept { took, spent, lasted })
}

fn produce<'a>(producer: &BaseProducer, topic: &str, event: impl Fn(usize) -> &'a str, pace: &Pace) -> Vec<Instant> {
    let every = Duration::from_secs(1) / pace.rate;
    let mut sent = Vec::with_capacity(pace.numbers.len());
    let mut due = Instant::now();
    for number in pace.numbers.clone() {
        if due > Instant::now() {
            producer.poll(Duration::ZERO);
            thread::sleep(due.saturating_duration_since(Instant::now()).max(BEAT));
        }
        sent.push(Instant::now());
        send(producer, topic, number, (event(number), pace.talks));
        due += every;
    }
    sent
}

fn read(consumer: &BaseConsumer, pace: &Pace) -> Result<Vec<Instant>, String> {
    let mut arrived = vec![None; pace.numbers.len()];
    let (mut count, mut last) = (0, Instant::now());
    while count < arrived.len() {
        if last.elapsed() > PATIENCE {
            return Err(format!("has {count} outputs of {} at {} a second", arrived.len(), pace.rate));
        }
        let Some(message) = consumer.poll(Duration::from_millis(500)) else { continue };
        last = Instant::now();
        let message = message.map_err(|error| error.to_string())?;
        if message.key().map(number) == Some(WAKE) {
            continue;
        }
        // Where they have no keys they come in order.
        let at = message.key().map_or(Some(count), |key| number(key).checked_sub(pace.numbers.start));
        let slot = at.and_then(|at| arrived.get_mut(at)).ok_or("has an output for no event")?;
        if slot.replace(last).is_some() {
            return Err("has two outputs for one event".to_owned());
        }
        count += 1;
    }
    Ok(arrived.into_iter().flatten().collect())
}
