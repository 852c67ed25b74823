//! The metrics of the user's own code as Prometheus takes them, in the same exposition as the service's.

use std::{collections::BTreeMap, fmt};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

use crate::{
    telemetry::custom::{CustomMetric, CustomValue},
    wire::counted::{CountedKind, Shape},
};

/// All of them, by name.
#[derive(Debug)]
pub(super) struct Custom(pub BTreeMap<String, CustomMetric>);

impl Custom {
    /// With descriptions as the text of `OpenMetrics` has them: `prometheus-client` (0.26) escapes them in Prometheus'
    /// own text alone.
    pub(super) fn escaped(mut self) -> Self {
        for metric in self.0.values_mut() {
            metric.help = metric.help.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        }
        self
    }
}

impl Collector for Custom {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, CustomMetric { help, shape, series, .. }) in &self.0 {
            let kind = match shape.kind {
                CountedKind::Counter => MetricType::Counter,
                CountedKind::Gauge => MetricType::Gauge,
                CountedKind::Histogram => MetricType::Histogram,
            };
            let help = if help.is_empty() { "A metric of the hooks or the model" } else { help.trim_end_matches('.') };
            let mut family = encoder.encode_descriptor(name, help, None, kind)?;
            for (values, value) in series {
                let labels: Vec<(&str, &str)> =
                    shape.labels.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
                if labels.is_empty() {
                    encode(&mut family, shape, value)?;
                } else {
                    encode(&mut family.encode_family(&labels)?, shape, value)?;
                }
            }
        }
        Ok(())
    }
}

fn encode(encoder: &mut MetricEncoder<'_>, shape: &Shape, CustomValue { value, counts }: &CustomValue) -> fmt::Result {
    match shape.kind {
        CountedKind::Counter => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
        CountedKind::Gauge => encoder.encode_gauge(value),
        CountedKind::Histogram => {
            let bounds = shape.bounds.iter().copied().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(counts.iter().copied()).collect();
            let all = counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
            encoder.encode_histogram::<NoLabelSet>(*value, all, &buckets, None)
        }
    }
}
