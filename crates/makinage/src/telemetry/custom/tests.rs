//! What workers say is added up; what can't be shown isn't.

use serde_json::{Value, json};

use super::*;

fn taken(frames: &[(u64, Value)]) -> CustomMetrics {
    let metrics = CustomMetrics::default();
    for (generation, metric) in frames {
        let counted = json!({"metrics": [metric]});
        metrics.take(*generation, serde_json::from_value(counted).expect("a frame"));
    }
    metrics
}

fn counter(name: &str, value: f64) -> Value {
    json!({"name": name, "kind": "counter", "help": "", "labels": [], "series": [{"labels": [], "value": value}]})
}

fn histogram(bounds: &[f64], counts: &[u64]) -> Value {
    json!({"name": "scores", "kind": "histogram", "help": "h", "labels": ["country"], "bounds": bounds,
        "series": [{"labels": ["de"], "value": 1.5, "counts": counts}]})
}

fn value(metrics: &CustomMetrics, name: &str) -> Option<f64> {
    Some(metrics.seen().get(name)?.series.values().next()?.value)
}

#[test]
fn counts_add_up_and_a_gauge_has_the_last_value() {
    let gauge = |value: f64| json!({"name": "share", "kind": "gauge", "help": "", "labels": [], "series": [{"labels": [], "value": value}]});
    let frames = [(1, counter("seen", 2.0)), (1, gauge(0.5)), (2, counter("seen", 3.0)), (1, gauge(-1.0))];
    let metrics = taken(&frames);
    assert_eq!((value(&metrics, "seen"), value(&metrics, "share")), (Some(5.0), Some(-1.0)));
}

#[test]
fn a_histogram_adds_up_by_bucket() {
    let metrics = taken(&[(1, histogram(&[0.5, 1.0], &[1, 0, 2])), (1, histogram(&[0.5, 1.0], &[0, 1, 1]))]);
    let seen = metrics.seen();
    let series = &seen["scores"].series[&vec!["de".to_owned()]];
    assert_eq!((series.value, &*series.counts), (3.0, &[1, 1, 3][..]));
}

#[test]
fn newer_hooks_may_count_otherwise_and_older_ones_are_left_out_then() {
    let metrics = taken(&[
        (1, histogram(&[0.5], &[1, 0])),
        (2, histogram(&[0.7], &[2, 0])),
        (1, histogram(&[0.5], &[4, 0])),
        (2, histogram(&[0.7], &[8, 0])),
    ]);
    let seen = metrics.seen();
    assert_eq!(seen["scores"].shape.bounds, [0.7]);
    assert_eq!(seen["scores"].series[&vec!["de".to_owned()]].counts, [10, 0]);
}

#[test]
fn what_no_exposition_can_hold_is_left_out() {
    let labels = |labels: &[&str]| {
        json!({"name": "x", "kind": "counter", "help": "", "labels": labels,
        "series": [{"labels": labels, "value": 1.0}]})
    };
    for refused in [
        counter("makinage_events", 1.0),
        counter("process_cpu", 1.0),
        counter("", 1.0),
        counter("a b", 1.0),
        counter("a\n# TYPE", 1.0),
        counter("1st", 1.0),
        counter(&"a".repeat(101), 1.0),
        counter("x", -1.0),
        labels(&["le"]),
        labels(&["a", "a"]),
        labels(&["a\"b"]),
        histogram(&[], &[1]),
        histogram(&[1.0, 0.5], &[0, 0, 0]),
        histogram(&[1.0], &[1]),
        json!({"name": "x", "kind": "gauge", "help": "", "labels": ["a"], "series": [{"labels": [], "value": 1.0}]}),
        json!({"name": "x", "kind": "gauge", "help": "h".repeat(5000), "labels": [], "series": []}),
    ] {
        let metrics = taken(&[(1, refused.clone())]);
        assert!(metrics.seen().values().all(|metric| metric.series.is_empty()), "{refused}");
    }
}

#[test]
fn no_two_have_lines_of_the_same_name() {
    let gauge = json!({"name": "scores_count", "kind": "gauge", "help": "", "labels": [], "series": [{"labels": [], "value": 1.0}]});
    let metrics = taken(&[(1, histogram(&[1.0], &[1, 0])), (1, gauge.clone()), (1, counter("seen", 1.0))]);
    assert_eq!(metrics.seen().into_keys().collect::<Vec<_>>(), ["scores", "seen"]);
    let metrics = taken(&[(1, gauge), (1, histogram(&[1.0], &[1, 0]))]);
    assert_eq!(metrics.seen().into_keys().collect::<Vec<_>>(), ["scores_count"]);
}

#[test]
fn neither_metrics_nor_their_series_grow_without_a_bound() {
    let many: Vec<(u64, Value)> = (0..150).map(|number| (1, counter(&format!("metric_{number}"), 1.0))).collect();
    assert_eq!(taken(&many).seen().len(), MOST_METRICS);
    let series: Vec<Value> = (0..800).map(|number| json!({"labels": [number.to_string()], "value": 1.0})).collect();
    let metric = json!({"name": "x", "kind": "counter", "help": "", "labels": ["event"], "series": series});
    assert_eq!(taken(&[(1, metric)]).seen()["x"].series.len(), MOST_SERIES);
}

#[test]
fn sums_stay_numbers() {
    let metrics = taken(&[(1, counter("x", f64::MAX)), (1, counter("x", f64::MAX))]);
    assert_eq!(value(&metrics, "x"), Some(f64::MAX));
}
