//! The headers of Kafka records as what they are: bytes, name and value. Beside them, in [`topics`], the ids of topics.
//!
//! A header's name is UTF-8 by agreement only. Clients in C, Go or PHP send whatever they were given, brokers store it
//! as it came, and `rdkafka` panics as soon as such a header is looked at (`CStr::to_str().unwrap()` in 0.39's
//! `Headers::try_get`). This crate asks librdkafka itself, through the bindings that `rdkafka` re-exports, and does
//! nothing else.
//!
//! **Why `unsafe`:** librdkafka is C, and its safe wrapper has no way to look at a header without taking its name for
//! text. All of that is here, so that the rest of the workspace can forbid it. The tests run under valgrind too:
//! `cargo xtask valgrind` (Miri can't: it runs no C).
//!
//! **What librdkafka can't tell:** a name's length. It keeps it, and copies and sends the whole name, but hands out a C
//! string. So a name with a NUL byte is kept byte for byte by whoever copies headers ([`copy`]), and looks shorter in
//! [`iter`].

pub mod commits;
pub mod membership;
pub mod rights;
pub mod tokens;
pub mod topics;

use std::{
    ffi::{CStr, c_char, c_void},
    ptr, slice,
};

use rdkafka::{
    bindings::{
        rd_kafka_header_add, rd_kafka_header_get, rd_kafka_header_get_all, rd_kafka_header_remove, rd_kafka_headers_t,
        rd_kafka_message_headers, rd_kafka_resp_err_t,
    },
    error::RDKafkaErrorCode,
    message::{BorrowedHeaders, BorrowedMessage, OwnedHeaders},
};

const OK: rd_kafka_resp_err_t = rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
const NONE: rd_kafka_resp_err_t = rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__NOENT;

/// A record has headers that librdkafka can't take apart: it reads at most 100,000 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record's headers can't be read ({0}); the Kafka client reads at most 100,000 of them")]
pub struct Unreadable(RDKafkaErrorCode);

/// One header: its name, up to the first NUL byte, and its value. `None` is null, which isn't the empty value.
pub type Header<'h> = (&'h [u8], Option<&'h [u8]>);

/// The record's headers; `None` where it has none.
pub fn of<'m>(message: &'m BorrowedMessage<'_>) -> Result<Option<&'m BorrowedHeaders>, Unreadable> {
    let mut headers = ptr::null_mut();
    // SAFETY: the message is librdkafka's own and lives. Headers that this takes apart belong to it from then on, and
    // are freed with it.
    match unsafe { rd_kafka_message_headers(message.ptr(), &raw mut headers) } {
        // SAFETY: no error means that the pointer is set, and what it points to lives as long as the message, which
        // `'m` borrows. The cast is `native` the other way round.
        OK => Ok(Some(unsafe { &*headers.cast::<BorrowedHeaders>() })),
        NONE => Ok(None),
        error => Err(Unreadable(error.into())),
    }
}

/// The record's headers, byte for byte, for as long as they are wanted; `None` where it has none.
pub fn copy(message: &BorrowedMessage<'_>) -> Result<Option<OwnedHeaders>, Unreadable> {
    Ok(of(message)?.map(BorrowedHeaders::detach))
}

/// The headers in their order.
pub fn iter(headers: &BorrowedHeaders) -> impl Iterator<Item = Header<'_>> {
    (0..).map_while(|index| at(headers, index))
}

fn at(headers: &BorrowedHeaders, index: usize) -> Option<Header<'_>> {
    let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
    // SAFETY: `native` gives headers that live for the call; an index beyond the last is an error, and writes nothing.
    let outcome =
        unsafe { rd_kafka_header_get_all(native(headers), index, &raw mut name, &raw mut value, &raw mut size) };
    // SAFETY: no error means that the name is a C string, and both are the headers' own, which `headers` borrows:
    // nobody changes them meanwhile.
    (outcome == OK).then(|| unsafe { (CStr::from_ptr(name).to_bytes(), bytes(value, size)) })
}

/// The value of the first header of exactly this name: `Some(None)` is null.
pub fn first<'h>(headers: &'h BorrowedHeaders, name: &CStr) -> Option<Option<&'h [u8]>> {
    let (mut value, mut size) = (ptr::null(), 0);
    // SAFETY: as in `at`; the name is a C string.
    let outcome = unsafe { rd_kafka_header_get(native(headers), 0, name.as_ptr(), &raw mut value, &raw mut size) };
    // SAFETY: as in `at`.
    (outcome == OK).then(|| unsafe { bytes(value, size) })
}

/// Adds a header at the end.
///
/// # Panics
///
/// Never: only headers that are read-only refuse another one, and owned ones are not.
pub fn add(headers: &mut OwnedHeaders, name: &[u8], value: Option<&[u8]>) {
    let (start, size) = value.map_or((ptr::null(), 0), |value| (value.as_ptr(), value.len()));
    // SAFETY: `headers` is ours alone for the call; librdkafka copies name and value, of which it gets the lengths. A
    // slice's length fits `isize`, so none is taken for -1, which would mean "ask strlen".
    let outcome = unsafe {
        rd_kafka_header_add(
            native(headers.as_borrowed()),
            name.as_ptr().cast::<c_char>(),
            name.len().cast_signed(),
            start.cast::<c_void>(),
            size.cast_signed(),
        )
    };
    assert_eq!(outcome, OK, "owned headers take another one");
}

/// Removes all headers of this name. One whose name goes on with a NUL byte behind it is taken for the same by
/// librdkafka.
pub fn remove(headers: &mut OwnedHeaders, name: &CStr) {
    // SAFETY: `headers` is ours alone for the call; the name is a C string. That there is no such header is the one
    // error, and none here.
    unsafe { rd_kafka_header_remove(native(headers.as_borrowed()), name.as_ptr()) };
}

/// librdkafka's own pointer. `rdkafka` makes its references from it by this very cast
/// (`BorrowedHeaders::from_native_ptr`, and `OwnedHeaders::as_borrowed`) and keeps it to itself.
fn native(headers: &BorrowedHeaders) -> *mut rd_kafka_headers_t {
    ptr::from_ref(headers).cast_mut().cast()
}

/// # Safety
///
/// `value` is null, or `size` bytes are there, which nobody changes for `'h`.
unsafe fn bytes<'h>(value: *const c_void, size: usize) -> Option<&'h [u8]> {
    // SAFETY: the caller's promise.
    (!value.is_null()).then(|| unsafe { slice::from_raw_parts(value.cast(), size) })
}
