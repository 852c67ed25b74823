use super::*;

const SINK: Need<'_> = Need {
    resource: Resource::Topic("predict"),
    must: &[Operation::Write, Operation::Describe],
    assumed: "1048588 bytes are assumed",
};

fn judged(granted: &Granted) -> Verdict {
    let rights = Rights { endpoint: "k:9".into(), principal: Some("User:service".into()) };
    judge(&rights, &SINK, granted)
}

#[test]
fn what_is_missing_is_named_with_its_command_and_nothing_else_is() {
    let Verdict::Missing(line) = judged(&Ok(Some(vec![Operation::Describe]))) else { panic!("it is missing") };
    assert!(line.contains("User:service has no right to Write topic predict"), "{line}");
    assert!(line.ends_with("--allow-principal User:service --operation Write --topic predict"), "{line}");
    let Verdict::Missing(line) = judged(&Err(RDKafkaErrorCode::TopicAuthorizationFailed)) else {
        panic!("all is missing")
    };
    assert!(line.ends_with("--operation Write --operation Describe --topic predict"), "{line}");
}

#[test]
fn what_only_helps_is_a_note_with_what_is_assumed() {
    let Verdict::Lesser(line) = judged(&Ok(Some(vec![Operation::Write, Operation::Describe]))) else {
        panic!("it is missing")
    };
    assert!(line.contains("--operation DescribeConfigs") && line.ends_with("1048588 bytes are assumed"), "{line}");
}

#[test]
fn what_is_granted_is_met_and_what_is_not_known_is_not_called_missing() {
    let all = vec![Operation::Write, Operation::Describe, Operation::DescribeConfigs];
    assert_eq!(judged(&Ok(Some(all))), Verdict::Met);
    assert!(matches!(judged(&Ok(None)), Verdict::Unknown(_)));
    assert!(matches!(judged(&Err(RDKafkaErrorCode::OperationTimedOut)), Verdict::Unknown(_)));
    assert_eq!(judged(&Err(RDKafkaErrorCode::UnknownTopicOrPartition)), Verdict::Met);
}
