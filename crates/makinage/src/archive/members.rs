//! A zip's directory of members, read and checked before anything is unpacked.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use zip::{
    CompressionMethod, ZipReadOptions,
    read::{Config, ZipFile, ZipFileEntry},
    result::ZipError,
};

use super::{
    error::{MemberFault, ModelError},
    foreign,
    limits::Limits,
    name::{MemberName, refuse_collisions},
};
use crate::model::MLMODEL;

/// Bytes of a local header up to the lengths of its name and extra field, and of both lengths.
const LOCAL_HEADER: (u64, usize) = (26, 4);

/// The type bits of a Unix mode, and the two that are unpacked.
const TYPE_BITS: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// One member, checked.
pub(super) struct Member {
    pub(super) name: MemberName,
    entry: ZipFileEntry<'static>,
}

/// An open archive whose directory has passed every check that needs no unpacking.
pub(super) struct Members {
    file: File,
    /// Size of the archive.
    pub(super) bytes: u64,
    checked: Vec<Member>,
}

impl Members {
    /// Opens an archive, and refuses it where its directory is hostile or damaged.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, ModelError> {
        let io = |error| ModelError::io("read", path)(error);
        let mut file = File::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let members = read_directory(&file, limits)?;
        refuse_collisions(members.iter().map(|member| &member.name))?;
        refuse_overlaps(&mut file, &members).map_err(not_a_zip)??;
        refuse_declared_sizes(&members, bytes, limits)?;
        Ok(Self { file, bytes, checked: members })
    }

    /// The folder of the model: the root, or the one folder that holds `MLmodel`.
    pub(super) fn model_folder(&self) -> Result<Vec<String>, ModelError> {
        let mut found: Option<Vec<String>> = None;
        for member in self.checked.iter().filter(|member| !member.name.is_folder) {
            match member.name.components() {
                [file] if file == MLMODEL => return Ok(Vec::new()),
                [folder, file] if file == MLMODEL => {
                    if let Some(other) = found.replace(vec![folder.clone()]) {
                        return Err(ModelError::SeveralModels(other[0].clone(), folder.clone()));
                    }
                }
                _ => {}
            }
        }
        found.ok_or_else(|| ModelError::ZipWithoutMlModel(self.model_below()))
    }

    /// The folder of a model that lies too deep.
    fn model_below(&self) -> Option<String> {
        self.checked.iter().filter(|member| !member.name.is_folder).find_map(|member| {
            let (file, folder) = member.name.components().split_last()?;
            (file == MLMODEL).then(|| folder.join("/"))
        })
    }

    /// Hands each member to `visit`, with a reader of its unpacked bytes; the end of a file's bytes verifies its
    /// checksum.
    pub(super) fn each(
        self,
        mut visit: impl FnMut(&MemberName, &mut ZipFile<'_, File>) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let mut file = self.file;
        for Member { name, entry } in self.checked {
            let mut reader = entry
                .with_reader(&mut file, ZipReadOptions::new())
                .map_err(|error| ModelError::member(name.display(), damaged(&error)))?;
            visit(&name, &mut reader)?;
        }
        Ok(())
    }
}

fn read_directory(file: &File, limits: &Limits) -> Result<Vec<Member>, ModelError> {
    // Not `ZipArchive`, which keeps one of two members of the same name, and holds all before they can be counted.
    let mut archive = zip::unstable::read::ZipIterable::try_new(file, Config::default())
        .map_err(|error| recognized(error, file))?
        .enforce_header_consistency(true);
    if archive.len() > limits.members {
        return Err(ModelError::TooManyMembers { found: archive.len(), limit: limits.members });
    }
    let mut members = Vec::with_capacity(archive.len());
    let mut directory_start = None;
    for entry in archive.files().map_err(ModelError::NotAZip)? {
        let entry = entry.map_err(ModelError::NotAZip)?;
        let start = *directory_start.get_or_insert(entry.central_header_start());
        if entry.central_header_start() - start > limits.directory_bytes {
            return Err(ModelError::DirectoryTooLarge { limit: limits.directory_bytes });
        }
        let name = check_entry(&entry)
            .map_err(|fault| ModelError::member(String::from_utf8_lossy(entry.name_raw()), fault))?;
        members.push(Member { name, entry });
    }
    Ok(members)
}

/// Why a file has no directory of members: what it is instead of a zip, where it shows.
fn recognized(error: ZipError, mut file: &File) -> ModelError {
    let mut head = Vec::new();
    let read = file.rewind().and_then(|()| file.take(foreign::HEAD as u64).read_to_end(&mut head));
    match read.ok().and_then(|_| foreign::named(&head)) {
        Some((what, instead)) => ModelError::Foreign { what, instead },
        None => ModelError::NotAZip(error),
    }
}

fn check_entry(entry: &ZipFileEntry<'_>) -> Result<MemberName, MemberFault> {
    let text = entry.name().map_err(|_| MemberFault::AmbiguousName)?;
    let name = MemberName::parse(&text)?;
    if entry.encrypted() {
        return Err(MemberFault::Encrypted);
    }
    let kind = entry.unix_mode().unwrap_or(0) & TYPE_BITS;
    let expected = if name.is_folder { FOLDER } else { REGULAR };
    // Archives made by programs, rather than of files, often have no type.
    if kind != 0 && kind != expected {
        return Err(MemberFault::SpecialFile);
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(name),
        #[expect(deprecated, reason = "each method has a constant, but their numbers are what is to be told")]
        CompressionMethod::Unsupported(number) => Err(MemberFault::Method(number)),
        other => Err(MemberFault::Damaged(format!("its compression {other} isn't supported"))),
    }
}

/// Refuses members that share bytes, which is how a small archive unpacks to a huge one within honest ratios.
fn refuse_overlaps(file: &mut File, members: &[Member]) -> Result<Result<(), ModelError>, std::io::Error> {
    let Some(mut next_start) = members.iter().map(|member| member.entry.central_header_start()).min() else {
        return Ok(Ok(()));
    };
    let mut by_start: Vec<&Member> = members.iter().collect();
    by_start.sort_by_key(|member| std::cmp::Reverse(member.entry.header_start()));
    for member in by_start {
        let start = member.entry.header_start();
        let (offset, length) = LOCAL_HEADER;
        file.seek(SeekFrom::Start(start.saturating_add(offset)))?;
        let mut lengths = [0; LOCAL_HEADER.1];
        file.read_exact(&mut lengths)?;
        let [name_low, name_high, extra_low, extra_high] = lengths;
        let header = offset
            + length as u64
            + u64::from(u16::from_le_bytes([name_low, name_high]))
            + u64::from(u16::from_le_bytes([extra_low, extra_high]));
        let end = start.saturating_add(header).saturating_add(member.entry.compressed_size());
        if end > next_start {
            return Ok(Err(ModelError::member(member.name.display(), MemberFault::Overlap)));
        }
        next_start = start;
    }
    Ok(Ok(()))
}

/// Refuses a bomb that says so; one that lies is found while its bytes are counted.
fn refuse_declared_sizes(members: &[Member], archive: u64, limits: &Limits) -> Result<(), ModelError> {
    let limit = limits.unpacked_bytes(archive);
    let mut total: u64 = 0;
    for member in members {
        if member.entry.size() > limits.file_bytes {
            return Err(ModelError::member(member.name.display(), MemberFault::TooLarge(limits.file_bytes)));
        }
        total = total.saturating_add(member.entry.size());
    }
    if total > limit {
        return Err(ModelError::TooLarge { archive, limit });
    }
    Ok(())
}

fn not_a_zip(error: std::io::Error) -> ModelError {
    ModelError::NotAZip(ZipError::Io(error))
}

/// What a member's reader says of damaged bytes.
pub(super) fn damaged(error: &dyn std::error::Error) -> MemberFault {
    MemberFault::Damaged(error.to_string())
}
