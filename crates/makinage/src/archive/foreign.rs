//! What a file is that should be a zip, where its first bytes say so, and how a zip's member is compressed that isn't
//! read. Pure.

/// Bytes of a file's beginning that [`named`] wants to see.
pub(crate) const HEAD: usize = 512;

/// Where a tar archive says what it is.
const TAR: std::ops::Range<usize> = 257..262;

/// Formats by how they begin: what it is, and what to do.
const BEGINNINGS: [(&[u8], &str, &str); 14] = [
    (b"\x1f\x8b", "compressed with gzip (such as a .tar.gz)", ZIP),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", ZIP),
    (b"Rar!\x1a\x07", "a RAR archive", ZIP),
    (b"BZh", "compressed with bzip2 (such as a .tar.bz2)", ZIP),
    (b"\xfd7zXZ\0", "compressed with xz (such as a .tar.xz)", ZIP),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard (such as a .tar.zst)", ZIP),
    (b"PK\x07\x08", "the first part of a split zip", "zip the model folder as one file"),
    (
        b"PK\x03\x04",
        "the beginning of a zip whose end is missing or damaged",
        "copy it again, or zip the model folder again",
    ),
    (
        b"version https://git-lfs.github.com/",
        "a Git LFS pointer instead of the file itself",
        "fetch that with: git lfs pull",
    ),
    (b"\x80", "a Python pickle, as a model's own file is", SAVED),
    (b"\x89HDF", "an HDF5 file, as a Keras model is", SAVED),
    (b"artifact_path:", "an MLmodel file", "give the folder that it is in"),
    (b"flavors:", "an MLmodel file", "give the folder that it is in"),
    (b"{", "JSON, such as an error that was downloaded in its place", AGAIN),
];
/// Formats that are text, whose beginning has any case, behind any white space.
const MARKUP: [(&str, &str); 4] = [
    ("<!doctype html", "an HTML page, such as an error or a login"),
    ("<html", "an HTML page, such as an error or a login"),
    ("<?xml", "XML, such as an object store's error"),
    ("<error", "XML, such as an object store's error"),
];
const ZIP: &str = "unpack it, and give the model folder that was in it";
const SAVED: &str = "give the folder that mlflow.<flavor>.save_model wrote";
const AGAIN: &str = "download the model again, with the rights that this takes";

/// What a file is that can't be read as a zip, and what to do; `None` where its first [`HEAD`] bytes don't say.
pub(crate) fn named(head: &[u8]) -> Option<(String, &'static str)> {
    let named = |what: &str, instead| Some((what.to_owned(), instead));
    if head.is_empty() {
        return named("empty (0 bytes)", "copy it again, or zip the model folder again");
    }
    if head.get(TAR) == Some(b"ustar") {
        return named("a tar archive", ZIP);
    }
    let text = String::from_utf8_lossy(head).trim_start().to_lowercase();
    if let Some((_, what)) = MARKUP.iter().find(|(begins, _)| text.starts_with(begins)) {
        return Some((format!("{what} that was downloaded in its place"), AGAIN));
    }
    let (_, what, instead) = BEGINNINGS.iter().find(|(begins, ..)| head.starts_with(begins))?;
    named(what, instead)
}

/// The name of a zip's compression method, by APPNOTE.TXT 4.4.5.
pub(crate) fn method(number: u16) -> &'static str {
    match number {
        1 => "shrink",
        2..=5 => "reduce",
        6 | 10 => "implode",
        9 => "deflate64",
        12 => "bzip2",
        14 => "LZMA",
        16 | 18 | 19 => "IBM's own method",
        20 | 93 => "Zstandard",
        94 => "MP3",
        95 => "xz",
        96 => "JPEG",
        97 => "WavPack",
        98 => "PPMd",
        _ => "a method that nobody has named",
    }
}

#[cfg(test)]
mod tests;
