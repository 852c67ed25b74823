//! From a path to text; what can be wrong before there is any YAML.

use std::{fs::File, io::Read, path::Path};

use super::problem::Place;

#[cfg(test)]
mod tests;

const LARGEST: u64 = 1 << 20;

/// Which program reads, for what is said of a wrong mount.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// Its usual file.
    pub file: &'static str,
    /// Its image.
    pub image: &'static str,
}

/// The service.
pub(crate) const SERVICE: Reader = Reader { file: "config.serve.yaml", image: "makinage/makinage" };
/// The publisher.
pub(crate) const PUBLISHER: Reader = Reader { file: "config.publish.yaml", image: "makinage/model-publisher" };

/// The text of the file at `path`, or what is wrong with it and where.
pub(crate) fn text(path: &Path, reader: Reader) -> Result<String, (Place, String)> {
    let whole = |message: String| (Place::file(), message);
    if path.is_dir() {
        return Err(whole(folder(reader)));
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(whole(match error.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no such file; give the path of the configuration with `--config FILE`".to_owned()
            }
            std::io::ErrorKind::PermissionDenied => {
                "this file may not be read by this user; change its permissions, as `chmod a+r FILE` does".to_owned()
            }
            _ => format!("this file can't be read ({error}); give the path of a readable file with `--config FILE`"),
        }));
    }
    decode(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, (Place, String)> {
    if bytes.len() as u64 > LARGEST {
        return Err((
            Place::file(),
            "this file is larger than 1 MiB, so it is hardly a configuration; give the right file with `--config FILE`"
                .to_owned(),
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        (Place::key(line, ""), "this line isn't UTF-8; save the file as UTF-8".to_owned())
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn folder(reader: Reader) -> String {
    let Reader { file, image } = reader;
    format!(
        "this is a folder, not a file; Docker makes one where the file to mount doesn't exist on the host, so mount an existing file by its \
         whole path: `docker run --network host -v \"$PWD/{file}:/opt/makinage/config.yaml:ro\" {image}`"
    )
}
