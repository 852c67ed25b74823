//! How long something took, in a word.

/// `850 µs`, `12.3 ms`, `4.0 s`.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        small if small < 1e-3 => format!("{:.0} µs", small * 1e6),
        small if small < 1.0 => format!("{:.1} ms", small * 1e3),
        large => format!("{large:.1} s"),
    }
}
