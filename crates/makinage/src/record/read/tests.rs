use proptest::prelude::*;

use super::{Chunk, ChunkNumber, Record};
use crate::{archive::sha256, record::headers::*};

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn read<'r>(headers: &[(&str, &'r [u8])], value: Option<&'r [u8]>) -> Record<'r> {
    Record::read(|wanted| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value), value)
}

/// A manifest of one chunk.
fn manifest() -> String {
    format!(
        r#"{{"makinage":"manifest","format":1,"name":"iris","version":"3","size":5,"sha256":"{DIGEST}","chunks":1,
            "chunk_bytes":10,"upload":"a1","partition":0,"first_offset":4,"last_offset":4}}"#
    )
}

#[test]
fn a_zip_is_a_model_whatever_its_headers_say_and_is_named_by_its_bytes() {
    let zip = &b"PK\x03\x04..."[..];
    for headers in [
        &[][..],
        &[(SHA256_HEADER, DIGEST.as_bytes())],
        &[(SHA256_HEADER, b"\xff"), (NAME_HEADER, b"\x1b[2J"), (VERSION_HEADER, b""), (FLAVOR_HEADER, b"\n")],
    ] {
        let Record::Zip(model) = read(headers, Some(zip)) else { panic!("{headers:?}") };
        assert_eq!((model.bytes, model.identity().sha256, model.flavor()), (zip, sha256(zip), None));
        assert_eq!((model.identity().name, model.identity().version), (None, None));
    }
    let told = [(NAME_HEADER, &b"iris"[..]), (VERSION_HEADER, b"3"), (FLAVOR_HEADER, b"sklearn")];
    let Record::Zip(model) = read(&told, Some(zip)) else { panic!("a zip") };
    assert_eq!((&*model.identity().label(), model.flavor()), ("iris@3", Some("sklearn")));
}

#[test]
fn a_kind_decides_whatever_the_value_is() {
    let zip = Some(&b"PK\x03\x04..."[..]);
    assert!(matches!(read(&[(KIND_HEADER, b"manifest")], zip), Record::Manifest(Err(_))));
    assert!(matches!(read(&[(KIND_HEADER, b"reference")], zip), Record::Reference(Err(_))));
    let json = manifest();
    let Record::Manifest(Ok(read_back)) = read(&[(KIND_HEADER, b"manifest")], Some(json.as_bytes())) else {
        panic!("a manifest")
    };
    assert_eq!((&*read_back.identity().label(), read_back.chunks), ("iris@3", 1));
    let json = format!(r#"{{"uri":"s3://bucket/m.zip","sha256":"{DIGEST}"}}"#);
    let reference = read(&[(KIND_HEADER, b"reference")], Some(json.as_bytes()));
    assert_eq!(reference.identity().expect("one").sha256, DIGEST);
}

#[test]
fn a_chunk_says_of_which_upload_and_which_of_its_chunks_or_it_is_none() {
    let chunk = |upload, place| {
        read(&[(KIND_HEADER, b"chunk"), (UPLOAD_HEADER, upload), (CHUNK_HEADER, place)], Some(b"bytes"))
    };
    let place = ChunkNumber { index: 2, count: 3 };
    assert_eq!(chunk(b"a1", b"2/3"), Record::Chunk(Chunk { upload: "a1", place, bytes: b"bytes" }));
    for (upload, place) in
        [(&b"../a1"[..], &b"2/3"[..]), (b"", b"2/3"), (b"\xff", b"2/3"), (b"a1", b"3/3"), (b"a1", b"")]
    {
        assert!(matches!(chunk(upload, place), Record::Foreign(_)), "{upload:?} {place:?}");
    }
    let without_place = read(&[(KIND_HEADER, b"chunk"), (UPLOAD_HEADER, b"a1")], Some(b"bytes"));
    assert!(matches!(without_place, Record::Foreign(_)));
}

#[test]
fn what_is_neither_is_told_by_what_it_is() {
    let told = |headers: &[(&str, &'static [u8])], value| match read(headers, value) {
        Record::Foreign(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(told(&[], None).contains("no value"));
    assert!(told(&[(KIND_HEADER, b"chunk")], None).contains("no value"), "a chunk's tombstone");
    assert_eq!(told(&[], Some(b"hello")), "is no zip, so it is no model");
    let gzip = told(&[], Some(b"\x1f\x8b\x08\0"));
    assert_eq!(gzip, "is compressed with gzip (such as a .tar.gz), and no zip, so it is no model");
    let unknown = told(&[(KIND_HEADER, b"\x1b[2J")], Some(b"PK\x03\x04"));
    assert!(unknown.contains("update makinage") && !unknown.contains('\x1b'), "{unknown}");
    assert!(told(&[(KIND_HEADER, &[b'k'; 5000])], Some(b"")).len() < 200);
    assert!(told(&[(KIND_HEADER, b"\xff")], Some(b"")).contains("update makinage"), "an empty kind isn't meant");
}

proptest! {
    #[test]
    fn whatever_a_record_holds_it_is_read(
        kind in prop_oneof![
            Just(None),
            prop_oneof![Just("chunk"), Just("manifest"), Just("reference")].prop_map(|kind| Some(kind.as_bytes().to_vec())),
            prop::collection::vec(any::<u8>(), 0..20).prop_map(Some),
        ],
        other in prop::collection::vec(any::<u8>(), 0..80),
        value in prop::option::of(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..600),
            "\\PC{0,40}".prop_map(String::into_bytes),
            Just(manifest().into_bytes()),
            Just(b"PK\x03\x04".to_vec()),
        ]),
    ) {
        let headers: Vec<(&str, &[u8])> =
            [UPLOAD_HEADER, CHUNK_HEADER, NAME_HEADER, VERSION_HEADER, FLAVOR_HEADER, SHA256_HEADER]
                .into_iter()
                .map(|name| (name, other.as_slice()))
                .chain(kind.as_deref().map(|kind| (KIND_HEADER, kind)))
                .collect();
        let record = read(&headers, value.as_deref());
        prop_assert!(record.identity().is_none() || record.is_model());
        if let Record::Foreign(why) = &record {
            prop_assert!(why.len() < 300 && !why.chars().any(char::is_control), "{}", why);
        }
    }
}
