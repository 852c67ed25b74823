use super::*;

#[test]
fn what_logging_and_warnings_write_is_known() {
    for (line, level) in [
        ("WARNING:root:odd", Level::WARN),
        ("ERROR:mine.module:odd", Level::ERROR),
        ("CRITICAL:mine:odd", Level::ERROR),
        ("INFO:mine:fine", Level::INFO),
        ("DEBUG:mine:fine", Level::INFO),
        ("2026/11/29 23:57:49 WARNING mlflow.pyfunc: versions differ", Level::WARN),
        ("2026-11-29 23:57:49,123 - mine.module - ERROR - odd", Level::ERROR),
        ("2026-11-29 23:57:49,123 - mine.module - INFO - ERROR - is no error", Level::INFO),
        ("[2026-11-29T23:57:49Z] ERROR odd", Level::ERROR),
        ("/usr/lib/python3/site-packages/x/base.py:2739: UserWarning: X has no names", Level::WARN),
        ("<string>:1: sklearn.exceptions.ConvergenceWarning: it did not", Level::WARN),
    ] {
        assert_eq!(of(line), level, "{line}");
    }
}

#[test]
fn what_is_merely_printed_is_information() {
    for line in [
        "",
        "saw 1",
        "ERROR rate is 3",
        "ERRORS: 0",
        "12 ERROR rate",
        "an ERROR: it is no line's level",
        "WARNINGS:none",
        "a.py: UserWarning: without a line",
        "at 12:30: no Warning: here",
        "Traceback (most recent call last):",
        "2026-11-29 23:57:49 nothing - ERROR",
    ] {
        assert_eq!(of(line), Level::INFO, "{line}");
    }
}
