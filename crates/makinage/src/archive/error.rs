//! Why a model is refused.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::foreign::method;
use crate::model::mlmodel::MlModelError;

/// Why something isn't a model that can be published or unpacked. The caller names the model: its path, or its topic
/// and offset.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nothing is there.
    #[error("it doesn't exist; give the path of an MLflow model folder or of its zip")]
    Missing,
    /// A socket, a device, a pipe.
    #[error("it is neither a file nor a folder; give the path of an MLflow model folder or of its zip")]
    NotAFile,
    /// A folder without `MLmodel`.
    #[error(
        "the folder holds no MLmodel file, so it isn't an MLflow model{}",
        .0.as_ref().map_or_else(
            || "; give the folder that mlflow.<flavor>.save_model wrote".to_owned(),
            |below| format!(", but its subfolder {} does: give that", below.display()),
        )
    )]
    FolderWithoutMlModel(Option<PathBuf>),
    /// Something in a folder that a zip can't carry, or that leads out of it.
    #[error("{} in the model folder {reason}; replace it by a regular file, or remove it", path.display())]
    Unpackable {
        /// The file or folder, relative to the model folder.
        path: PathBuf,
        /// What is wrong with it: a predicate.
        reason: &'static str,
    },
    /// The bytes aren't a zip archive, or a damaged one.
    #[error("it isn't a readable zip archive ({0}); zip the model folder again")]
    NotAZip(zip::result::ZipError),
    /// The bytes are something else.
    #[error("it is {what}, and not a zip archive; {instead}")]
    Foreign {
        /// What it is.
        what: String,
        /// What to do.
        instead: &'static str,
    },
    /// A zip without `MLmodel` at its root or one folder down.
    #[error(
        "the zip holds no MLmodel file at its root or one folder down, so it isn't an MLflow model; zip the folder {}",
        .0.as_ref().map_or_else(|| "that mlflow.<flavor>.save_model wrote".to_owned(), |below| format!("{below} of it"))
    )]
    ZipWithoutMlModel(Option<String>),
    /// Several folders of the zip are models.
    #[error("the zip holds several models ({0:?} and {1:?}); zip the folder of one")]
    SeveralModels(String, String),
    /// `MLmodel` is there, but says nothing that can be served.
    #[error(transparent)]
    MlModel(#[from] MlModelError),
    /// One member is refused.
    #[error("the zip member {name:?} {fault}; zip the model folder again")]
    Member {
        /// The member's name, or what can be shown of it.
        name: String,
        /// What is wrong with it.
        fault: MemberFault,
    },
    /// More members than [`Limits::members`](crate::archive::Limits).
    #[error(
        "the zip holds {found} members, and {limit} are allowed; leave out what the model doesn't need, such as an environment"
    )]
    TooManyMembers {
        /// How many it declares.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A central directory above [`Limits::directory_bytes`](crate::archive::Limits).
    #[error(
        "the zip's directory of members takes more than {limit} bytes; zip the model folder again without comments or extra fields"
    )]
    DirectoryTooLarge {
        /// The limit.
        limit: u64,
    },
    /// It unpacks to more than [`Limits::unpacked_bytes`](crate::archive::Limits::unpacked_bytes).
    #[error(
        "the zip of {archive} bytes unpacks to more than the {limit} bytes that are allowed for its size; if it is meant to, zip the model folder without compression"
    )]
    TooLarge {
        /// Size of the archive.
        archive: u64,
        /// What it may unpack to.
        limit: u64,
    },
    /// The file system refuses.
    #[error("can't {action} {}: {source}", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl ModelError {
    /// For `map_err` on what the file system refuses.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// One member is refused.
    pub(super) fn member(name: impl Into<String>, fault: MemberFault) -> Self {
        Self::Member { name: name.into(), fault }
    }
}

/// What is wrong with one member of an archive: a predicate, of which the member's name is the subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberFault {
    /// A `..` in its name.
    #[error("leads out of the archive's folder")]
    Escapes,
    /// A name that starts at the root, or with a drive letter.
    #[error("has an absolute name")]
    Absolute,
    /// A backslash or control character in its name, which systems read differently.
    #[error("has a backslash or a control character in its name")]
    AmbiguousName,
    /// No name at all.
    #[error("has an empty name")]
    EmptyName,
    /// A name that no file system takes.
    #[error("has a name of more than 1,024 bytes, or a part of more than 255")]
    LongName,
    /// A symbolic link, device or pipe.
    #[error("is a link or a special file")]
    SpecialFile,
    /// It can only be read with a password.
    #[error("is encrypted, and must be without a password")]
    Encrypted,
    /// It is compressed in a way that few programs read.
    #[error("is compressed with {name} (method {0}), and only deflate is read, which zip programs use by default", name = method(*.0))]
    Method(u16),
    /// Another member has the same name.
    #[error("is there twice")]
    Duplicate,
    /// Another member's name differs in case only, so that some systems would write both to one file.
    #[error("differs from {0:?} in upper and lower case only")]
    CaseCollision(String),
    /// Another member lies below it, as if it were a folder.
    #[error("is a file, and {0:?} lies below it")]
    FileAsFolder(String),
    /// Its bytes belong to another member, or to the central directory, too.
    #[error("shares bytes with another member")]
    Overlap,
    /// More bytes than [`Limits::file_bytes`](crate::archive::Limits), or than it declares.
    #[error("unpacks to more than {0} bytes")]
    TooLarge(u64),
    /// Checksum, length or compression are wrong.
    #[error("is damaged ({0})")]
    Damaged(String),
}
