//! A real Chromium that looks at a page, by way of Playwright (`browser.py`).

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use super::{broker, model::python, patience::wait_for, programs::Program, service::DEADLINE};

const DRIVER: &str = include_str!("browser.py");

const CHROMIUM: Program =
    Program { name: "chromium", variable: "MAKINAGE_TEST_CHROMIUM", tests: "the tests of the page" };

/// Whether the tests that need a browser and Kafka are left out; that there is no browser is said.
pub(crate) fn left_out() -> bool {
    broker::left_out() || CHROMIUM.is_missing()
}

/// How somebody looks at a page.
#[derive(Clone, Copy)]
pub(crate) struct Eyes {
    pub scheme: &'static str,
    pub width: u32,
    pub height: u32,
}

pub(crate) const LIGHT: Eyes = Eyes { scheme: "light", width: 1200, height: 800 };
pub(crate) const DARK: Eyes = Eyes { scheme: "dark", ..LIGHT };
pub(crate) const PHONE: Eyes = Eyes { scheme: "light", width: 360, height: 740 };

impl Eyes {
    fn json(self) -> Value {
        let Self { scheme, width, height } = self;
        json!({"color_scheme": scheme, "viewport": {"width": width, "height": height}})
    }
}

/// One browser with one page; killed with this.
pub(crate) struct Browser {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    /// A browser that looks at an address with these eyes.
    pub(crate) fn at(url: &str, eyes: Eyes) -> Self {
        let mut command = Command::new(python());
        command.args(["-c", DRIVER]).arg(CHROMIUM.find().expect("a browser"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let asks = child.stdin.take().expect("its input");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        let mut browser = Self { child, asks, answers };
        let mut with = eyes.json();
        with["url"] = url.into();
        browser.ask("open", &with);
        browser
    }

    fn ask(&mut self, what: &str, with: &Value) -> Value {
        writeln!(self.asks, "{}", json!({"do": what, "with": with})).expect("the driver listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the driver answers");
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{what}: no answer: {line:?}"));
        assert!(answer["error"].is_null(), "{what} {with}: {}", answer["error"].as_str().unwrap_or_default());
        answer["ok"].clone()
    }

    fn list(&mut self, what: &str, with: &Value) -> Vec<String> {
        serde_json::from_value(self.ask(what, with)).expect("a list of texts")
    }

    /// With other eyes, at the same page.
    pub(crate) fn with(&mut self, eyes: Eyes) {
        self.ask("look", &eyes.json());
    }

    /// What is to be read at each of these elements.
    pub(crate) fn texts(&mut self, selector: &str) -> Vec<String> {
        self.list("texts", &json!({"selector": selector}))
    }

    /// What is to be read at these elements.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        self.texts(selector).join("\n")
    }

    /// Waits until these words are to be read there.
    pub(crate) fn wait_for(&mut self, selector: &str, words: &str) {
        self.wait_until(selector, words, |text| text.contains(words));
    }

    /// Waits until what is to be read there is right; `missing` says what isn't yet.
    pub(crate) fn wait_until(&mut self, selector: &str, missing: &str, holds: impl Fn(&str) -> bool) {
        let last = std::cell::RefCell::new(String::new());
        let told = || format!("{selector} has no {missing:?}: {}", last.borrow());
        wait_for(DEADLINE, told, || {
            *last.borrow_mut() = self.text(selector);
            holds(&last.borrow()).then_some(())
        });
    }

    /// What a JavaScript expression is in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        self.ask("evaluate", &json!({"expression": expression}))
    }

    pub(crate) fn fill(&mut self, selector: &str, text: &str) {
        self.ask("fill", &json!({"selector": selector, "text": text}));
    }

    pub(crate) fn click(&mut self, selector: &str) {
        self.ask("click", &json!({"selector": selector}));
    }

    pub(crate) fn press(&mut self, key: &str) {
        self.ask("press", &json!({"key": key}));
    }

    /// Nothing keeps people with other eyes, ears or hands from this page, as far as axe can tell; and it fits.
    pub(crate) fn assert_accessible(&mut self) {
        let found = self.list("axe", &json!({}));
        assert!(found.is_empty(), "axe: {found:#?}");
        assert_eq!(self.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, "it is too wide");
    }

    /// A picture of all of the page, where pictures are wanted.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = env::var_os("MAKINAGE_TEST_PICTURES") else { return };
        let path = PathBuf::from(folder).join(format!("{name}.png"));
        self.ask("picture", &json!({"path": path}));
    }

    /// What the browser has complained of since this was asked last.
    fn complaints(&mut self) -> Vec<String> {
        self.list("complaints_so_far", &json!({}))
    }

    /// The browser has had nothing to complain of, but of answers that are none, which it says by itself.
    pub(crate) fn assert_content(&mut self, but: &[&str]) {
        let mut complaints = self.complaints();
        complaints.retain(|complaint| !but.iter().any(|but| complaint.contains(but)));
        assert_eq!(complaints, Vec::<String>::new());
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
