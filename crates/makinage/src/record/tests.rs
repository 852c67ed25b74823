use super::{
    chunk::{ChunkNumber, key},
    manifest::{Manifest, ManifestError, Uploaded},
    reference::{Location, Reference},
};
use crate::{archive::Limits, model::ModelIdentity};

const SHA256: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn manifest() -> Manifest {
    let uploaded = Uploaded { upload: "a1".into(), chunks: 3, chunk_bytes: 10, partition: 1, offsets: (4, 8) };
    Manifest::new(&ModelIdentity::named(SHA256, Some(b"iris"), Some(b"3")), "sklearn", 25, uploaded)
}

fn parse(json: &str) -> Result<Manifest, ManifestError> {
    let manifest = Manifest::parse(json.as_bytes())?;
    manifest.fits(2, &Limits::default())?;
    Ok(manifest)
}

#[test]
fn a_manifest_comes_back_as_it_was_written() {
    let text = manifest().to_json();
    assert_eq!(
        text,
        format!(
            r#"{{"makinage":"manifest","format":1,"name":"iris","version":"3","size":25,"sha256":"{SHA256}","flavor":"sklearn","chunks":3,"chunk_bytes":10,"upload":"a1","partition":1,"first_offset":4,"last_offset":8}}"#
        )
    );
    let read = parse(&text).expect("a manifest");
    assert_eq!(read, manifest());
    assert_eq!(read.identity().label().as_ref(), "iris@3");
}

#[test]
fn a_manifest_whose_numbers_cannot_be_is_refused() {
    let text = manifest().to_json();
    for (from, to) in [
        (r#""size":25"#, r#""size":31"#),
        (r#""size":25"#, r#""size":20"#),
        (r#""size":25"#, r#""size":0"#),
        (r#""size":25"#, r#""size":18446744073709551615"#),
        (r#""size":25"#, r#""size":-1"#),
        (r#""chunks":3"#, r#""chunks":0"#),
        (r#""chunks":3"#, r#""chunks":4294967295"#),
        (r#""chunk_bytes":10"#, r#""chunk_bytes":0"#),
        (r#""chunk_bytes":10"#, r#""chunk_bytes":18446744073709551615"#),
        (r#""partition":1"#, r#""partition":2"#),
        (r#""partition":1"#, r#""partition":-1"#),
        (r#""first_offset":4"#, r#""first_offset":-1"#),
        (r#""first_offset":4"#, r#""first_offset":7"#),
        (r#""last_offset":8"#, r#""last_offset":3"#),
        (r#""upload":"a1""#, r#""upload":"../a1""#),
        (r#""upload":"a1""#, r#""upload":"""#),
        (SHA256, &SHA256[1..]),
        (r#""manifest""#, r#""other""#),
        (r#""format":1"#, r#""format":2"#),
    ] {
        assert!(text.contains(from), "{from}");
        let error = parse(&text.replace(from, to)).expect_err(to);
        assert!(
            error.to_string().contains("publish the model again") || matches!(error, ManifestError::Format(2)),
            "{error}"
        );
    }
    let long = text.replace("iris", &"i".repeat(70_000));
    assert!(matches!(parse(&long), Err(ManifestError::Unreadable(_))));
    let more_than_the_limit = Limits { archive_bytes: 24, ..Limits::default() };
    assert!(parse(&text).is_ok_and(|manifest| manifest.fits(2, &more_than_the_limit).is_err()));
}

#[test]
fn a_chunk_s_place_is_two_numbers() {
    let place = ChunkNumber { index: 2, count: 3 };
    assert_eq!(ChunkNumber::parse(place.header().as_bytes()), Some(place));
    for wrong in ["3/3", "0/0", "1", "/", "-1/3", "+1/3", "1/3/4", "1 /3", "0/1048577", "99999999999/3", ""] {
        assert_eq!(ChunkNumber::parse(wrong.as_bytes()), None, "{wrong}");
    }
    assert_eq!(key(SHA256, "a1", 2), "model/0123456789ab/a1/2");
}

#[test]
fn a_reference_names_a_place_and_a_digest() {
    let json = |uri: &str, sha256: &str| format!(r#"{{"uri":"{uri}","sha256":"{sha256}","name":"iris"}}"#);
    let read = Reference::parse(json("s3://bucket/m.zip", SHA256).as_bytes()).expect("a reference");
    assert_eq!(read.identity().label().as_ref(), "iris@0123456789ab");
    assert_eq!(Reference::parse(read.to_json().as_bytes()), Ok(read));
    assert!(Reference::parse(json("s3://bucket/m.zip", "").as_bytes()).is_err());
    assert!(Reference::parse(json("m.zip", SHA256).as_bytes()).is_err());
}

#[test]
fn a_uri_is_fetched_by_http_from_a_file_or_through_mlflow() {
    let http = |uri: &str| Ok(Location::Http(uri.into()));
    assert_eq!(Location::of(&"https://host/m.zip".into()), http("https://host/m.zip"));
    assert_eq!(Location::of(&"/models/m.zip".into()), Ok(Location::File("/models/m.zip".into())));
    assert_eq!(Location::of(&"file:///models/m.zip".into()), Ok(Location::File("/models/m.zip".into())));
    for uri in ["s3://bucket/m.zip", "gs://bucket/m.zip", "dbfs:/models/m.zip", "mlflow-artifacts:/1/m.zip"] {
        assert_eq!(Location::of(&uri.into()), Ok(Location::Mlflow(uri.into())));
    }
    for wrong in ["", "m.zip", "../m.zip", "http:m.zip", "file://host/m.zip", "-x://y", "s3:bucket", "https://a\nb"] {
        assert!(Location::of(&wrong.into()).is_err(), "{wrong}");
    }
}
