//! Each metric is there, each that is there is named, and the reference says what they are.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::{ALL, Kind};
use crate::{
    generated::{WIDTH, hold},
    http::testing,
    log::catalogue::wrapped,
};

const BEGIN: &str = "<!-- generated: cargo xtask docs -->\n";
const END: &str = "<!-- /generated -->\n";

#[test]
fn every_metric_is_emitted_and_no_other_is() {
    let site = testing::busy();
    let emitted: BTreeSet<String> = crate::http::metrics::gathered(&site)
        .into_iter()
        .filter(|family| !family.samples.is_empty())
        .inspect(|family| {
            let labels = family.metric.labels.len();
            assert!(family.samples.iter().all(|sample| sample.labels.len() == labels), "{:?}", family.metric);
        })
        .map(|family| family.metric.shown())
        .collect();
    let named: BTreeSet<String> = ALL.iter().map(super::Metric::shown).collect();
    assert_eq!(named.len(), ALL.len(), "a name that is there twice");
    assert_eq!(emitted, named);
}

#[test]
fn names_are_as_prometheus_wants_them() {
    for metric in ALL {
        let shown = metric.shown();
        assert!(shown.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')), "{shown}");
        assert!(shown.starts_with("makinage_") || shown.starts_with("process_"), "{shown}");
        assert!(!metric.help.ends_with('.') && !metric.help.is_empty(), "{shown}");
    }
}

#[test]
fn the_reference_has_every_metric_as_the_program_has_it() {
    hold("docs/metrics.md", |page| {
        let (before, rest) = page.split_once(BEGIN).expect("a beginning");
        let (_, after) = rest.split_once(END).expect("an end");
        format!("{before}{BEGIN}{}{END}{after}", list())
    });
}

fn list() -> String {
    let mut list = String::new();
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let by = if labels.is_empty() { String::new() } else { format!(", by {}", labels.join(", ")) };
        let item = format!("- `{}` ({kind}{by}): {}.", metric.shown(), metric.help);
        list.push_str(&wrapped(&item, WIDTH - 2).replace('\n', "\n  "));
        list.push('\n');
    }
    list
}

/// The names in what is shipped for Prometheus and Grafana.
fn named_in(file: &str) -> BTreeSet<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file);
    let text = fs::read_to_string(&path).expect("the file");
    let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    words.filter(|word| word.starts_with("makinage_") || word.starts_with("process_")).map(str::to_owned).collect()
}

#[test]
fn dashboards_and_alerts_ask_for_nothing_that_is_not_emitted() {
    let emitted: BTreeSet<String> = ALL
        .iter()
        .flat_map(|metric| match metric.kind {
            // Without an end it is the native one.
            Kind::Histogram => ["", "_bucket", "_count", "_sum"].map(|part| metric.shown() + part).to_vec(),
            _ => vec![metric.shown()],
        })
        .collect();
    for file in ["alerts.yaml", "grafana.json"] {
        let named = named_in(file);
        assert!(named.len() > 5, "{file}");
        assert_eq!(named.difference(&emitted).collect::<Vec<_>>(), [] as [&String; 0], "{file}");
    }
}
