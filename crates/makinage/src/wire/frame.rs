//! A batch of events as the payload of a `batch` frame: rows of numbers as matrices, the rest as they are. Pure.

use std::sync::Arc;

use super::{
    objects::{Columns, Objects},
    protocol::Loaded,
    rows::{Mixed, RowKind, read_row},
};
use crate::event::Event;

/// Which events may travel as numbers.
#[derive(Debug, Clone, Default)]
pub struct Encoding {
    /// The worker takes dense groups: all steps are the default ones, source and sink are JSON.
    pub dense: bool,
    /// What integers beside floats are to the model.
    pub mixed: Mixed,
    /// Those by which the numbers of an object are a list.
    pub columns: Arc<Columns>,
}

impl Encoding {
    /// What a worker takes that has said this of its model.
    pub fn of(loaded: &Loaded) -> Self {
        let mixed = if loaded.mixed { Mixed::Float } else { Mixed::Integer };
        Self { dense: loaded.dense, mixed, columns: Arc::new(Columns::new(loaded.columns.clone())) }
    }
}

struct Group {
    source: u16,
    kind: Option<RowKind>,
    places: Vec<u32>,
    lengths: Vec<u32>,
    data: Vec<u8>,
}

/// The payload of a `batch` frame. Events without a value must have been taken out before.
pub fn encode_batch(events: &[Event], encoding: &Encoding) -> Vec<u8> {
    let mut groups: Vec<Group> = Vec::new();
    let mut objects = Objects::new(&encoding.columns);
    let mut row = Vec::new();
    for (place, event) in (0_u32..).zip(events) {
        let value = event.value().unwrap_or_default();
        row.clear();
        let read = || read_row(value, encoding.mixed, &mut row).or_else(|| objects.read_row(value, &mut row));
        let kind = encoding.dense.then(read).flatten();
        // Batches are nearly always of one kind, so the group of the last event is looked at first.
        let known = groups.iter().rposition(|group| group.source == event.source && group.kind == kind);
        let index = known.unwrap_or_else(|| {
            groups.push(Group { source: event.source, kind, places: vec![], lengths: vec![], data: vec![] });
            groups.len() - 1
        });
        let group = &mut groups[index];
        group.places.push(place);
        if kind.is_some() {
            group.data.extend_from_slice(&row);
        } else {
            group.lengths.push(length(value.len()));
            group.data.extend_from_slice(value);
        }
    }
    assemble(events.len(), &groups)
}

/// Asks for what the events in these places of a batch have after each step. They ascend; where there are none, only
/// for that of events which end early.
pub fn ask_for_values(payload: &mut Vec<u8>, places: &[u32]) {
    payload.extend_from_slice(&length(places.len()).to_le_bytes());
    payload.extend(places.iter().flat_map(|place| place.to_le_bytes()));
}

fn assemble(events: usize, groups: &[Group]) -> Vec<u8> {
    let size = groups.iter().map(|group| 24 + 8 * group.places.len() + group.data.len()).sum::<usize>();
    let mut payload = Vec::with_capacity(8 + size);
    payload.extend_from_slice(&length(events).to_le_bytes());
    payload.extend_from_slice(&length(groups.len()).to_le_bytes());
    for group in groups {
        payload.push(group.kind.map_or(0, |kind| if kind.float { 2 } else { 1 }));
        payload.extend_from_slice(&group.source.to_le_bytes());
        payload.extend_from_slice(&length(group.places.len()).to_le_bytes());
        payload.extend(group.places.iter().flat_map(|place| place.to_le_bytes()));
        match group.kind {
            Some(kind) => {
                let axes = kind.axes();
                payload.push(u8::try_from(axes.len()).expect("there are few axes; this is a bug"));
                let lengths = if axes.is_empty() { &[1][..] } else { axes };
                payload.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
            }
            None => payload.extend(group.lengths.iter().flat_map(|length| length.to_le_bytes())),
        }
        payload.extend_from_slice(&group.data);
    }
    payload
}

/// A length as the protocol has it. A batch is bounded far below 4 GiB: its events come from records of at most 1 GiB,
/// and more than one is taken only within `batch::MAX_BYTES`.
fn length(value: usize) -> u32 {
    u32::try_from(value).expect("batches are bounded below 4 GiB; this is a bug")
}
