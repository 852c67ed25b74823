//! Which topic a name stands for, by the id that a cluster gives each topic when it is made.
//!
//! A topic that is deleted and made anew keeps its name and gets another id: nothing else tells the two apart, once the
//! new one has as many records as the old one had. `rdkafka` has neither the request nor the answer.

use std::{
    ffi::{CStr, CString, c_char, c_int},
    ptr, slice,
    time::Duration,
};

use rdkafka::{
    bindings::{
        RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT, rd_kafka_AdminOptions_destroy, rd_kafka_AdminOptions_new,
        rd_kafka_AdminOptions_set_broker, rd_kafka_AdminOptions_set_request_timeout, rd_kafka_DescribeTopics,
        rd_kafka_DescribeTopics_result_topics, rd_kafka_TopicCollection_destroy,
        rd_kafka_TopicCollection_of_topic_names, rd_kafka_TopicDescription_error, rd_kafka_TopicDescription_name,
        rd_kafka_TopicDescription_t, rd_kafka_TopicDescription_topic_id, rd_kafka_Uuid_base64str,
        rd_kafka_Uuid_least_significant_bits, rd_kafka_Uuid_most_significant_bits, rd_kafka_admin_op_t,
        rd_kafka_error_code, rd_kafka_event_DescribeTopics_result, rd_kafka_event_destroy, rd_kafka_event_error,
        rd_kafka_event_t, rd_kafka_event_type, rd_kafka_queue_destroy, rd_kafka_queue_new, rd_kafka_queue_poll,
        rd_kafka_queue_t, rd_kafka_t,
    },
    client::{Client, ClientContext},
    error::RDKafkaErrorCode,
};

use crate::OK;

/// A topic as the cluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The name that was asked for.
    pub name: String,
    /// Its id, as `kafka-topics.sh --describe` writes it; `None` where the brokers give none. An error where it isn't
    /// there, or may not be described.
    pub id: Result<Option<String>, RDKafkaErrorCode>,
}

/// Topics have been asked for; the answer comes by itself.
#[derive(Debug)]
pub struct Question {
    queue: *mut rd_kafka_queue_t,
    client: *mut rd_kafka_t,
}

// SAFETY: librdkafka's queues may be used from any thread, and the client is only compared.
unsafe impl Send for Question {}
// SAFETY: as above.
unsafe impl Sync for Question {}

impl Question {
    /// Asks a broker, by its number, for these topics, none of which is made by that. The client gives up after
    /// `timeout`.
    pub fn ask<C: ClientContext>(client: &Client<C>, broker: i32, topics: &[&str], timeout: Duration) -> Self {
        let native = client.native_ptr();
        // No topic has a NUL byte in its name; one that is asked for is not there, under any name.
        let names: Vec<CString> = topics.iter().map(|name| CString::new(*name).unwrap_or_default()).collect();
        let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
        // SAFETY: the client lives for the calls. Names and options are copied by librdkafka before it returns, and
        // what was made here is freed here, once; the queue is freed by `drop`.
        unsafe {
            let queue = rd_kafka_queue_new(native);
            let collection = rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            let options = rd_kafka_AdminOptions_new(native, rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
            // What is out of its range stays as the client has it for all requests.
            rd_kafka_AdminOptions_set_broker(options, broker, ptr::null_mut(), 0);
            rd_kafka_AdminOptions_set_request_timeout(options, milliseconds(timeout), ptr::null_mut(), 0);
            rd_kafka_DescribeTopics(native, collection, options, queue);
            rd_kafka_AdminOptions_destroy(options);
            rd_kafka_TopicCollection_destroy(collection);
            Self { queue, client: native }
        }
    }

    /// The answer, where it comes within `timeout`. There is one.
    ///
    /// # Panics
    ///
    /// With another client than the one that was asked.
    pub fn answer<C: ClientContext>(
        &self,
        client: &Client<C>,
        timeout: Duration,
    ) -> Option<Result<Vec<Described>, RDKafkaErrorCode>> {
        assert_eq!(client.native_ptr(), self.client, "the client that was asked");
        // SAFETY: the queue lives until `drop`, and its client at least for the call, as `client` shows.
        let event = unsafe { rd_kafka_queue_poll(self.queue, milliseconds(timeout)) };
        if event.is_null() {
            return None;
        }
        // SAFETY: the event is ours, is read while it lives, and is freed once.
        let answer = unsafe { read(event) };
        // SAFETY: as above.
        unsafe { rd_kafka_event_destroy(event) };
        Some(answer)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        // SAFETY: it was made by `ask` and is freed once. A queue is counted by itself: freeing it looks at no client,
        // and an answer that comes later finds it closed.
        unsafe { rd_kafka_queue_destroy(self.queue) };
    }
}

fn milliseconds(time: Duration) -> c_int {
    c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX)
}

/// # Safety
///
/// `event` lives for the call.
unsafe fn read(event: *mut rd_kafka_event_t) -> Result<Vec<Described>, RDKafkaErrorCode> {
    // SAFETY: the caller's promise. The result and all in it belong to the event; the array has so many entries, and is
    // null only where that is 0.
    unsafe {
        let error = rd_kafka_event_error(event);
        if error != OK {
            return Err(error.into());
        }
        if rd_kafka_event_type(event) != RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT {
            return Err(RDKafkaErrorCode::InvalidType);
        }
        let mut count = 0;
        let topics = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &raw mut count);
        if topics.is_null() {
            return Ok(vec![]);
        }
        Ok(slice::from_raw_parts(topics, count).iter().map(|topic| described(*topic)).collect())
    }
}

/// # Safety
///
/// `topic` is a description that lives for the call.
unsafe fn described(topic: *const rd_kafka_TopicDescription_t) -> Described {
    // SAFETY: the caller's promise. Name, error and id belong to the description; an error or id may be null, and
    // librdkafka writes an id's text beside it once, which nobody else looks at meanwhile.
    unsafe {
        let name = CStr::from_ptr(rd_kafka_TopicDescription_name(topic)).to_string_lossy().into_owned();
        let error = rd_kafka_TopicDescription_error(topic);
        if !error.is_null() && rd_kafka_error_code(error) != OK {
            return Described { name, id: Err(rd_kafka_error_code(error).into()) };
        }
        let id = rd_kafka_TopicDescription_topic_id(topic);
        let given = !id.is_null()
            && (rd_kafka_Uuid_most_significant_bits(id), rd_kafka_Uuid_least_significant_bits(id)) != (0, 0);
        let text = given.then(|| rd_kafka_Uuid_base64str(id)).filter(|text| !text.is_null());
        Described { name, id: Ok(text.map(|text| CStr::from_ptr(text).to_string_lossy().into_owned())) }
    }
}
