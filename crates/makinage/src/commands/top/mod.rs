//! `makinage top`: a running service in the terminal, as its own port shows it.

mod draw;
mod lists;
mod look;

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use crossbeam_channel::{Receiver, Sender, bounded};
use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
};
use serde_json::Value;

use self::{lists::Lists, look::Look};
use super::{
    BAD_CONFIG,
    port::{Port, Which},
};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// The longest that a key waits for its effect.
const SOON: Duration = Duration::from_millis(100);

/// What a look brought, or why it brought nothing.
type Looked = Result<Value, String>;

/// Shows a service until `q`.
pub(crate) fn run(which: &Which) -> anyhow::Result<ExitCode> {
    let Some(port) = Port::of(which)? else { return Ok(BAD_CONFIG.into()) };
    if !io::stdout().is_terminal() {
        bail!("this is for a terminal; for programs there is {}/api/status", port.url());
    }
    // Who can't be reached at the start is most probably another one.
    let first = look(&port)?;
    let (looked, looks) = bounded(1);
    let url = port.url().to_owned();
    thread::Builder::new().name("looks".into()).spawn(move || look_on(&port, &looked))?;
    let mut terminal = ratatui::try_init().context("the terminal can't be drawn on")?;
    let shown = show(&mut terminal, &looks, Look::first(url, first));
    ratatui::restore();
    shown.map(|()| ExitCode::SUCCESS)
}

fn look(port: &Port) -> anyhow::Result<Value> {
    let status = port.json("/api/status")?;
    if ["/version", "/ready/latches"].iter().any(|pointer| status.pointer(pointer).is_none()) {
        bail!("what is at {} shows no status as a makinage does", port.url());
    }
    Ok(status)
}

/// Looks until nobody takes what is seen.
fn look_on(port: &Port, looked: &Sender<Looked>) {
    loop {
        thread::sleep(EVERY);
        if looked.send(look(port).map_err(|error| format!("{error:#}"))).is_err() {
            return;
        }
    }
}

fn show(terminal: &mut DefaultTerminal, looks: &Receiver<Looked>, mut look: Look) -> anyhow::Result<()> {
    let mut lists = Lists::default();
    loop {
        terminal.draw(|frame| draw::draw(frame, &look, &lists))?;
        let until = Instant::now() + EVERY;
        let mut has_changed = false;
        while Instant::now() < until && !has_changed {
            if event::poll(SOON)? {
                match event::read()? {
                    Event::Key(key) if ends(&key) => return Ok(()),
                    Event::Key(key) if key.kind != KeyEventKind::Release => lists.press(key.code, &look),
                    _ => {}
                }
                has_changed = true;
            }
            // While a key is held, too.
            if let Ok(looked) = looks.try_recv() {
                look = look.next(looked);
                has_changed = true;
            }
        }
    }
}

fn ends(key: &KeyEvent) -> bool {
    let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    // A lone escape may be the beginning of another key's, whose rest is on its way.
    key.kind == KeyEventKind::Press && (is_interrupt || key.code == KeyCode::Char('q'))
}
