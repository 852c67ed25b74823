//! A worker's answers, for tests.

use super::answer::Answer;

/// For consecutive events, the first of which has this place: a status and its bytes each, as `protocol/README.md` has
/// them.
pub(crate) fn answer(first: usize, items: &[(u8, impl AsRef<[u8]>)]) -> Answer {
    let number = |value: usize| u32::try_from(value).expect("a test's").to_le_bytes();
    let mut payload = [number(first), number(items.len())].concat();
    payload.extend(1_000_000_u64.to_le_bytes());
    payload.push(0);
    payload.extend(items.iter().map(|(status, _)| *status));
    payload.extend(items.iter().flat_map(|(_, bytes)| number(bytes.as_ref().len())));
    payload.extend(items.iter().flat_map(|(_, bytes)| bytes.as_ref().iter().copied()));
    Answer::parse(payload).expect("an answer")
}
