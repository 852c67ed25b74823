//! Events that are sent until one comes back as it must, and what has come back of all of them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Instant,
};

use super::{
    scene::Scene,
    service::DEADLINE,
    stream::{Reader, key, value},
};

/// For a scene whose hooks take an event's `x`, and end their output with a threshold and a version.
pub(crate) struct Scores<'s> {
    scene: &'s Scene,
    reader: Reader,
    events: Cell<usize>,
    outputs: RefCell<BTreeMap<String, Vec<String>>>,
}

impl<'s> Scores<'s> {
    pub(crate) fn new(scene: &'s Scene) -> Self {
        Self { scene, reader: scene.reader(), events: Cell::new(0), outputs: RefCell::default() }
    }

    /// Sends events until one comes back with this threshold and this version of the code. Every event comes back,
    /// whatever serves.
    pub(crate) fn until(&self, threshold: f64, version: u32) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let output = self.next();
            if output.ends_with(&format!(",{threshold},{version}]")) {
                return;
            }
            assert!(Instant::now() < deadline, "outputs are still {output}");
        }
    }

    /// Sends ten events and takes their outputs; the last of them.
    pub(crate) fn next(&self) -> String {
        let first = self.events.get();
        self.events.set(first + 10);
        self.scene.produce_keyed((first..first + 10).map(|n| (n.to_string(), format!("{{\"x\": {n}}}"))));
        let last = (first + 9).to_string();
        for output in self.reader.read_until(|read| read.last().is_some_and(|output| key(output) == last)) {
            self.outputs.borrow_mut().entry(key(&output)).or_default().push(value(&output));
        }
        self.outputs.borrow()[&last].last().expect("an output").clone()
    }

    /// Every event came back exactly once. The service has ended.
    pub(crate) fn assert_none_lost_or_doubled(&self) {
        for output in self.reader.read_to_end() {
            self.outputs.borrow_mut().entry(key(&output)).or_default().push(value(&output));
        }
        let outputs = self.outputs.borrow();
        assert_eq!(outputs.len(), self.events.get());
        assert!(outputs.values().all(|values| values.len() == 1), "{outputs:#?}");
    }
}
