use crate::logged::Log;

#[test]
fn the_code_ends_the_first_line_and_coordinates_are_not_repeated() {
    let log = Log::default();
    log.keep(|| {
        tracing::warn!(code = "E003", topic = "data", partition = 3, offset = 7_i64, "skipped data/3/7: odd");
        tracing::error!(code = "M001", generation = 2_u64, "it is not taken up:\nTraceback\n  line 1");
        tracing::info!(facility = "FETCH", "in its own words");
    });
    let text = log.text();
    let lines: Vec<&str> = text.lines().map(|line| line.split_once("Z ").map_or(line, |(_, rest)| rest)).collect();
    assert_eq!(
        lines,
        [
            " WARN makinage::log::text::tests: skipped data/3/7: odd [E003]",
            "ERROR makinage::log::text::tests: it is not taken up: [M001]",
            "Traceback",
            "  line 1",
            " INFO makinage::log::text::tests: in its own words facility=\"FETCH\"",
        ]
    );
}

#[test]
fn what_a_command_says_moves_no_cursor_either_and_keeps_its_lines() {
    assert_eq!(super::line(tracing::Level::ERROR, "a\n  \x1b[2Jb"), "error: a\n  \\u{1b}[2Jb");
}

#[test]
fn nothing_in_a_line_moves_a_terminal_s_cursor() {
    let log = Log::default();
    log.keep(|| tracing::warn!(code = "W012", "red \x1b[31m, bell \x07, C1 \u{9b}31m, back \x08\r, tab\t. é"));
    let text = log.text();
    assert!(text.ends_with("red \\u{1b}[31m, bell \\u{7}, C1 \\u{9b}31m, back \\u{8}\\r, tab\t. é [W012]\n"), "{text}");
}
