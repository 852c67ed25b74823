//! Where the configuration's text comes from: the file, or what it redirects to.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use crossbeam_channel::{Receiver, bounded};

use crate::consul::{Consul, follow::Follower};
use crate::{
    config::{Located, Origin, Problems, locate_service},
    generation::mailbox::Mailbox,
    panics,
    stop::Stop,
};

/// Where the configuration is.
#[derive(Debug)]
pub(crate) struct Source {
    origin: Origin,
    from: From,
}

#[derive(Debug)]
enum From {
    File { path: PathBuf, text: String },
    Consul(Box<Follower>),
}

/// The texts of a configuration, as they come.
#[derive(Debug)]
pub(crate) enum Texts {
    /// In this file, when it is looked at.
    File(PathBuf),
    /// Sent by a follower, each once.
    Sent {
        /// The last that came.
        last: String,
        /// Those that come.
        texts: Receiver<String>,
    },
}

impl Source {
    /// Looks into the file; what is wrong with it as far as that.
    pub(crate) fn locate(file: &Path) -> Result<Self, Problems> {
        Ok(match locate_service(file)? {
            Located::Here(text) => {
                Self { origin: Origin::file(file), from: From::File { path: file.to_owned(), text } }
            }
            Located::Elsewhere(redirect) => Self {
                origin: Origin::consul(&redirect),
                from: From::Consul(Box::new(Follower::new(Consul::new(&redirect)))),
            },
        })
    }

    /// What messages call it.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The first text, which may have to be waited for; `None` when a stop came first.
    pub(crate) fn first(&mut self, stop: &Stop) -> Option<String> {
        match &mut self.from {
            From::File { text, .. } => Some(text.clone()),
            From::Consul(follower) => follower.next(&|| stop.requested()),
        }
    }

    /// The texts that come after the first, until the mailbox is closed.
    pub(crate) fn follow(self, mailbox: Arc<Mailbox>) -> io::Result<(Texts, Origin)> {
        let texts = match self.from {
            From::File { path, .. } => Texts::File(path),
            From::Consul(mut follower) => {
                let last = follower.last().to_owned();
                let (sender, texts) = bounded(1);
                // Nobody waits for its end, since it may be in a query that Consul answers only after a minute.
                thread::Builder::new().name("consul".into()).spawn(move || {
                    while let Some(text) = follower.next(&|| mailbox.is_closed()) {
                        panics::point("consul");
                        if sender.send(text).is_err() {
                            return;
                        }
                    }
                })?;
                Texts::Sent { last, texts }
            }
        };
        Ok((texts, self.origin))
    }
}
