//! What is listed of a model.

use crate::{
    model::{ModelIdentity, RecordPlace, is_name},
    record::{Record, manifest::Manifest},
};

/// A model on the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Which model it says it is.
    pub identity: ModelIdentity,
    /// Its record.
    pub place: RecordPlace,
    /// Its most specific flavour.
    pub flavor: Option<String>,
    /// Size of its zip.
    pub bytes: Option<u64>,
    /// How it is there.
    pub form: Form,
}

/// How a model is on the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Its record is the zip.
    Zip,
    /// In chunks, all of which are there.
    Chunks,
    /// In chunks, some of which are missing.
    Incomplete,
    /// In chunks, and its manifest speaks of a partition or a size that can't be here.
    Unfit,
    /// Its record says where it is.
    Reference,
}

impl Form {
    /// Whether services can take it, as far as the topic tells.
    pub(crate) fn is_complete(self) -> bool {
        !matches!(self, Self::Incomplete | Self::Unfit)
    }
}

/// The model of a record, and its manifest where it has one; `None` for what is no model, or doesn't say which.
pub(super) fn describe(record: Record<'_>, place: RecordPlace) -> Option<(Listed, Option<Manifest>)> {
    let identity = record.identity()?;
    let listed = |flavor: Option<&str>, bytes, form| {
        let flavor = flavor.filter(|flavor| is_name(flavor)).map(str::to_owned);
        Listed { identity, place, flavor, bytes, form }
    };
    match record {
        Record::Zip(zip) => Some((listed(zip.flavor(), Some(zip.bytes.len() as u64), Form::Zip), None)),
        Record::Manifest(Ok(manifest)) => {
            Some((listed(Some(&manifest.flavor), Some(manifest.size), Form::Chunks), Some(manifest)))
        }
        Record::Reference(Ok(_)) => Some((listed(None, None, Form::Reference), None)),
        _ => None,
    }
}
