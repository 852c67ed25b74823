//! Each format has all that it can have.

use super::*;
use crate::{
    http::{metrics::Sample, names},
    telemetry::{custom::CustomMetrics, histogram::Histogram},
};

fn families() -> Vec<Family> {
    let histogram = Histogram::new(Range::SECONDS);
    for value in [0.0, 0.001, 0.002, 1.0] {
        histogram.observe(value, 1);
    }
    let labels = vec!["output".to_owned(), "a\"b\\c\nd".to_owned()];
    vec![
        Family { metric: names::EVENTS, samples: vec![Sample { labels, value: Value::Count(7) }] },
        Family {
            metric: names::LATENCY,
            samples: vec![Sample { labels: vec![], value: Value::Sizes(histogram.snapshot()) }],
        },
        Family { metric: names::MODEL, samples: vec![] },
    ]
}

/// What hooks count: a metric of each kind.
fn custom() -> Custom {
    let metrics = CustomMetrics::default();
    metrics.take(
        1,
        serde_json::from_value(serde_json::json!({"metrics": [
            {"name": "refused", "kind": "counter", "help": "Refused\n\"by\" us.", "labels": ["who"],
             "series": [{"labels": ["a\"b\\c\nd"], "value": 1.5}]},
            {"name": "threshold", "kind": "gauge", "help": "", "labels": [], "series": [{"labels": [], "value": -2.0}]},
            {"name": "scores", "kind": "histogram", "help": "Scores", "labels": [], "bounds": [0.5, 1.0],
             "series": [{"labels": [], "value": 4.25, "counts": [1, 0, 3]}]},
        ]}))
        .expect("a frame"),
    );
    Custom(metrics.seen())
}

#[test]
fn what_hooks_count_stands_beside_the_services_own() {
    for format in [Format::Text, Format::OpenMetrics] {
        let text = text_of(format);
        for line in [
            r#"refused_total{who="a\"b\\c\nd"} 1.5"#,
            "threshold -2",
            r#"scores_bucket{le="0.5"} 1"#,
            r#"scores_bucket{le="1"#,
            r#"scores_bucket{le="+Inf"} 4"#,
            "scores_count 4",
            "scores_sum 4.25",
        ] {
            assert!(text.lines().any(|found| found.starts_with(line)), "{line} in {text}");
        }
        let names = ["# ", "makinage_", "refused", "threshold", "scores"];
        assert!(text.lines().all(|line| names.iter().any(|name| line.starts_with(name))), "{text}");
    }
}

fn text_of(format: Format) -> String {
    String::from_utf8(written(families(), custom(), format).expect("it is written")).expect("text")
}

#[test]
fn both_texts_have_each_value_and_what_has_none_is_left_out() {
    let (text, open) = (text_of(Format::Text), text_of(Format::OpenMetrics));
    for written in [&text, &open] {
        assert!(written.contains(r#"makinage_events_total{outcome="output",step="a\"b\\c\nd"} 7"#), "{written}");
        assert!(written.contains(r#"makinage_event_latency_seconds_bucket{le="0.0009765625"} 1"#), "{written}");
        assert!(written.contains(r#"makinage_event_latency_seconds_bucket{le="+Inf"} 4"#), "{written}");
        assert!(written.contains("makinage_event_latency_seconds_count 4"), "{written}");
        assert!(!written.contains("makinage_model_info"), "{written}");
    }
    assert!(text.contains("# HELP refused_total Refused\\n\"by\" us"), "{text}");
    assert!(open.contains("# HELP refused Refused\\n\\\"by\\\" us"), "{open}");
    assert!(text.contains("# TYPE makinage_events_total counter"), "{text}");
    assert!(open.contains("# TYPE makinage_events counter") && open.ends_with("# EOF\n"), "{open}");
}

#[test]
fn messages_have_native_buckets() {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(families())));
    let messages = prometheus_protobuf::encode(&registry).expect("they are written");
    let histogram = messages[1].metric[0].histogram.as_ref().expect("a histogram");
    assert_eq!((histogram.schema, histogram.zero_count, histogram.sample_count), (3, 1, 4));
    let spans: Vec<_> = histogram.positive_span.iter().map(|span| (span.offset, span.length)).collect();
    // 0.001 is just above 2^-10, 0.002 just above 2^-9, and 1 is a bound.
    assert_eq!(spans, [(-79, 1), (7, 1), (70, 1)]);
    assert_eq!(histogram.positive_delta, [1, 0, 0]);
}

#[test]
fn what_a_request_likes_best_is_written() {
    let prometheus = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                      application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    assert_eq!(Format::accepted(prometheus), Format::Protobuf);
    assert_eq!(Format::accepted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"), Format::OpenMetrics);
    for plain in ["", "*/*", "text/html,*/*;q=0.1", "application/vnd.google.protobuf;proto=another", "text/plain;q=x"] {
        assert_eq!(Format::accepted(plain), Format::Text, "{plain}");
    }
}
