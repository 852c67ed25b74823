//! What one look at a service has seen, and what has changed since the one before. Pure.

use std::time::Instant;

use serde_json::Value;

/// A service as it was seen last.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Where.
    pub url: String,
    /// `/api/status`.
    pub status: Value,
    /// When.
    at: Instant,
    /// Events a second since the look before.
    pub rates: Rates,
    /// Why it can't be seen now, and since when.
    pub lost: Option<(Instant, String)>,
}

/// Events a second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rates {
    pub received: f64,
    pub output: f64,
    pub skipped: f64,
    pub failed: f64,
}

impl Look {
    /// The first one.
    pub(super) fn first(url: String, status: Value) -> Self {
        Self { url, status, at: Instant::now(), rates: Rates::default(), lost: None }
    }

    /// What is known after one more look, which may have seen nothing.
    pub(super) fn next(self, looked: Result<Value, String>) -> Self {
        match looked {
            Ok(status) => {
                let at = Instant::now();
                let rates = Rates::between(&self.status, &status, at.duration_since(self.at).as_secs_f64());
                Self { status, at, rates, lost: None, url: self.url }
            }
            Err(why) => {
                let since = self.lost.as_ref().map_or_else(Instant::now, |(since, _)| *since);
                Self { rates: Rates::default(), lost: Some((since, why)), ..self }
            }
        }
    }

    /// A text of the status, by its JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> &str {
        text(&self.status, pointer)
    }

    /// A number of the status.
    pub(super) fn number(&self, pointer: &str) -> Option<f64> {
        number(&self.status, pointer)
    }

    /// Events that steps skipped.
    pub(super) fn skipped(&self) -> f64 {
        skipped(&self.status)
    }

    /// A list of the status.
    pub(super) fn list(&self, pointer: &str) -> &[Value] {
        self.status.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// A text in a value, empty where there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Rates {
    fn between(before: &Value, now: &Value, seconds: f64) -> Self {
        // Another start counts from nothing.
        let same = text(before, "/started") == text(now, "/started");
        let rate = |count: &dyn Fn(&Value) -> f64| {
            let before = if same { count(before) } else { 0.0 };
            (count(now) - before).max(0.0) / seconds.max(1e-3)
        };
        let of = |pointer: &'static str| move |value: &Value| number(value, pointer).unwrap_or_default();
        Self {
            received: rate(&of("/events/received")),
            output: rate(&of("/events/output")),
            skipped: rate(&skipped),
            failed: rate(&of("/events/failed")),
        }
    }
}

fn number(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer)?.as_f64()
}

/// Of all steps together.
fn skipped(status: &Value) -> f64 {
    let by_step = status.pointer("/events/skipped").and_then(Value::as_object);
    by_step.into_iter().flatten().filter_map(|(_, count)| count.as_f64()).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(started: &str, received: u64, output: u64) -> Value {
        let skipped = json!({"pre_transform": output, "predict": 0});
        json!({"started": started, "events": {"received": received, "output": output, "skipped": skipped, "failed": 0}})
    }

    #[test]
    fn rates_are_differences_and_a_restart_makes_none_negative() {
        let rates = Rates::between(&status("a", 100, 80), &status("a", 300, 180), 2.0);
        assert_eq!(rates, Rates { received: 100.0, output: 50.0, skipped: 50.0, failed: 0.0 });
        let restarted = Rates::between(&status("a", 100, 80), &status("b", 10, 10), 1.0);
        assert_eq!(restarted, Rates { received: 10.0, output: 10.0, skipped: 10.0, failed: 0.0 });
    }

    #[test]
    fn what_was_seen_stays_while_the_service_can_not_be_and_so_does_since_when() {
        let look = Look::first("http://x".into(), status("a", 1, 1)).next(Err("gone".into()));
        let (since, _) = look.lost.clone().expect("it is lost");
        let look = look.next(Err("still gone".into()));
        assert_eq!(look.lost.clone().expect("it is lost"), (since, "still gone".to_owned()));
        assert_eq!(look.number("/events/received"), Some(1.0));
        assert!(look.next(Ok(status("a", 2, 2))).lost.is_none());
    }
}
