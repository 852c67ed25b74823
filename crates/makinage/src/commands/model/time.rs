//! Times as people read them, in UTC.

use std::{
    fmt::Write,
    time::{Duration, UNIX_EPOCH},
};

/// `2026-11-25 22:24:43` of milliseconds since 1970; `-` for none, and for one beyond the year 9999.
pub(super) fn utc(milliseconds: i64) -> String {
    let Ok(milliseconds @ 1..) = u64::try_from(milliseconds) else { return "-".to_owned() };
    let mut text = String::new();
    let time = UNIX_EPOCH + Duration::from_millis(milliseconds);
    match write!(text, "{}", humantime::format_rfc3339_seconds(time)) {
        Ok(()) => text.trim_end_matches('Z').replace('T', " "),
        Err(_) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_the_calendars() {
        for (seconds, shown) in [
            (1, "1970-01-01 00:00:01"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (951_868_800, "2000-03-01 00:00:00"),
            (1_709_164_800, "2024-02-29 00:00:00"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (1_735_689_599, "2024-12-31 23:59:59"),
        ] {
            assert_eq!(utc(seconds * 1000), shown);
        }
        for none in [0, -1, i64::MIN, i64::MAX, 253_402_300_800_000] {
            assert_eq!(utc(none), "-");
        }
    }
}
