use super::method;
use crate::archive::{
    Limits, MemberFault, ModelError, inspect,
    testing::{Disk, SMALL_MLMODEL, deflated, patched, stored},
    unpack,
};

const MLMODEL: (&str, &[u8]) = ("MLmodel", SMALL_MLMODEL.as_bytes());
const FLAGS: (usize, usize) = (6, 8);
const METHOD: (usize, usize) = (8, 10);

/// What publisher and service say of the same bytes: the same.
fn refusal_of(bytes: &[u8]) -> ModelError {
    let disk = Disk::with_archive(bytes);
    let published = inspect(&disk.zip()).unwrap_err();
    let served = unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap_err();
    assert_eq!(published.to_string(), served.to_string());
    served
}

fn tar() -> Vec<u8> {
    let mut tar = vec![0; 1024];
    tar[..7].copy_from_slice(b"MLmodel");
    tar[257..262].copy_from_slice(b"ustar");
    tar
}

#[test]
fn a_member_method_that_is_not_read_is_named_and_not_called_damage() {
    for (number, name) in [
        (1, "shrink"),
        (2, "reduce"),
        (5, "reduce"),
        (6, "implode"),
        (9, "deflate64"),
        (10, "implode"),
        (12, "bzip2"),
        (14, "LZMA"),
        (93, "Zstandard"),
        (20, "Zstandard"),
        (95, "xz"),
        (98, "PPMd"),
        (4711, "nobody"),
    ] {
        let archive = patched(deflated(&[MLMODEL, ("model.pkl", &[7; 500])]), 1, METHOD, &u16::to_le_bytes(number));
        let told = refusal_of(&archive).to_string();
        assert!(method(number).contains(name));
        let wanted = format!("the zip member \"model.pkl\" is compressed with {} (method {number})", method(number));
        assert!(told.starts_with(&wanted) && told.contains("deflate") && !told.contains("damaged"), "{told}");
    }
}

#[test]
fn a_member_with_a_password_is_named_whatever_hides_behind_it() {
    for (number, flags) in [(8, 1_u16), (99, 1), (12, 1), (8, 0x41)] {
        let archive = deflated(&[MLMODEL, ("model.pkl", &[7; 500])]);
        let archive = patched(archive, 1, FLAGS, &flags.to_le_bytes());
        let archive = patched(archive, 1, METHOD, &u16::to_le_bytes(number));
        let error = refusal_of(&archive);
        assert!(matches!(error, ModelError::Member { fault: MemberFault::Encrypted, .. }), "{error}");
        assert!(error.to_string().contains("password"), "{error}");
    }
}

#[test]
fn what_is_no_zip_is_named_with_what_to_do() {
    let cut = {
        let zip = stored(&[MLMODEL, ("model.pkl", &[1; 10_000])]);
        zip[..9_000].to_vec()
    };
    let tar = tar();
    let files: [(&[u8], &str, &str); 16] = [
        (b"", "empty (0 bytes)", "zip the model folder again"),
        (b"\x1f\x8b\x08\0\0\0", "compressed with gzip (such as a .tar.gz)", "give the model folder"),
        (&tar, "a tar archive", "give the model folder"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive", "give the model folder"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive", "give the model folder"),
        (b"BZh91AY&SY", "compressed with bzip2", "give the model folder"),
        (b"\xfd7zXZ\0\0", "compressed with xz", "give the model folder"),
        (b"\x28\xb5\x2f\xfd\0", "compressed with Zstandard", "give the model folder"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "a Git LFS pointer",
            "git lfs pull",
        ),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "an HTML page", "download the model again"),
        (b"\n  <HTML><head>", "an HTML page", "download the model again"),
        (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML", "download the model again"),
        (b"{\"error_code\": \"RESOURCE_DOES_NOT_EXIST\"}", "JSON", "download the model again"),
        (b"\x80\x04\x95\x10\0", "a Python pickle", "save_model"),
        (SMALL_MLMODEL.as_bytes(), "an MLmodel file", "give the folder that it is in"),
        (&cut, "the beginning of a zip", "copy it again"),
    ];
    for (bytes, what, instead) in files {
        let told = refusal_of(bytes).to_string();
        assert!(told.starts_with(&format!("it is {what}")) && told.contains(instead), "{told}");
    }
    let told = refusal_of(b"something else").to_string();
    assert!(told.starts_with("it isn't a readable zip archive ("), "{told}");
}

#[test]
fn a_folder_or_zip_with_the_model_further_down_names_where_it_is() {
    let told = refusal_of(&stored(&[("run/artifacts/MLmodel", b"x"), ("run/artifacts/model.pkl", b"x")])).to_string();
    assert!(told.contains("zip the folder run/artifacts of it"), "{told}");
    let disk = Disk::with_archive(b"");
    let folder = disk.zip().parent().unwrap().join("run");
    std::fs::create_dir_all(folder.join("artifacts/model")).unwrap();
    std::fs::write(folder.join("artifacts/model/MLmodel"), SMALL_MLMODEL).unwrap();
    let told = inspect(&folder).unwrap_err().to_string();
    assert!(told.contains("but its subfolder artifacts/model does: give that"), "{told}");
}

#[test]
fn a_large_zip_has_the_headers_of_zip64_and_is_read() {
    use std::io::{Cursor, Write};
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().large_file(true);
    writer.start_file("MLmodel", options).unwrap();
    writer.write_all(SMALL_MLMODEL.as_bytes()).unwrap();
    let disk = Disk::with_archive(&writer.finish().unwrap().into_inner());
    inspect(&disk.zip()).unwrap();
    unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap();
}
