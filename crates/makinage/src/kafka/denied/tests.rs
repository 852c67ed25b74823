use super::*;

fn rights(principal: Option<&str>) -> Rights {
    Rights { endpoint: "k:9093".into(), principal: principal.map(str::to_owned) }
}

#[test]
fn a_missing_right_is_told_with_principal_operation_resource_and_the_command_that_grants_it() {
    let service = rights(Some("User:service"));
    let told = |code, resource, operations: &[Operation]| {
        service.line(&KafkaError::MetadataFetch(code), resource, operations).expect("a line")
    };
    let topic = told(
        RDKafkaErrorCode::TopicAuthorizationFailed,
        Resource::Topic("data"),
        &[Operation::Read, Operation::Describe],
    );
    for part in [
        "User:service has no right to Read and Describe topic data on Kafka at k:9093 (",
        "Topic authorization failed",
        "kafka-acls.sh --bootstrap-server k:9093 --add --allow-principal User:service --operation Read --operation \
         Describe --topic data",
    ] {
        assert!(topic.contains(part), "{part} in {topic}");
    }
    let group = told(RDKafkaErrorCode::GroupAuthorizationFailed, Resource::Group("my app"), &[Operation::Read]);
    assert!(group.contains("the consumer group my app") && group.ends_with("--operation Read --group 'my app'"));
    let id = told(
        RDKafkaErrorCode::TransactionalIdAuthorizationFailed,
        Resource::TransactionalId("app-0"),
        &[Operation::Write],
    );
    assert!(id.ends_with("--operation Write --transactional-id app-0"), "{id}");
    let cluster = told(RDKafkaErrorCode::ClusterAuthorizationFailed, Resource::Cluster, &[Operation::IdempotentWrite]);
    assert!(cluster.ends_with("--operation IdempotentWrite --cluster"), "{cluster}");
}

#[test]
fn a_principal_is_quoted_for_the_shell_and_one_that_is_not_known_is_left_to_the_reader() {
    let read = |rights: &Rights| rights.command(Resource::Topic("t"), &[Operation::Read]);
    assert!(read(&rights(Some("User:CN=me,O=it's"))).contains(r"--allow-principal 'User:CN=me,O=it'\''s' "));
    assert!(read(&rights(None)).contains("--allow-principal 'User:<its principal>' "));
}

#[test]
fn other_errors_are_no_question_of_rights() {
    let error = KafkaError::MetadataFetch(RDKafkaErrorCode::LeaderNotAvailable);
    assert_eq!(rights(None).line(&error, Resource::Cluster, &[]), None);
    assert!(is_denial(&KafkaError::AdminOp(RDKafkaErrorCode::GroupAuthorizationFailed)));
}

#[test]
fn an_error_about_one_kind_of_resource_says_nothing_of_another() {
    let of = |code, resource| rights(None).line(&KafkaError::MessageProduction(code), resource, &[Operation::Write]);
    let all = [
        (RDKafkaErrorCode::TopicAuthorizationFailed, Resource::Topic("t")),
        (RDKafkaErrorCode::GroupAuthorizationFailed, Resource::Group("g")),
        (RDKafkaErrorCode::TransactionalIdAuthorizationFailed, Resource::TransactionalId("i")),
        (RDKafkaErrorCode::ClusterAuthorizationFailed, Resource::Cluster),
    ];
    for (n, (code, _)) in all.iter().enumerate() {
        for (m, (_, resource)) in all.iter().enumerate() {
            // Who may write to any topic may number its records.
            let is_said = n == m || (*code, m) == (RDKafkaErrorCode::ClusterAuthorizationFailed, 0);
            assert_eq!(of(*code, *resource).is_some(), is_said, "{code} of {resource:?}");
        }
    }
}

#[test]
fn what_the_client_says_is_about_what_kafka_says_in_it() {
    let codes = [
        (RDKafkaErrorCode::TopicAuthorizationFailed, About::Topic),
        (RDKafkaErrorCode::GroupAuthorizationFailed, About::Group),
        (RDKafkaErrorCode::TransactionalIdAuthorizationFailed, About::TransactionalId),
        (RDKafkaErrorCode::ClusterAuthorizationFailed, About::Cluster),
    ];
    for (code, about) in codes {
        let words = KafkaError::Global(code).to_string();
        assert_eq!((About::in_words(&words), About::of(code)), (Some(about), Some(about)), "{words}");
    }
    assert_eq!(About::in_words("Fetch from broker 1 failed: Broker: Leader not available"), None);
}
