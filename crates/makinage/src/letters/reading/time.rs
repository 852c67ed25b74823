//! Times as people and headers write them. What says no zone is in UTC, as all that is printed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock::since_1970;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The milliseconds since 1970 that a user means: `2h` (ago), `today`, `2026-11-29`, `2026-11-29 12:45`, RFC 3339.
pub(crate) fn of_user(text: &str, now: SystemTime) -> Result<i64, String> {
    let (text, now) = (text.trim(), since_1970(now));
    let midnight = now - now.rem_euclid(DAY);
    let ago = |past: Duration| now.saturating_sub(i64::try_from(past.as_millis()).unwrap_or(i64::MAX));
    let meant = match text {
        "now" => Some(now),
        "today" => Some(midnight),
        "yesterday" => Some(midnight - DAY),
        _ => on_the_calendar(text).or_else(|| humantime::parse_duration(text).ok().map(ago)),
    };
    meant.ok_or_else(|| {
        format!("{text:?} is no time; write 2h (two hours ago), today, 2026-11-29 or 2026-11-29T12:45:00Z")
    })
}

/// The milliseconds since 1970 that a header says.
pub(crate) fn of_header(text: &str) -> Option<i64> {
    humantime::parse_rfc3339(text).ok().map(since_1970)
}

/// As headers and lists write it; `-` for what no calendar has.
pub(crate) fn shown(time: i64) -> String {
    let since = u64::try_from(time).ok().map(Duration::from_millis);
    let Some(time) = since.and_then(|since| UNIX_EPOCH.checked_add(since)) else { return "-".to_owned() };
    let mut text = String::new();
    // Beyond the year 9999 it can't be written.
    match std::fmt::write(&mut text, format_args!("{}", humantime::format_rfc3339_seconds(time))) {
        Ok(()) => text,
        Err(_) => "-".to_owned(),
    }
}

fn on_the_calendar(text: &str) -> Option<i64> {
    let (text, ahead) = zone(text);
    let has_time = text.contains(['T', 't', ' ']);
    let whole = match text.matches(':').count() {
        0 if !has_time => format!("{text}T00:00:00"),
        1 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    let time = humantime::parse_rfc3339_weak(&whole.to_uppercase()).ok()?;
    Some(since_1970(time) - ahead)
}

/// A text without its zone, and how far that is ahead of UTC.
fn zone(text: &str) -> (&str, i64) {
    let utc = text.strip_suffix(['Z', 'z']);
    utc.map(|rest| (rest, 0)).or_else(|| offset(text)).unwrap_or((text, 0))
}

/// `+02:00` behind a time.
fn offset(text: &str) -> Option<(&str, i64)> {
    let (rest, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let sign = match zone.as_bytes()[0] {
        b'+' => 1,
        b'-' if rest.contains(':') => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some((rest, sign * (hours * 60 + minutes) * MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_do() {
        let now = humantime::parse_rfc3339("2026-11-29T12:45:10Z").expect("a time");
        let same = |text: &str, meant: &str| {
            let meant = since_1970(humantime::parse_rfc3339(meant).expect("a time"));
            assert_eq!(of_user(text, now), Ok(meant), "{text}");
        };
        same("now", "2026-11-29T12:45:10Z");
        same("2h", "2026-11-29T10:45:10Z");
        same("1d", "2026-11-28T12:45:10Z");
        same("90s", "2026-11-29T12:43:40Z");
        same("2h 30m", "2026-11-29T10:15:10Z");
        same("today", "2026-11-29T00:00:00Z");
        same("yesterday", "2026-11-28T00:00:00Z");
        same("2026-11-01", "2026-11-01T00:00:00Z");
        same("2026-11-01 08:30", "2026-11-01T08:30:00Z");
        same("2026-11-01 08:30:07", "2026-11-01T08:30:07Z");
        same("2026-11-01T08:30:07Z", "2026-11-01T08:30:07Z");
        same("2026-11-01t08:30:07z", "2026-11-01T08:30:07Z");
        same("2026-11-01T08:30:07.250Z", "2026-11-01T08:30:07.250Z");
        same("2026-11-01T08:30:07+02:00", "2026-11-01T06:30:07Z");
        same("2026-11-01T08:30-05:30", "2026-11-01T14:00:00Z");
        for none in ["", "soon", "12", "2026-13-01", "2026-11-01T", "25:00", "2026-11-01T08:30:07+2", "é+02:00", "-2h"]
        {
            let told = of_user(none, now).expect_err(none);
            assert!(told.contains("is no time"), "{told}");
        }
        assert_eq!(of_user("9999999999d", now).map(|time| time < 0), Ok(true));
    }

    #[test]
    fn what_no_calendar_has_is_a_dash() {
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(1_764_420_312_345), "2025-11-29T12:45:12Z");
        assert_eq!([shown(-1), shown(i64::MIN), shown(i64::MAX)], ["-", "-", "-"]);
    }
}
