//! Models that aren't on the topic: fetched from where their reference says, into the store, with bounded memory.

mod http;
mod mlflow;
mod tools;

pub(super) use tools::Tools;

use crate::{
    generation::models::NotHad,
    record::reference::{Location, Reference},
    store::Spool,
};

/// Fetches what a reference names. The caller checks its digest.
pub(super) fn fetch(reference: &Reference, tools: &Tools<'_>, spool: &mut Spool) -> Result<(), NotHad> {
    let uri = &reference.uri;
    match Location::of(uri).map_err(|fault| NotHad::Unusable(format!("this reference {fault}")))? {
        Location::Http(uri) => tools.copy(http::open(&uri)?, &uri, spool),
        Location::File(path) => {
            let file = tools::open(&path).map_err(|error| NotHad::Later(format!("{uri} can't be read ({error})")))?;
            tools.copy(file, uri, spool)
        }
        Location::Mlflow(uri) => {
            let downloaded = mlflow::download(&uri, tools)?;
            tools.copy(downloaded.open()?, &uri, spool)
        }
    }
}
