//! What members of a group have written beside the offsets that they committed. It is bytes, which anybody may write:
//! `rdkafka` takes it for text, and panics where it isn't.

use std::slice;

use rdkafka::TopicPartitionList;

/// What is written beside each offset of a list, in the list's order; empty where nothing is.
pub fn notes(list: &TopicPartitionList) -> Vec<&[u8]> {
    // SAFETY: the list is librdkafka's own and lives as long as `list`, and so do its entries and what they point to,
    // which nobody changes while it is borrowed. There are `cnt` entries, and the array is there where that isn't 0.
    let entries = unsafe {
        let list = &*list.ptr();
        if list.elems.is_null() {
            &[]
        } else {
            slice::from_raw_parts(list.elems, usize::try_from(list.cnt).unwrap_or(0))
        }
    };
    let note = |note: *const u8, size| {
        if note.is_null() {
            return &[][..];
        }
        // SAFETY: it is there, and has so many bytes.
        unsafe { slice::from_raw_parts(note, size) }
    };
    entries.iter().map(|entry| note(entry.metadata.cast_const().cast(), entry.metadata_size)).collect()
}
