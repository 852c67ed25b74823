//! The page at `/`: plain HTML, CSS and JavaScript modules, kept in the program. It shows what `/api/status` says and
//! has no data of its own, so anybody may have it. Where its files are found is `routes`' business.

/// What a browser lets the page do: load its own files and ask its own service, and nothing else. Whatever a model, a
/// topic or an error is called, it can't become code.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct File {
    /// Its type for browsers.
    pub content_type: &'static str,
    /// All of it.
    pub text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal: $content_type:ident,)*) => {
        [$(($name, File { content_type: $content_type, text: include_str!($name) }),)*]
    };
}

/// All of them, by name.
const FILES: [(&str, File); 23] = files! {
    "index.html": HTML,
    "page.css": CSS,
    "icon.svg": PICTURE,
    "main.js": SCRIPT,
    "service.js": SCRIPT,
    "history.js": SCRIPT,
    "news.js": SCRIPT,
    "dom.js": SCRIPT,
    "words.js": SCRIPT,
    "table.js": SCRIPT,
    "chart.js": SCRIPT,
    "health.js": SCRIPT,
    "hand.js": SCRIPT,
    "byhand.js": SCRIPT,
    "flow.js": SCRIPT,
    "counts.js": SCRIPT,
    "models.js": SCRIPT,
    "failures.js": SCRIPT,
    "events.js": SCRIPT,
    "tap.js": SCRIPT,
    "partitions.js": SCRIPT,
    "workers.js": SCRIPT,
    "config.js": SCRIPT,
};

/// The file of this name.
pub(super) fn file(name: &str) -> Option<File> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, file)| *file)
}

#[cfg(test)]
mod tests;
