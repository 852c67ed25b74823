//! A terminal: programs draw on it, and keys are pressed.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs::File,
    io::{Read, Write},
    num::NonZeroU16,
    os::unix::ffi::OsStrExt,
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex},
    thread,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use vt100::{Cell, Color, Parser};

use super::{
    patience::wait_for,
    service::{DEADLINE, ended},
};

const ROWS: NonZeroU16 = NonZeroU16::new(40).expect("some");
const COLUMNS: NonZeroU16 = NonZeroU16::new(110).expect("some");

/// A program on a terminal of its own; killed with this.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    screen: Arc<Mutex<Parser>>,
}

impl Terminal {
    /// Starts a command on it.
    pub(crate) fn start(mut command: Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).expect("access");
        unlockpt(&ours).expect("access");
        let size = Winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).expect("a size");
        let name = ptsname(&ours, vec![]).expect("a name");
        let theirs = File::options().read(true).write(true).open(OsStr::from_bytes(name.as_bytes())).expect("its end");
        let end = || theirs.try_clone().expect("its end");
        let child = command.env("TERM", "xterm-256color").stdin(end()).stdout(end()).stderr(end());
        let child = child.spawn().expect("the program starts");
        // The command holds it too, and what was drawn would have no end.
        drop((command, theirs));
        let keys = File::from(ours);
        let (mut drawn, screen) = (keys.try_clone().expect("our end"), Parser::new(ROWS, COLUMNS, 0));
        let screen = Arc::new(Mutex::new(screen));
        let shared = Arc::clone(&screen);
        thread::spawn(move || {
            let mut some = [0; 4096];
            // A terminal whose program has ended can't be read.
            while let Ok(count @ 1..) = drawn.read(&mut some) {
                shared.lock().expect("the screen").process(&some[..count]);
            }
        });
        Self { child, keys, screen }
    }

    /// What is on it.
    pub(crate) fn text(&self) -> String {
        self.screen.lock().expect("the screen").screen().contents()
    }

    /// Waits until this is on it.
    pub(crate) fn wait_for(&self, text: &str) {
        wait_for(DEADLINE, || format!("no {text:?} on\n{}", self.text()), || self.text().contains(text).then_some(()));
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it takes them");
    }

    /// How its program has ended, which it does by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child, DEADLINE)
    }

    /// What is on it, as an SVG.
    pub(crate) fn picture(&self) -> String {
        const WIDTH: u32 = 8;
        const HEIGHT: u32 = 17;
        let screen = self.screen.lock().expect("the screen");
        let (width, height) = (WIDTH * u32::from(COLUMNS.get()), HEIGHT * u32::from(ROWS.get()));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" \
             font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#16181d\"/>\n"
        );
        for row in 0..ROWS.get() {
            let cells: Vec<&Cell> = (0..COLUMNS.get()).filter_map(|column| screen.screen().cell(row, column)).collect();
            let mut column = 0;
            for run in cells.chunk_by(|one, other| look(one) == look(other)) {
                let text: String =
                    run.iter().map(|cell| if cell.has_contents() { cell.contents() } else { " " }).collect();
                let (x, y) = (WIDTH * column, HEIGHT * u32::from(row) + 13);
                column += u32::try_from(run.len()).expect("few");
                if text.trim().is_empty() {
                    continue;
                }
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                let length = WIDTH * u32::try_from(run.len()).expect("few");
                writeln!(
                    svg,
                    "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" xml:space=\"preserve\" {}>{text}</text>",
                    look(run[0])
                )
                .expect("a text takes it");
            }
        }
        svg + "</svg>\n"
    }
}

/// How a cell looks, in attributes of SVG's.
fn look(cell: &Cell) -> String {
    let colour = match cell.fgcolor() {
        Color::Idx(1 | 9) => "#f27878",
        Color::Idx(2 | 10) => "#7ccf7c",
        Color::Idx(3 | 11) => "#e6b450",
        _ if cell.dim() => "#8a919e",
        _ => "#dfe3ea",
    };
    format!("fill=\"{colour}\"{}", if cell.bold() { " font-weight=\"bold\"" } else { "" })
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
