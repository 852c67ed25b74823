use rdkafka::statistics::{Broker, Window};

use super::*;

const EVERY: Duration = Duration::from_secs(2);

fn statistics(client_type: &str, held_ms: &[i64]) -> Statistics {
    let window =
        Window { sum: held_ms.iter().sum(), max: held_ms.iter().copied().max().unwrap_or(0), ..Window::default() };
    let broker = Broker { throttle: Some(window), ..Broker::default() };
    Statistics {
        client_type: client_type.into(),
        client_id: "app".into(),
        brokers: [("k:9093/1".to_owned(), broker)].into(),
        ..Statistics::default()
    }
}

fn rights() -> Rights {
    Rights { endpoint: "k:9093".into(), principal: Some("User:service".into()) }
}

#[test]
fn each_way_is_told_at_once_again_each_minute_and_once_when_it_is_over() {
    let (mut quotas, rights, begin) = (Quotas::default(), rights(), Instant::now());
    let mut told = vec![];
    for second in (0..200).step_by(2) {
        let held: &[i64] = if second < 100 { &[150, 300] } else { &[] };
        let now = begin + Duration::from_secs(second);
        let said = quotas.look(&statistics("producer", held), EVERY, &rights, now);
        told.extend(said.map(|said| (second, matches!(said, Told::Held(_)))));
        assert_eq!(quotas.look(&statistics("consumer", &[]), EVERY, &rights, now), None);
    }
    assert_eq!(told, [(0, true), (60, true), (128, false)]);
}

#[test]
fn a_line_names_the_quotas_that_it_may_be_whose_they_are_and_what_to_do() {
    let line = |client| match Quotas::default().look(&statistics(client, &[950]), EVERY, &rights(), Instant::now()) {
        Some(Told::Held(line)) => line,
        other => panic!("{other:?}"),
    };
    for (client, rate) in [("consumer", "consumer_byte_rate"), ("producer", "producer_byte_rate")] {
        let told = line(client);
        for part in [rate, "request_percentage", "950 ms", "User:service", "client id app", "kafka-configs.sh"] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
}

#[test]
fn what_is_held_back_for_moments_is_not_worth_a_line() {
    let look = |held: &[i64]| Quotas::default().look(&statistics("consumer", held), EVERY, &rights(), Instant::now());
    assert_eq!((look(&[]), look(&[50, 100])), (None, None));
    assert!(look(&[100, 100]).is_some());
}
