//! Programs that the demo runs, with what they print on the screen.

use std::{path::Path, time::Duration};

use super::screen::Screen;
use crate::{
    progress::{Amount, Progress},
    python::{CommandLine, RunError, Runner},
    stop::Stop,
};

/// The longest that one may take: an installation over a slow network.
pub(super) const LONGEST: Duration = Duration::from_hours(1);

/// Runs a program, with `doing` and the line that it printed last on the screen. `python`, whichever it is, starts it.
pub(super) fn run(
    python: &Path,
    line: &CommandLine,
    doing: &str,
    screen: &Screen,
    stop: &Stop,
) -> Result<(), RunError> {
    screen.busy(doing);
    let (shown, called) = (screen.clone(), doing.to_owned());
    let stopping = || stop.requested();
    let runner = Runner::new(&stopping, LONGEST).showing(move |line| shown.busy(&format!("{called}: {}", line.trim())));
    // Where nothing moves on the screen, a line now and then.
    let lines = (!screen.is_live()).then(|| {
        let screen = screen.clone();
        Progress::told(format!("  {doing}"), Amount::Unknown, move |line| {
            // Nobody has to read it; what comes next tells whether it can be written.
            let _ = screen.line(&line);
        })
    });
    let ran = runner.run(python, line);
    drop(lines);
    screen.busy(doing);
    ran.map(drop)
}
