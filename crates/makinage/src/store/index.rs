//! What the store remembers: which models were served, and which were taken back. The rules are pure; the file is JSON,
//! replaced as a whole.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tempfile::Builder;

use crate::{
    model::{ModelIdentity, RecordPlace},
    record::is_sha256,
};

const FILE: &str = "index.json";
/// How the names of indexes begin that are being written.
pub(super) const PREFIX: &str = "index-";
/// Models that are remembered, whether their zips are kept or not: twice what `models.keep` allows.
const SERVED: usize = 200;
/// Refusals that are remembered; a model that is older than so many others won't come back.
const REFUSED: usize = 100;

/// A model that was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Served {
    /// SHA-256 of its zip.
    pub sha256: String,
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its record.
    pub place: RecordPlace,
    /// When a generation took it up last, in milliseconds since 1970.
    pub at: i64,
}

impl Served {
    /// Which model it is.
    pub(crate) fn identity(&self) -> ModelIdentity {
        ModelIdentity { sha256: self.sha256.clone(), name: self.name.clone(), version: self.version.clone() }
    }
}

/// A model that was taken back, and isn't loaded again until it is published anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// SHA-256 of its zip.
    pub sha256: String,
    /// Its newest record that is refused.
    pub place: RecordPlace,
    /// What it did.
    pub reason: String,
    /// When it was taken back, in milliseconds since 1970.
    pub at: i64,
}

/// What the store remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// The one that was taken up last comes first; each model once.
    pub served: Vec<Served>,
    /// The newest first; each model once.
    pub refused: Vec<Refused>,
}

impl History {
    /// A generation took this model up.
    pub(super) fn note_served(&mut self, identity: &ModelIdentity, place: &RecordPlace) {
        let ModelIdentity { sha256, name, version } = identity.clone();
        self.served.retain(|served| served.sha256 != sha256);
        self.served.insert(0, Served { sha256, name, version, place: place.clone(), at: now() });
        self.served.truncate(SERVED);
    }

    /// This model was taken back.
    pub(super) fn note_refused(&mut self, sha256: &str, place: &RecordPlace, reason: &str) {
        let mut place = place.clone();
        self.refused.retain(|refused| {
            let is_older = is_anew(&refused.place, &place) && !is_anew(&place, &refused.place);
            if refused.sha256 == sha256 && is_older {
                place = refused.place.clone();
            }
            refused.sha256 != sha256
        });
        self.refused.insert(0, Refused { sha256: sha256.to_owned(), place, reason: reason.to_owned(), at: now() });
        self.refused.truncate(REFUSED);
    }

    /// Why this model isn't to be loaded from this record.
    pub(crate) fn refusal(&self, sha256: &str, place: &RecordPlace) -> Option<&Refused> {
        self.refused.iter().find(|refused| refused.sha256 == sha256 && !is_anew(place, &refused.place))
    }

    /// Forgets the refusal of a model that has been published anew. Says whether there was one.
    pub(super) fn forgive(&mut self, sha256: &str) -> bool {
        let before = self.refused.len();
        self.refused.retain(|refused| refused.sha256 != sha256);
        self.refused.len() < before
    }

    /// Reads the index of a store; a store without one has no history. The error says what is wrong with the file.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let bytes = match fs::read(path(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|error| error.to_string())?,
        };
        let history: Self = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let mut digests = history.served.iter().map(|served| &served.sha256);
        match digests.find(|sha256| !is_sha256(sha256)) {
            Some(other) => Err(format!("{other:?} is no SHA-256")),
            None => Ok(history),
        }
    }

    /// Replaces the index of a store as a whole, on the disk when this returns. The caller holds the store's lock.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut file = Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.as_file().sync_all()?;
        file.persist(path(folder)).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    }
}

/// The index of a store.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Whether a model was published anew in `place`, after its record in `refused`: further on in the same log, or later.
///
/// This is no order, which [`newer`](crate::model::newer) is: a topic may have been made anew since, and begin with
/// offset 0, or a publisher's clock be behind. To try a model once more is better than to refuse it for good.
fn is_anew(place: &RecordPlace, refused: &RecordPlace) -> bool {
    let same_log = (&place.topic, place.partition) == (&refused.topic, refused.partition);
    (same_log && place.offset > refused.offset) || place.timestamp > refused.timestamp
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
