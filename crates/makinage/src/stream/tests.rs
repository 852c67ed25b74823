use std::{cell::RefCell, rc::Rc, sync::Arc};

use super::*;
use crate::{
    delivery::at_least_once::AtLeastOnce,
    event::{Event, Failure},
    sink::{Refused, Sink},
    source::acks::Acks,
};

/// A sink that remembers which assignments are over.
struct Fake(Rc<RefCell<Vec<u32>>>);

impl Sink for Fake {
    fn write(&mut self, _event: &Event, _value: &[u8], _model: &str) -> Result<(), Failure> {
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        vec![]
    }

    fn give_up(&mut self, assignments: &[u32]) {
        self.0.borrow_mut().extend(assignments);
    }

    fn flush(&mut self, _timeout: Duration) -> bool {
        true
    }
}

#[test]
fn the_sink_is_told_which_assignments_are_over() {
    let (over, now) = (Rc::default(), Instant::now());
    let acks = Arc::<Acks>::default();
    let writer = Writer::new(vec![], AtLeastOnce::new(Fake(Rc::clone(&over)), Arc::clone(&acks)), acks, now);
    Stream::new(writer, Samples::default(), Arc::default()).accept(Intake::Over(vec![3, 5]), now);
    assert_eq!(*over.borrow(), [3, 5]);
}
