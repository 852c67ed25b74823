//! Records that are read again for their dead letters.

use std::{cell::RefCell, rc::Rc};

use super::{
    group::place,
    world::{MILLISECOND, SECOND, World},
};
use crate::{
    event::Event,
    sink::{
        bell::Bell,
        originals::{Found, Originals, Wanted},
    },
};

/// Finds all, after a while.
pub(super) struct SimOriginals {
    pub world: Rc<World>,
    pub bell: Bell,
    pub found: Rc<RefCell<Vec<Found>>>,
}

impl Originals for SimOriginals {
    fn ask(&mut self, wanted: Wanted) {
        let late = if self.world.fault(self.world.plan.odds.fetch) { 3 * SECOND } else { 20 * MILLISECOND };
        let delay = self.world.draw(|random| random.delay(late));
        let (found, bell) = (Rc::clone(&self.found), self.bell.clone());
        self.world.after(delay, move |world| {
            let Wanted { ticket, place: at } = wanted;
            let input = world.plan.input(place(at.partition), at.offset).expect("it was read before");
            let (key, value) = (input.key(), input.value(at.partition));
            let bytes = |text: &Option<String>| text.as_deref().map(str::as_bytes).map(<[u8]>::to_vec);
            let event = Event::new(ticket, at, bytes(&key).as_deref(), bytes(&value).as_deref());
            found.borrow_mut().push(Found { ticket, event: Some(event) });
            bell.ring();
        });
    }

    fn take(&mut self) -> Vec<Found> {
        self.found.take()
    }
}
