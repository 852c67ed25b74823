//! A worker's answers, for tests.

use super::{answer::Answer, protocol::Loaded};
use crate::event::WORKER_STEPS;

/// What a worker says that has loaded its model and scored the example.
pub(crate) fn loaded() -> Loaded {
    Loaded {
        flavour: "sklearn".to_owned(),
        seconds: 0.0,
        dense: false,
        mixed: false,
        columns: vec![],
        warm: true,
        warnings: vec![],
    }
}

/// For consecutive events, the first of which has this place: a status and its bytes each, as `protocol/README.md` has
/// them.
pub(crate) fn answer(first: usize, items: &[(u8, impl AsRef<[u8]>)]) -> Answer {
    let mut payload = head(first, items.len(), 0);
    payload.extend(items.iter().map(|(status, _)| *status));
    payload.extend(items.iter().flat_map(|(_, bytes)| number(bytes.as_ref().len())));
    payload.extend(items.iter().flat_map(|(_, bytes)| bytes.as_ref().iter().copied()));
    Answer::parse(payload).expect("an answer")
}

/// The same of so many events that have all scored, in one of the forms for that: 1 for integers, 2 for floats, 3 for
/// booleans.
pub(crate) fn scores(first: usize, count: usize, form: u8, values: &[u8]) -> Answer {
    let mut payload = head(first, count, form);
    payload.extend(values);
    Answer::parse(payload).expect("an answer")
}

fn head(first: usize, count: usize, form: u8) -> Vec<u8> {
    let mut head = [number(first), number(count)].concat();
    head.extend(1_000_000_u64.to_le_bytes());
    head.extend([0; 8 * WORKER_STEPS.len()]);
    head.push(form);
    head
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).expect("a test's").to_le_bytes()
}
