//! What a client may do with topics, a consumer group and the cluster, as brokers say it when they are asked: nothing
//! is tried for it. `rdkafka` has neither these requests nor their answers.

use std::{
    ffi::{CString, c_char, c_int},
    ptr, slice,
    time::Duration,
};

use rdkafka::{
    bindings::{
        rd_kafka_AclOperation_t, rd_kafka_AdminOptions_destroy, rd_kafka_AdminOptions_new,
        rd_kafka_AdminOptions_set_include_authorized_operations, rd_kafka_AdminOptions_set_request_timeout,
        rd_kafka_AdminOptions_t, rd_kafka_ConsumerGroupDescription_authorized_operations,
        rd_kafka_ConsumerGroupDescription_error, rd_kafka_DescribeCluster,
        rd_kafka_DescribeCluster_result_authorized_operations, rd_kafka_DescribeConsumerGroups,
        rd_kafka_DescribeConsumerGroups_result_groups, rd_kafka_DescribeTopics, rd_kafka_DescribeTopics_result_topics,
        rd_kafka_TopicCollection_destroy, rd_kafka_TopicCollection_of_topic_names,
        rd_kafka_TopicDescription_authorized_operations, rd_kafka_TopicDescription_error, rd_kafka_admin_op_t,
        rd_kafka_error_code, rd_kafka_error_destroy, rd_kafka_error_t, rd_kafka_event_DescribeCluster_result,
        rd_kafka_event_DescribeConsumerGroups_result, rd_kafka_event_DescribeTopics_result, rd_kafka_event_destroy,
        rd_kafka_event_error, rd_kafka_event_t, rd_kafka_queue_destroy, rd_kafka_queue_new, rd_kafka_queue_poll,
        rd_kafka_queue_t, rd_kafka_t,
    },
    client::{Client, ClientContext},
    error::RDKafkaErrorCode,
};

use crate::OK;

/// What may be done, of what this project does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Kafka's `READ`.
    Read,
    /// Kafka's `WRITE`.
    Write,
    /// Kafka's `DESCRIBE`.
    Describe,
    /// Kafka's `DESCRIBE_CONFIGS`.
    DescribeConfigs,
    /// Kafka's `IDEMPOTENT_WRITE`.
    IdempotentWrite,
}

/// What a client may do; `None` where brokers don't say, as those without an authorizer. An error where even the
/// question is refused.
pub type Granted = Result<Option<Vec<Operation>>, RDKafkaErrorCode>;

/// What the client may do with a topic.
pub fn of_topic<C: ClientContext>(client: &Client<C>, topic: &str, timeout: Duration) -> Granted {
    let Ok(name) = CString::new(topic) else { return Err(RDKafkaErrorCode::InvalidTopic) };
    let mut names = [name.as_ptr()];
    let op = rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
    // SAFETY: names and options are copied by librdkafka before it returns; the collection is freed here, once.
    let ask = |native, options, queue| unsafe {
        let topics = rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        rd_kafka_DescribeTopics(native, topics, options, queue);
        rd_kafka_TopicCollection_destroy(topics);
    };
    // SAFETY: the event lives for the call, and all that is read belongs to it. It is the answer to that question.
    let read = |event| unsafe {
        let mut count = 0;
        let topics = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &raw mut count);
        let topic = *first(topics, count)?;
        check(rd_kafka_TopicDescription_error(topic))?;
        let mut count = 0;
        let operations = rd_kafka_TopicDescription_authorized_operations(topic, &raw mut count);
        Ok(known(operations, count))
    };
    asked(client, op, timeout, ask, read)
}

/// What the client may do with a consumer group, which need not be there.
pub fn of_group<C: ClientContext>(client: &Client<C>, group: &str, timeout: Duration) -> Granted {
    let Ok(name) = CString::new(group) else { return Err(RDKafkaErrorCode::InvalidGroupId) };
    let mut names: [*const c_char; 1] = [name.as_ptr()];
    let op = rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
    // SAFETY: as above.
    let ask = |native, options, queue| unsafe {
        rd_kafka_DescribeConsumerGroups(native, names.as_mut_ptr(), names.len(), options, queue);
    };
    // SAFETY: as above.
    let read = |event| unsafe {
        let mut count = 0;
        let result = rd_kafka_event_DescribeConsumerGroups_result(event);
        let group = *first(rd_kafka_DescribeConsumerGroups_result_groups(result, &raw mut count), count)?;
        check(rd_kafka_ConsumerGroupDescription_error(group))?;
        let mut count = 0;
        let operations = rd_kafka_ConsumerGroupDescription_authorized_operations(group, &raw mut count);
        Ok(known(operations, count))
    };
    asked(client, op, timeout, ask, read)
}

/// What the client may do with the cluster.
pub fn of_cluster<C: ClientContext>(client: &Client<C>, timeout: Duration) -> Granted {
    let op = rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER;
    // SAFETY: as above.
    let ask = |native, options, queue| unsafe { rd_kafka_DescribeCluster(native, options, queue) };
    // SAFETY: as above.
    let read = |event| unsafe {
        let mut count = 0;
        let result = rd_kafka_event_DescribeCluster_result(event);
        let operations = rd_kafka_DescribeCluster_result_authorized_operations(result, &raw mut count);
        Ok(known(operations, count))
    };
    asked(client, op, timeout, ask, read)
}

/// Asks with `ask`, and reads the answer with `read` while it lives.
fn asked<C: ClientContext>(
    client: &Client<C>,
    op: rd_kafka_admin_op_t,
    timeout: Duration,
    ask: impl FnOnce(*mut rd_kafka_t, *const rd_kafka_AdminOptions_t, *mut rd_kafka_queue_t),
    read: impl FnOnce(*mut rd_kafka_event_t) -> Granted,
) -> Granted {
    let native = client.native_ptr();
    let time = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: the client lives for the calls. What is made here is freed here, once, and after its last use: options
    // are copied by the request, the event is read before it is freed. An answer that comes later finds the queue
    // closed.
    unsafe {
        let queue = rd_kafka_queue_new(native);
        let options = rd_kafka_AdminOptions_new(native, op);
        rd_kafka_AdminOptions_set_request_timeout(options, time, ptr::null_mut(), 0);
        rd_kafka_error_destroy(rd_kafka_AdminOptions_set_include_authorized_operations(options, 1));
        ask(native, options, queue);
        rd_kafka_AdminOptions_destroy(options);
        // The client gives up by itself, and says so.
        let event = rd_kafka_queue_poll(queue, time.saturating_mul(2));
        let answer = if event.is_null() {
            Err(RDKafkaErrorCode::OperationTimedOut)
        } else {
            match rd_kafka_event_error(event) {
                OK => read(event),
                error => Err(error.into()),
            }
        };
        if !event.is_null() {
            rd_kafka_event_destroy(event);
        }
        rd_kafka_queue_destroy(queue);
        answer
    }
}

/// # Safety
///
/// `all` has so many entries, or is null.
unsafe fn first<'a, T>(all: *mut *const T, count: usize) -> Result<&'a *const T, RDKafkaErrorCode> {
    if all.is_null() || count == 0 {
        return Err(RDKafkaErrorCode::UnknownTopicOrPartition);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { &*all })
}

/// # Safety
///
/// `error` lives for the call, or is null.
unsafe fn check(error: *const rd_kafka_error_t) -> Result<(), RDKafkaErrorCode> {
    // SAFETY: the caller's promise.
    let code = if error.is_null() { OK } else { unsafe { rd_kafka_error_code(error) } };
    if code == OK { Ok(()) } else { Err(code.into()) }
}

/// # Safety
///
/// `operations` has so many entries, or is null.
unsafe fn known(operations: *const rd_kafka_AclOperation_t, count: usize) -> Option<Vec<Operation>> {
    use rd_kafka_AclOperation_t as Native;
    if operations.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    let all = unsafe { slice::from_raw_parts(operations, count) };
    let operation = |native: &Native| match native {
        Native::RD_KAFKA_ACL_OPERATION_READ => Some(Operation::Read),
        Native::RD_KAFKA_ACL_OPERATION_WRITE => Some(Operation::Write),
        Native::RD_KAFKA_ACL_OPERATION_DESCRIBE => Some(Operation::Describe),
        Native::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS => Some(Operation::DescribeConfigs),
        Native::RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE => Some(Operation::IdempotentWrite),
        _ => None,
    };
    Some(all.iter().filter_map(operation).collect())
}
