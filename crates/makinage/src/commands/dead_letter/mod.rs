//! `makinage dead-letter`: the events that failed, listed, shown, replayed and exported.

pub(crate) mod export;
pub(crate) mod list;
mod opened;
mod progress;
pub(crate) mod replay;
mod sentences;
pub(crate) mod show;

use crate::letters::reading::filter::Filter;

/// Which letters a user asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// What they must be.
    pub filter: Filter,
    /// Whether those of other applications are asked for too.
    pub all_applications: bool,
}

impl Selection {
    fn of(self, application: &str) -> Filter {
        let application = (!self.all_applications).then(|| application.to_owned());
        Filter { application, ..self.filter }
    }
}
