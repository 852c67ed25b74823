//! Everything at once, at random, for as long as it was asked for: loss, order, and memory that stays flat.
//!
//! One instance is never killed: its memory is watched. The schedule follows from the seed alone; how long each fault
//! takes to be over is the machine's.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::super::{
    super::{
        model::{faulty, zipped},
        processes::signal,
        script::Script,
        service::Service,
    },
    asked,
    cluster::Cluster,
    load::Load,
    oracle::Kind,
    play::{PARTITIONS, PATIENCE, Play, Run, seconds, staged, tell_gap},
    proxy::Weather,
    sampler::Memory,
};

/// Low enough that a machine of two processors has time for the faults too.
const RATE: u32 = 300;

/// Events of each partition that are there before: together more than may be open, so that what memory is needed at
/// most is needed at the beginning, and what comes on top later is a leak.
const BACKLOG: u64 = 30_000;

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The other instance is killed, and comes back.
    Kill,
    /// It stops in order, and comes back: two rebalances.
    Restart,
    WorkersKilled,
    BrokerStopped,
    BrokerKilled,
    BrokerFrozen,
    LossyLinks,
    CutLinks,
    Swap,
    Poison,
    Exception,
    Hang,
    Leaks,
}

const FAULTS: [Fault; 13] = [
    Fault::Kill,
    Fault::Restart,
    Fault::WorkersKilled,
    Fault::BrokerStopped,
    Fault::BrokerKilled,
    Fault::BrokerFrozen,
    Fault::LossyLinks,
    Fault::CutLinks,
    Fault::Swap,
    Fault::Poison,
    Fault::Exception,
    Fault::Hang,
    Fault::Leaks,
];

struct Soak {
    cluster: Cluster,
    play: Play,
    elder: Service,
    other: Service,
    /// How often an event may have been read again.
    reads: usize,
    models: usize,
}

pub(super) fn soak(run: &mut Run) {
    let mut soak = Soak::begin(run);
    let (mut memory, mut workers, mut faults) = (Memory::default(), Memory::default(), vec![0; FAULTS.len()]);
    let from = Instant::now();
    let end = from + asked::soak();
    while Instant::now() < end {
        let place = usize::try_from(run.random.below(FAULTS.len() as u64)).expect("few");
        eprintln!("soak: {:?} after {}", FAULTS[place], seconds(from.elapsed()));
        soak.injects(FAULTS[place], run);
        faults[place] += 1;
        soak.play.witness.wait_for_more(RATE as usize, PATIENCE);
        memory.look(&soak.elder);
        workers.look_at_workers(&soak.elder);
    }
    let told = FAULTS.iter().zip(&faults).map(|(fault, count)| format!("{count} {fault:?}")).collect::<Vec<_>>();
    run.tell(told.join(" "));
    let (tenths, in_use) = (memory.tenths_told(), Memory::in_use(&soak.elder).tenths_told());
    run.tell(format!("memory by tenths of the time {tenths} MiB, of which in use {in_use} KiB"));
    run.tell(format!("its workers at most {} MiB", workers.most()));
    assert!(soak.elder.is_running(), "the elder instance lives through it all");
    soak.other.stop();
    let to = Instant::now();
    let seen = soak.play.finish(&mut soak.elder, soak.reads, run);
    tell_gap(run, &seen, &[0, 1, 2, 3], (from, to));
    let (middle, last) = memory.thirds();
    assert!(!memory.tells() || memory.is_flat(), "memory grew from {middle} MiB in the second third to {last} MiB");
}

impl Soak {
    fn begin(run: &Run) -> Self {
        let cluster = run.cluster();
        let scene = staged(cluster.scene("soak"))
            .set("operators.serve.predict_timeout", "5s")
            .set("operators.serve.memory_limit", "1GB")
            .impatient();
        let load = Load::new(PARTITIONS, 0);
        load.add(&scene, BACKLOG);
        let mut play = Play::with(scene, load);
        let elder = play.scene.serve().at_work();
        play.flows();
        play.load.begin(&play.scene, RATE);
        let other = play.scene.serve().at_work();
        Self { cluster, play, elder, other, reads: 0, models: 0 }
    }

    fn injects(&mut self, fault: Fault, run: &mut Run) {
        match fault {
            Fault::Kill => {
                self.other.signal("KILL");
                self.other.wait();
                self.reads += 1;
                self.come_back(run);
            }
            Fault::Restart => {
                self.other.stop();
                self.come_back(run);
            }
            Fault::WorkersKilled => self.elder.workers().iter().for_each(|worker| signal(*worker, "KILL")),
            Fault::BrokerStopped | Fault::BrokerKilled | Fault::BrokerFrozen => self.broker(fault, run),
            Fault::LossyLinks => self.links(Weather::Lossy(Duration::from_millis(100), 30), run),
            Fault::CutLinks => self.links(Weather::Cut, run),
            Fault::Swap => {
                self.models += 1;
                Script::new(&self.play.scene).model(0, &zipped(faulty(), &self.models.to_string(), 0));
            }
            Fault::Poison => self.guilty(Kind::Crashes, run),
            Fault::Exception => self.guilty(Kind::Fails, run),
            Fault::Hang => self.guilty(Kind::Hangs, run),
            Fault::Leaks => (0..40).for_each(|leak| self.play.load.next_is(leak % PARTITIONS, Kind::Leaks)),
        }
    }

    fn come_back(&mut self, run: &mut Run) {
        thread::sleep(run.random.moment(3000));
        self.other = self.play.scene.serve();
    }

    /// The group may move, or miss both instances, which read again what they had not committed.
    fn broker(&mut self, fault: Fault, run: &mut Run) {
        self.reads += 2;
        let place = run.pick_broker();
        let broker = &self.cluster.brokers[place];
        match fault {
            Fault::BrokerStopped => broker.stop(),
            Fault::BrokerKilled => broker.kill(),
            _ => broker.freeze(),
        }
        thread::sleep(Duration::from_secs(2) + run.random.moment(6000));
        if matches!(fault, Fault::BrokerFrozen) {
            self.play.thaw(&self.cluster, place);
        } else {
            broker.restart();
            self.cluster.wait_until_whole();
        }
    }

    fn links(&mut self, weather: Weather, run: &mut Run) {
        self.reads += 2;
        let link = &self.cluster.links[run.pick_broker()];
        link.weather(weather);
        thread::sleep(Duration::from_secs(1) + run.random.moment(5000));
        link.weather(Weather::Fine);
    }

    fn guilty(&self, kind: Kind, run: &mut Run) {
        let partition = usize::try_from(run.random.below(PARTITIONS as u64)).expect("few");
        self.play.load.next_is(partition, kind);
    }
}
