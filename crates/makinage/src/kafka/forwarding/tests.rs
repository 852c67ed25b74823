use std::sync::{Arc, Mutex};

use rdkafka::{ClientContext, Statistics, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

use super::{Context, Own};

#[derive(Default)]
struct Ears(Mutex<Vec<String>>);

impl Ears {
    fn hear(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl ClientContext for Ears {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.hear(format!("{level:?} {facility}: {message}"));
    }

    fn stats(&self, statistics: Statistics) {
        self.hear(statistics.name);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.hear(format!("{:?}: {reason}", error.rdkafka_error_code()));
    }
}

/// What is heard of a log line, statistics and two errors, one of them fatal.
fn heard(own: impl Own) -> Vec<String> {
    let ears = Arc::new(Ears::default());
    let context = Context::new(Arc::clone(&ears), own);
    context.log(RDKafkaLogLevel::Info, "FAIL", "refused");
    context.stats(Statistics { name: "app#consumer-1".into(), ..Statistics::default() });
    context.error(KafkaError::Global(RDKafkaErrorCode::Resolve), "no such host");
    context.error(KafkaError::Global(RDKafkaErrorCode::Fatal), "out of sequence");
    ears.0.lock().unwrap().clone()
}

#[test]
fn all_that_a_client_tells_is_heard_by_the_listener() {
    let all = ["Info FAIL: refused", "app#consumer-1", "Some(Resolve): no such host", "Some(Fatal): out of sequence"];
    assert_eq!(heard(()), all);
}

#[test]
fn what_is_a_client_s_own_business_is_not_and_it_sees_its_statistics_first() {
    #[derive(Default)]
    struct Fatal(Arc<Mutex<Vec<String>>>);

    impl Own for Fatal {
        fn level(&self, _: RDKafkaLogLevel, _: &str, _: &str) -> RDKafkaLogLevel {
            RDKafkaLogLevel::Debug
        }

        fn keeps(&self, error: &KafkaError, _: &str) -> bool {
            error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal)
        }

        fn look(&self, statistics: &Statistics) {
            self.0.lock().unwrap().push(statistics.name.clone());
        }
    }

    let own = Fatal::default();
    let looked_at = Arc::clone(&own.0);
    assert_eq!(heard(own), ["Debug FAIL: refused", "app#consumer-1", "Some(Resolve): no such host"]);
    assert_eq!(*looked_at.lock().unwrap(), ["app#consumer-1"]);
}
