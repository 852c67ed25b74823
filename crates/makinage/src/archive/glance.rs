//! Single files of a model, read without packing or unpacking the rest of it.

use std::{fs, io, io::Read, path::Path};

use super::{ModelError, inspect::model_below, limits::Limits, members::Members};
use crate::model::{MLMODEL, MlModelError};

/// The bytes of the `MLmodel` file of a model, which is a folder or a zip.
pub fn mlmodel(model: &Path) -> Result<Vec<u8>, ModelError> {
    let limit = Limits::default().mlmodel_bytes;
    match file(model, MLMODEL)? {
        Some(bytes) if bytes.len() as u64 > limit => Err(MlModelError::TooLarge(limit).into()),
        Some(bytes) => Ok(bytes),
        // Of a zip, that is an error already.
        None => Err(ModelError::FolderWithoutMlModel(model_below(model))),
    }
}

/// The bytes of the file of this name below a model's folder, up to one more than an `MLmodel` file may have; `None`
/// where it has no such file.
pub fn file(model: &Path, name: &str) -> Result<Option<Vec<u8>>, ModelError> {
    let most = Limits::default().mlmodel_bytes + 1;
    let metadata = fs::metadata(model).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ModelError::Missing,
        _ => ModelError::io("read", model)(error),
    })?;
    if metadata.is_dir() {
        let path = model.join(name);
        if !path.is_file() {
            return Ok(None);
        }
        let file = fs::File::open(&path).map_err(ModelError::io("read", &path))?;
        return read(file, most).map(Some).map_err(ModelError::io("read", &path));
    }
    if !metadata.is_file() {
        return Err(ModelError::NotAFile);
    }
    let members = Members::open(model, &Limits::default())?;
    let folder = members.model_folder()?;
    let mut found = None;
    members.each(|member, reader| {
        let below = member.below(&folder).map(|below| below.join("/"));
        if !member.is_folder && below.as_deref() == Some(name) {
            found = Some(read(reader, most).map_err(ModelError::io("read", model))?);
        }
        Ok(())
    })?;
    Ok(found)
}

fn read(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{file, mlmodel};
    use crate::archive::{ModelError, pack::pack};

    #[test]
    fn the_same_files_are_read_of_a_folder_and_of_its_zip() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("MLmodel"), "flavors: {sklearn: {}}\n").unwrap();
        std::fs::write(folder.path().join("data/example.json"), "[1]").unwrap();
        let zip = pack(folder.path()).unwrap();
        for model in [folder.path(), &zip] {
            assert_eq!(mlmodel(model).unwrap(), b"flavors: {sklearn: {}}\n");
            assert_eq!(file(model, "data/example.json").unwrap().as_deref(), Some(b"[1]".as_slice()));
            assert_eq!(file(model, "example.json").unwrap(), None);
        }
    }

    #[test]
    fn what_is_no_model_is_told_as_where_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(mlmodel(folder.path()), Err(ModelError::FolderWithoutMlModel(None))));
        assert!(matches!(mlmodel(&folder.path().join("nowhere")), Err(ModelError::Missing)));
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "no zip").unwrap();
        assert!(mlmodel(&text).is_err());
    }
}
