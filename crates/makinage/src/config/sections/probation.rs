//! When a generation is taken back by itself.

use std::time::Duration;

use serde_json::Value as Json;

use crate::config::{
    reader::{
        described,
        field::{Count, Field},
        problem::Findings,
        shape::{Ground, Kind, section},
    },
    values::{duration::Limits, share::Share},
};

const DAY: Duration = Duration::from_hours(24);
const TIME: Duration = Duration::from_mins(10);
/// One or two batches on which a worker died may be the events' doing.
const CRASHES: usize = 3;

section! {
    /// What a generation must not do for some time after it took over, or it is taken back.
    #[derive(Copy)]
    pub struct Probation
    by hand {}
    keys {
        /// How long after a model or a configuration has taken over it can be taken back; `0s` for never.
        time: Duration = Limits::any(DAY), default TIME, example "5m";
        /// It is taken back when its workers die on so many different batches; `off` for any number.
        crashes: Option<usize> = Crashes, default Some(CRASHES), example "3";
        /// It is taken back when the share of events that fail grows by more than this, from 0 to 1.
        error_rate: Option<f64> = Share("error_rate: 0.2"), optional "not looked at", example "0.2";
    }
}

impl Default for Probation {
    fn default() -> Self {
        Self { time: TIME, crashes: Some(CRASHES), error_rate: None }
    }
}

/// How many crashes are too many: a number, `off` for no limit, `auto` for the default.
struct Crashes;

impl Kind for Crashes {
    type Value = Option<usize>;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Option<usize>> {
        if field.node.source() == Some("off") {
            return Some(None);
        }
        Some(match field.count(&(1..=1000), findings)? {
            Count::Exactly(crashes) => Some(crashes),
            Count::Auto => Some(CRASHES),
        })
    }

    fn form(&self) -> String {
        "1 to 1000, or `off`".to_owned()
    }

    fn schema(&self) -> Json {
        described::either(&[described::words(["auto", "off"]), described::whole(&(1..=1000))])
    }

    fn shown(&self, value: &Option<usize>) -> String {
        value.map_or("off".to_owned(), |crashes| crashes.to_string())
    }
}
