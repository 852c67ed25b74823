//! Metrics as Prometheus takes them: its text, that of `OpenMetrics`, or its protobuf messages, which alone have native
//! buckets. `prometheus-client` writes them.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder, MetricEncoder, NativeHistogram, NativeHistogramBuckets, NoLabelSet, prometheus_protobuf,
        prometheus_text, text,
    },
    metrics::MetricType,
    registry::{Registry, Unit},
};

use super::{
    custom::Custom,
    metrics::{Family, Value},
    names::Kind,
};
use crate::telemetry::histogram::{Range, SCHEMA, Snapshot};

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus' text, which everybody reads.
    Text,
    /// The text of `OpenMetrics`.
    OpenMetrics,
    /// Prometheus' messages.
    Protobuf,
}

impl Format {
    /// The one of these that a request's `Accept` likes best.
    pub(super) fn accepted(accept: &str) -> Self {
        let mut best = (0.0, Self::Text);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let format = match parts.next().unwrap_or_default() {
                "application/openmetrics-text" => Self::OpenMetrics,
                "application/vnd.google.protobuf" if range.contains("io.prometheus.client.MetricFamily") => {
                    Self::Protobuf
                }
                "text/plain" | "text/*" | "*/*" => Self::Text,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            if quality > best.0 {
                best = (quality, format);
            }
        }
        best.1
    }

    /// The answer's type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

/// These families in this format, and behind them the user's own.
pub(super) fn written(families: Vec<Family>, custom: Custom, format: Format) -> Result<Vec<u8>, fmt::Error> {
    let custom = if format == Format::OpenMetrics { custom.escaped() } else { custom };
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(families)));
    registry.register_collector(Box::new(custom));
    let mut written = String::new();
    match format {
        Format::Text => prometheus_text::encode(&mut written, &registry)?,
        Format::OpenMetrics => text::encode(&mut written, &registry)?,
        Format::Protobuf => return prometheus_protobuf::encode_to_vec(&registry).map_err(|_| fmt::Error),
    }
    Ok(written.into_bytes())
}

#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { metric, samples } in self.0.iter().filter(|family| !family.samples.is_empty()) {
            let unit = metric.unit.map(|unit| Unit::Other(unit.to_owned()));
            let kind = match metric.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Histogram => MetricType::Histogram,
            };
            let mut family = encoder.encode_descriptor(metric.name, metric.help, unit.as_ref(), kind)?;
            for sample in samples {
                let labels: Vec<(&str, &str)> =
                    metric.labels.iter().copied().zip(sample.labels.iter().map(String::as_str)).collect();
                if labels.is_empty() {
                    encode(&mut family, metric.kind, &sample.value)?;
                } else {
                    encode(&mut family.encode_family(&labels)?, metric.kind, &sample.value)?;
                }
            }
        }
        Ok(())
    }
}

fn encode(encoder: &mut MetricEncoder<'_>, kind: Kind, value: &Value) -> fmt::Result {
    match (kind, value) {
        (_, Value::Sizes(sizes)) => encode_sizes(encoder, sizes),
        (Kind::Counter, Value::Count(count)) => encoder.encode_counter::<NoLabelSet, _, u64>(count, None),
        (Kind::Counter, Value::Amount(amount)) => encoder.encode_counter::<NoLabelSet, _, u64>(amount, None),
        (_, Value::Count(count)) => encoder.encode_gauge(count),
        (_, Value::Amount(amount)) => encoder.encode_gauge(amount),
    }
}

fn encode_sizes(encoder: &mut MetricEncoder<'_>, sizes: &Snapshot) -> fmt::Result {
    // Powers of two that classic buckets end at: from an eighth of a millisecond to 8.5 minutes, or from 1 to 65,536.
    let powers = if sizes.range == Range::NUMBERS { 0..=16 } else { -13..=9 };
    let classic = sizes.by_powers(powers);
    let (spans, deltas) = sparse(&sizes.buckets);
    let none = NativeHistogramBuckets { spans: &[], deltas: &[] };
    let native = NativeHistogram {
        schema: SCHEMA,
        zero_threshold: sizes.zero_threshold(),
        zero_count: sizes.zero,
        negative: none,
        positive: NativeHistogramBuckets { spans: &spans, deltas: &deltas },
        created: None,
    };
    encoder.encode_histogram_with_native::<NoLabelSet>(sizes.sum, sizes.count(), &classic, None, native)
}

/// Runs of buckets, each as far from the end of the one before as it says, and each bucket's count less that of the one
/// before: so Prometheus writes native buckets.
fn sparse(buckets: &[(i32, u64)]) -> (Vec<(i32, u32)>, Vec<i64>) {
    let (mut spans, mut deltas): (Vec<(i32, u32)>, Vec<i64>) = (vec![], vec![]);
    let (mut next, mut before) = (0, 0_i64);
    for (bucket, count) in buckets {
        match spans.last_mut() {
            Some((_, length)) if *bucket == next => *length += 1,
            _ => spans.push((*bucket - next, 1)),
        }
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        deltas.push(count - before);
        (next, before) = (*bucket + 1, count);
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests;
