use std::{fs, io::Cursor, os::unix::fs::PermissionsExt, path::Path};

use proptest::prelude::*;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::unpack;
use crate::{
    archive::{
        Limits, MemberFault, ModelError,
        testing::{Disk, SMALL_MLMODEL, deflated, patched, replaced, stored},
    },
    model::MlModelError,
};

const MLMODEL: (&str, &[u8]) = ("MLmodel", SMALL_MLMODEL.as_bytes());
/// Places of header fields: in the local header, in the central one.
const FLAGS: (usize, usize) = (6, 8);
const CRC: (usize, usize) = (14, 16);
const COMPRESSED_SIZE: (usize, usize) = (18, 20);
const SIZE: (usize, usize) = (22, 24);

/// Unpacks, and makes sure that a refusal leaves nothing behind anywhere.
fn refusal_of(archive: &[u8], limits: &Limits) -> ModelError {
    let disk = Disk::with_archive(archive);
    let error = unpack(&disk.zip(), &disk.target(), limits).expect_err("a hostile archive is refused");
    assert_eq!(disk.listing(), ["model.zip", "store"], "{error}");
    error
}

fn fault_of(archive: &[u8]) -> MemberFault {
    match refusal_of(archive, &Limits::default()) {
        ModelError::Member { fault, .. } => fault,
        other => panic!("not a member's fault: {other}"),
    }
}

/// A good archive with one member more, whose name was `placeholder` when it was written.
fn renamed(placeholder: &str, name: &[u8]) -> Vec<u8> {
    let archive = stored(&[MLMODEL, (placeholder, b"x")]);
    replaced(archive, placeholder.as_bytes(), name)
}

#[test]
fn a_model_is_unpacked_whole() {
    let disk = Disk::with_archive(&deflated(&[
        MLMODEL,
        ("code/", b""),
        ("code/a.py", b"1"),
        ("model.pkl", &vec![7; 300_000]),
    ]));
    let folder = unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap();
    assert_eq!(folder, disk.target());
    assert_eq!(fs::read(folder.join("model.pkl")).unwrap(), vec![7; 300_000]);
    assert_eq!(
        disk.listing(),
        [
            "model.zip",
            "store",
            "store/model",
            "store/model/MLmodel",
            "store/model/code",
            "store/model/code/a.py",
            "store/model/model.pkl"
        ]
    );
}

#[test]
fn only_its_user_may_read_it() {
    let disk = Disk::with_archive(&stored(&[MLMODEL, ("code/run.sh", b"1")]));
    let folder = unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("code")), 0o700);
    assert_eq!(mode(&folder.join("code/run.sh")), 0o600);
}

#[test]
fn a_program_stays_executable() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.start_file("MLmodel", options).unwrap();
    std::io::Write::write_all(&mut writer, SMALL_MLMODEL.as_bytes()).unwrap();
    writer.start_file("tool", options.unix_permissions(0o777)).unwrap();
    let disk = Disk::with_archive(&writer.finish().unwrap().into_inner());
    let folder = unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap();
    let mode = fs::metadata(folder.join("tool")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_model_one_folder_down_is_unpacked_without_that_folder() {
    let disk = Disk::with_archive(&stored(&[
        ("my_model/MLmodel", MLMODEL.1),
        ("my_model/inner/MLmodel", b"of no importance"),
        ("__MACOSX/my_model/._MLmodel", b"x"),
    ]));
    unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap();
    assert_eq!(
        disk.listing(),
        ["model.zip", "store", "store/model", "store/model/MLmodel", "store/model/inner", "store/model/inner/MLmodel"]
    );
}

#[test]
fn a_folder_that_is_there_is_left_alone() {
    let disk = Disk::with_archive(&stored(&[MLMODEL]));
    fs::create_dir(disk.target()).unwrap();
    fs::write(disk.target().join("precious"), "x").unwrap();
    unpack(&disk.zip(), &disk.target(), &Limits::default()).unwrap_err();
    assert_eq!(disk.listing(), ["model.zip", "store", "store/model", "store/model/precious"]);
}

#[test]
fn names_that_lead_out_are_refused() {
    assert_eq!(fault_of(&renamed("AA/evil", b"../evil")), MemberFault::Escapes);
    assert_eq!(fault_of(&renamed("sub/AA/AA/evil", b"sub/../../evil")), MemberFault::Escapes);
    assert_eq!(fault_of(&renamed("Atmp/evil", b"/tmp/evil")), MemberFault::Absolute);
    assert_eq!(fault_of(&renamed("CA/evil", b"C:/evil")), MemberFault::Absolute);
    assert_eq!(fault_of(&renamed("AAAevil", b"..\\evil")), MemberFault::AmbiguousName);
    assert_eq!(fault_of(&renamed("evilA.py", b"evil\0.py")), MemberFault::AmbiguousName);
}

#[test]
fn names_that_no_file_system_takes_are_refused() {
    let long = "x".repeat(256);
    assert_eq!(fault_of(&stored(&[MLMODEL, (&long, b"")])), MemberFault::LongName);
    let deep = "d/".repeat(600) + "x";
    assert_eq!(fault_of(&stored(&[MLMODEL, (&deep, b"")])), MemberFault::LongName);
}

#[test]
fn links_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    assert_eq!(fault_of(&archive), MemberFault::SpecialFile);
}

#[test]
fn special_files_are_refused() {
    let archive = stored(&[MLMODEL, ("pipe", b"")]);
    // The type stands in the central header only, in the high half of the external attributes.
    let central = archive.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    for kind in [0o010_000_u16, 0o020_000, 0o060_000, 0o140_000, 0o120_000] {
        let mut archive = archive.clone();
        archive[central + 40..central + 42].copy_from_slice(&(kind | 0o644).to_le_bytes());
        assert_eq!(fault_of(&archive), MemberFault::SpecialFile, "{kind:o}");
    }
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    assert_eq!(fault_of(&renamed("MLmodeX", b"MLmodel")), MemberFault::Duplicate);
    assert_eq!(fault_of(&stored(&[MLMODEL, ("./MLmodel", b"x")])), MemberFault::Duplicate);
}

#[test]
fn names_that_differ_in_case_only_are_refused() {
    let collision = |name: &str| MemberFault::CaseCollision(name.to_owned());
    assert_eq!(fault_of(&stored(&[MLMODEL, ("mlMODEL", b"x")])), collision("MLmodel"));
    assert_eq!(fault_of(&stored(&[MLMODEL, ("Code/a", b"x"), ("code/b", b"x")])), collision("Code/a"));
}

#[test]
fn a_file_that_is_a_folder_too_is_refused() {
    let archive = stored(&[("a", b"x"), MLMODEL, ("b", b"x"), ("a/b", b"x")]);
    assert_eq!(fault_of(&archive), MemberFault::FileAsFolder("a".to_owned()));
}

#[test]
fn encrypted_members_are_refused() {
    let archive = stored(&[MLMODEL, ("secret", b"x")]);
    assert_eq!(fault_of(&patched(archive, 1, FLAGS, &[1, 0])), MemberFault::Encrypted);
}

#[test]
fn members_that_share_bytes_are_refused() {
    let archive = stored(&[MLMODEL, ("a", &[b'a'; 100]), ("b", b"b")]);
    let archive = patched(archive, 1, COMPRESSED_SIZE, &140_u32.to_le_bytes());
    assert_eq!(fault_of(&patched(archive, 1, SIZE, &140_u32.to_le_bytes())), MemberFault::Overlap);
}

#[test]
fn one_local_header_for_two_members_is_refused() {
    let mut archive = replaced(stored(&[MLMODEL, ("twin1", b"x"), ("twin2", b"x")]), b"twin2", b"twin1");
    let central: Vec<usize> = (0..archive.len() - 4).filter(|&at| archive[at..].starts_with(b"PK\x01\x02")).collect();
    let offset = archive[central[1] + 42..central[1] + 46].to_vec();
    archive[central[2] + 42..central[2] + 46].copy_from_slice(&offset);
    assert_eq!(fault_of(&archive), MemberFault::Duplicate);
}

#[test]
fn headers_that_disagree_are_refused() {
    let mut archive = stored(&[MLMODEL, ("harmless", b"x")]);
    let central = archive.windows(8).rposition(|bytes| bytes == b"harmless").unwrap();
    archive[central..central + 8].copy_from_slice(b"somewhat");
    assert!(matches!(refusal_of(&archive, &Limits::default()), ModelError::NotAZip(_)));
}

#[test]
fn too_many_members_are_refused() {
    let limits = Limits { members: 2, ..Limits::default() };
    let error = refusal_of(&stored(&[MLMODEL, ("a", b""), ("b", b"")]), &limits);
    assert!(matches!(error, ModelError::TooManyMembers { found: 3, limit: 2 }), "{error}");
}

#[test]
fn a_large_directory_of_members_is_refused() {
    let limits = Limits { directory_bytes: 100, ..Limits::default() };
    let error = refusal_of(&stored(&[MLMODEL, ("a", b""), ("b", b""), ("c", b"")]), &limits);
    assert!(matches!(error, ModelError::DirectoryTooLarge { limit: 100 }), "{error}");
}

#[test]
fn a_bomb_that_says_so_is_refused() {
    let limits = Limits { ratio_free_bytes: 1 << 20, ..Limits::default() };
    let archive = deflated(&[MLMODEL, ("zeros", &vec![0; 2 << 20])]);
    let error = refusal_of(&archive, &limits);
    assert!(matches!(error, ModelError::TooLarge { .. }), "{error}");
}

#[test]
fn a_bomb_that_lies_is_refused() {
    let archive = deflated(&[MLMODEL, ("zeros", &vec![0; 1 << 20])]);
    let fault = fault_of(&patched(archive, 1, SIZE, &1_000_u32.to_le_bytes()));
    assert!(matches!(fault, MemberFault::Damaged(_) | MemberFault::TooLarge(1_000)), "{fault}");
}

#[test]
fn what_is_unpacked_is_counted_over_all_members() {
    let limits = Limits { total_bytes: 2_000, ..Limits::default() };
    let archive = stored(&[MLMODEL, ("a", &[0; 1_000]), ("b", &[0; 1_000])]);
    let error = refusal_of(&archive, &limits);
    assert!(matches!(error, ModelError::TooLarge { limit: 2_000, .. }), "{error}");
}

#[test]
fn one_large_file_is_refused() {
    let limits = Limits { file_bytes: 1_000, ..Limits::default() };
    let error = refusal_of(&stored(&[MLMODEL, ("a", &[0; 1_001])]), &limits);
    assert!(error.to_string().contains("\"a\" unpacks to more than 1000 bytes"), "{error}");
}

#[test]
fn damaged_bytes_are_refused() {
    let fault = fault_of(&patched(stored(&[MLMODEL, ("a", b"x")]), 1, CRC, &[1, 2, 3, 4]));
    assert!(matches!(fault, MemberFault::Damaged(_)), "{fault}");
}

#[test]
fn a_member_that_ends_early_is_refused() {
    let archive = deflated(&[MLMODEL, ("a", &[0; 1_000])]);
    let fault = fault_of(&patched(archive, 1, SIZE, &2_000_u32.to_le_bytes()));
    assert!(matches!(fault, MemberFault::Damaged(_)), "{fault}");
}

#[test]
fn an_archive_that_is_cut_is_refused() {
    let mut archive = stored(&[MLMODEL, ("model.pkl", &[1; 10_000])]);
    archive.truncate(9_000);
    assert!(matches!(refusal_of(&archive, &Limits::default()), ModelError::Foreign { .. }));
    assert!(matches!(refusal_of(b"", &Limits::default()), ModelError::Foreign { .. }));
}

#[test]
fn paths_that_leave_the_model_are_refused() {
    let mlmodel = "flavors:\n  sklearn:\n    pickled_model: ../../other/model.pkl\n";
    let error = refusal_of(&stored(&[("MLmodel", mlmodel.as_bytes())]), &Limits::default());
    assert!(matches!(error, ModelError::MlModel(MlModelError::EscapingPath { .. })), "{error}");
}

#[test]
fn a_huge_mlmodel_is_refused() {
    let limits = Limits { mlmodel_bytes: 10, ..Limits::default() };
    let error = refusal_of(&stored(&[MLMODEL]), &limits);
    assert!(matches!(error, ModelError::MlModel(MlModelError::TooLarge(10))), "{error}");
}

#[test]
fn what_is_not_a_model_is_refused() {
    let error = refusal_of(&stored(&[("a/b/MLmodel", b"x"), ("c", b"x")]), &Limits::default());
    assert!(matches!(error, ModelError::ZipWithoutMlModel(_)), "{error}");
    let error = refusal_of(&stored(&[("a/MLmodel", b"x"), ("b/MLmodel", b"x")]), &Limits::default());
    assert!(matches!(error, ModelError::SeveralModels(..)), "{error}");
}

proptest! {
    /// Whatever is changed in an archive, it is refused or unpacked; nothing panics, and nothing is left behind or
    /// beside.
    #[test]
    fn a_changed_archive_does_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut archive = deflated(&[MLMODEL, ("code/", b""), ("code/a.py", b"a = 1"), ("model.pkl", &[7; 500])]);
        for (place, value) in changes {
            let place = place.index(archive.len());
            archive[place] = value;
        }
        let disk = Disk::with_archive(&archive);
        let unpacked = unpack(&disk.zip(), &disk.target(), &Limits::default());
        let inside = disk.listing().into_iter().filter(|path| !path.starts_with("store/model"));
        prop_assert_eq!(inside.collect::<Vec<_>>(), ["model.zip", "store"]);
        prop_assert_eq!(unpacked.is_ok(), disk.target().exists());
    }
}
