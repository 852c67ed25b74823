use std::sync::Mutex;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn shell(script: &str) -> CommandLine {
    CommandLine::new(Path::new("sh")).args(["-c", script])
}

fn run(runner: &Runner<'_>, line: &CommandLine) -> Result<Vec<String>, RunError> {
    runner.run(Path::new("python3"), line)
}

#[test]
fn what_is_printed_is_shown_as_it_comes_and_the_last_lines_are_the_result() {
    let shown = Arc::new(Mutex::new(vec![]));
    let show = Arc::clone(&shown);
    let runner = Runner::new(&|| false, MINUTE).showing(move |line| show.lock().unwrap().push(line.to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let line = shell("pwd; seq 20; echo ${VIRTUAL_ENV-none}").within(folder.path());
    let printed = run(&runner, &line).unwrap();
    let shown = shown.lock().unwrap().clone();
    assert_eq!(shown[..2], [folder.path().display().to_string(), "1".to_owned()]);
    assert_eq!(printed.len(), KEPT);
    assert_eq!(printed, shown[shown.len() - KEPT..]);
    assert_eq!(printed[KEPT - 2..], ["20", "none"]);
}

#[test]
fn a_failure_is_told_by_its_end_and_its_last_lines() {
    let error = run(&Runner::new(&|| false, MINUTE), &shell("echo one; echo two; echo; exit 4")).unwrap_err();
    assert_eq!(error.to_string(), "it ended with exit code 4; its last lines:\none\ntwo");
    assert_eq!(error.in_a_line(), "two");
    let missing = Runner::new(&|| false, MINUTE).run(Path::new("/no/python"), &shell(":")).unwrap_err();
    assert!(matches!(&missing, RunError::NotStarted(error) if error.kind() == io::ErrorKind::NotFound));
    assert!(missing.in_a_line().starts_with("it can't be run: "));
}

#[test]
fn a_program_that_takes_too_long_or_is_to_end_is_ended() {
    let began = Instant::now();
    let error = run(&Runner::new(&|| false, Duration::from_millis(300)), &shell("sleep 1000")).unwrap_err();
    assert!(matches!(error, RunError::TooLong(_)), "{error}");
    let error = run(&Runner::new(&|| began.elapsed() > Duration::from_millis(600), MINUTE), &shell("sleep 1000"));
    assert!(matches!(error, Err(RunError::Stopped)));
    assert!(began.elapsed() < MINUTE);
}
