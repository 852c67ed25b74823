use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use super::*;
use crate::{
    delivery::at_least_once::AtLeastOnce,
    event::{Event, Failure},
    predict::testing::{Seat, events, pool},
    sink::{Refused, Sink},
    source::acks::Acks,
};

/// What a sink was told, and what it says.
#[derive(Clone, Default)]
struct Fake {
    /// Assignments that are over.
    over: Rc<RefCell<Vec<u32>>>,
    written: Rc<Cell<usize>>,
    is_busy: Rc<Cell<bool>>,
}

impl Sink for Fake {
    fn write(&mut self, _event: &Event, _value: &[u8], _model: &str) -> Result<(), Failure> {
        self.written.set(self.written.get() + 1);
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        vec![]
    }

    fn is_busy(&mut self) -> bool {
        self.is_busy.get()
    }

    fn give_up(&mut self, assignments: &[u32]) {
        self.over.borrow_mut().extend(assignments);
    }

    fn flush(&mut self, _timeout: Duration) -> bool {
        true
    }
}

fn stream(fake: &Fake, now: Instant) -> Stream<AtLeastOnce<Fake>> {
    let acks = Arc::<Acks>::default();
    let writer = Writer::new(vec!["data".into()], AtLeastOnce::new(fake.clone(), Arc::clone(&acks)), acks, now);
    Stream::new(writer, Samples::default(), Arc::default())
}

/// A stream with a worker of batches of so many events, to a sink that is busy.
fn busy(rows: usize, now: Instant) -> (Fake, Stream<AtLeastOnce<Fake>>, Seat) {
    let fake = Fake::default();
    fake.is_busy.set(true);
    let mut stream = stream(&fake, now);
    let (pool, seat) = pool(1, rows);
    stream.switch_to(pool, now);
    (fake, stream, seat)
}

/// A batch comes, and is answered.
fn pass(stream: &mut Stream<AtLeastOnce<Fake>>, seat: &Seat, events: Vec<Event>, now: Instant) {
    stream.accept(Intake::Events(events), now);
    stream.go_on(now);
    stream.hear(seat.answer(&seat.asked().expect("a batch")), now);
    stream.go_on(now);
}

#[test]
fn the_sink_is_told_which_assignments_are_over() {
    let (fake, now) = (Fake::default(), Instant::now());
    stream(&fake, now).accept(Intake::Over(vec![3, 5]), now);
    assert_eq!(*fake.over.borrow(), [3, 5]);
}

#[test]
fn answered_events_wait_while_the_sink_is_busy_and_are_written_once_it_is_not() {
    let now = Instant::now();
    let (fake, mut stream, seat) = busy(1, now);
    pass(&mut stream, &seat, events(0..1), now);
    assert_eq!((fake.written.get(), stream.next_deadline(now)), (0, Some(LONGEST)));
    pass(&mut stream, &seat, events(1..2), now + LONGEST / 2);
    assert_eq!((fake.written.get(), stream.next_deadline(now + LONGEST / 2)), (0, Some(LONGEST / 2)));
    fake.is_busy.set(false);
    stream.go_on(now + LONGEST / 2);
    assert_eq!(fake.written.get(), 2);
    assert_ne!(stream.next_deadline(now + LONGEST / 2), Some(LONGEST / 2), "nothing waits any more");
}

#[test]
fn answered_events_wait_for_a_busy_sink_no_longer_than_a_moment() {
    let now = Instant::now();
    let (fake, mut stream, seat) = busy(1, now);
    for number in 0..3 {
        let at = now + LONGEST * number;
        pass(&mut stream, &seat, events(i64::from(number)..i64::from(number) + 1), at);
        assert_eq!(fake.written.get(), number as usize);
        stream.go_on(at + LONGEST);
        assert_eq!(fake.written.get(), number as usize + 1);
    }
}

#[test]
fn enough_answered_events_are_written_though_the_sink_is_busy() {
    let now = Instant::now();
    let (fake, mut stream, seat) = busy(1000, now);
    let mut passed = 0;
    while fake.written.get() == 0 {
        pass(&mut stream, &seat, events(passed..passed + 1000), now);
        passed += 1000;
    }
    assert_eq!(fake.written.get(), usize::try_from(passed).expect("a count"));
    assert!((10_000..1_000_000).contains(&passed), "{passed}");
}

#[test]
fn nothing_waits_for_a_busy_sink_when_no_more_events_come() {
    for end in [Intake::Finish, Intake::Stop] {
        let now = Instant::now();
        let (fake, mut stream, seat) = busy(1, now);
        pass(&mut stream, &seat, events(0..1), now);
        stream.accept(end, now);
        stream.go_on(now);
        assert_eq!(fake.written.get(), 1);
        assert!(stream.is_done());
    }
}
