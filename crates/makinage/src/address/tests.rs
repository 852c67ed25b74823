use proptest::prelude::*;

use super::*;

/// Addresses with their credentials, and what is shown of them.
const TABLE: &[(&str, &str)] = &[
    // Nothing to hide.
    ("https://host/a/m.zip", "https://host/a/m.zip"),
    ("https://host", "https://host"),
    ("http://host:8500/v1/kv/a@b", "http://host:8500/v1/kv/a@b"),
    ("s3://bucket/a@b/m.zip", "s3://bucket/a@b/m.zip"),
    ("gs://bucket/m.zip", "gs://bucket/m.zip"),
    ("file:///models/m.zip", "file:///models/m.zip"),
    ("/models/a@b:c/m.zip", "/models/a@b:c/m.zip"),
    ("models:/iris@champion", "models:/iris@champion"),
    ("runs:/0123/model", "runs:/0123/model"),
    ("file:///models/a@b/m.zip", "file:///models/a@b/m.zip"),
    ("//host/a@b/m.zip", "//host/a@b/m.zip"),
    ("sqlite:////models/mlflow.db", "sqlite:////models/mlflow.db"),
    ("dbfs:/models/a@b", "dbfs:/models/a@b"),
    ("kafka-1:9092", "kafka-1:9092"),
    ("[::1]:9092", "[::1]:9092"),
    ("http://[2001:db8::1]:8500/x", "http://[2001:db8::1]:8500/x"),
    // User names and passwords.
    ("https://me:secret@host/a/m.zip", "https://host/a/m.zip"),
    ("https://secret@host/m.zip", "https://host/m.zip"),
    ("https://me:sec@ret@host:8443/m.zip", "https://host:8443/m.zip"),
    ("https://me:sec/ret@host/m.zip", "https://host/m.zip"),
    ("https://me:s\\ecret@host/m.zip", "https://host/m.zip"),
    ("https://me:sec?ret@host/m.zip", "https://host/m.zip"),
    ("https://me:@/secret#secret@host/m.zip", "https://host/m.zip"),
    ("https://me%3Asecret%40host/m.zip", "https://host/m.zip"),
    ("https://me:se%40cret@host/m.zip", "https://host/m.zip"),
    ("http://me:secret@[::1]:8500", "http://[::1]:8500"),
    ("http://token:secret@consul:8500", "http://consul:8500"),
    ("https:/me:secret@host/m.zip", "host/m.zip"),
    ("https:me:secret@host/m.zip", "host/m.zip"),
    ("me:secret@kafka-1:9092", "kafka-1:9092"),
    ("secret@kafka-1:9092", "kafka-1:9092"),
    ("SASL_SSL://me:secret@kafka-1:9092", "kafka-1:9092"),
    ("me:secret@https://host/m.zip", "https://host/m.zip"),
    ("me:/secret@kafka-1:9092", "kafka-1:9092"),
    ("https:///me:secret@host/m.zip", "https://host/m.zip"),
    ("https:////me:secret@host/m.zip", "https://host/m.zip"),
    ("https://\\me:secret@host/m.zip", "https://host/m.zip"),
    ("//me:secret@host/m.zip", "//host/m.zip"),
    ("//me:sec/ret@host/m.zip", "//host/m.zip"),
    ("///me:secret@host/m.zip", "//host/m.zip"),
    // Signatures and tokens.
    ("https://b.s3.amazonaws.com/m.zip?X-Amz-Signature=secret&X-Amz-Date=1", "https://b.s3.amazonaws.com/m.zip"),
    ("https://acc.blob.core.windows.net/c/m.zip?sv=1&sig=secret%3D", "https://acc.blob.core.windows.net/c/m.zip"),
    ("https://storage.googleapis.com/b/m.zip?X-Goog-Signature=secret", "https://storage.googleapis.com/b/m.zip"),
    ("http://consul:8500/v1/kv/x?token=secret", "http://consul:8500/v1/kv/x"),
    ("https://host/m.zip%3Ftoken=secret", "https://host/m.zip"),
    ("https://host/m.zip%3ftoken=secret", "https://host/m.zip"),
    ("https://host/m.zip#access_token=secret", "https://host/m.zip"),
    ("https://host?token=secret", "https://host"),
    ("https://me:secret@host/m.zip?sig=secret#secret", "https://host/m.zip"),
    ("s3://bucket/m.zip?versionId=secret", "s3://bucket/m.zip"),
    // Not an address at all.
    ("", ""),
    ("@", ""),
    ("https://", "https://"),
    ("https://@", "https://"),
];

#[test]
fn of_every_form_exactly_the_credentials_are_hidden() {
    for (address, shown) in TABLE {
        assert_eq!(super::shown(address), *shown, "{address}");
        assert_eq!(hides(address), address != shown, "{address}");
        let address = Address::from(*address);
        assert_eq!((address.to_string(), format!("{address:?}")), ((*shown).to_owned(), format!("{shown:?}")));
    }
    assert_eq!(quoted("me:secret@host"), "`host`");
}

#[test]
fn an_address_is_written_whole_where_it_is_needed() {
    let address: Address = serde_json::from_str("\"https://me:secret@host/m?sig=1\"").unwrap();
    assert_eq!(address.reveal(), "https://me:secret@host/m?sig=1");
    assert_eq!(serde_json::to_string(&address).unwrap(), "\"https://me:secret@host/m?sig=1\"");
}

#[test]
fn of_addresses_in_a_text_the_credentials_are_hidden() {
    for (text, shown) in [
        ("GET https://b/m?X-Amz-Signature=secret HTTP/1.1", "GET https://b/m HTTP/1.1"),
        ("(url=postgresql://u:p@se/cret@h/db) is away", "(url=postgresql://h/db) is away"),
        ("'https://me:secret@h/m' \"//me:secret@h/m\"\n", "'https://h/m' \"//h/m\"\n"),
        ("with url: /b/m?sig=secret (5 s)", "with url: /b/m (5 s)"),
        ("models:/iris@champion, me@host: which? /a@b", "models:/iris@champion, me@host: which? /a@b"),
        ("", ""),
    ] {
        assert_eq!(shown_within(text), shown);
    }
}

proptest! {
    #[test]
    fn a_password_is_hidden_wherever_it_stands(
        scheme in "([a-z][a-z0-9+.-]{0,9}:)?",
        slashes in "//[/\\\\]{0,3}",
        user in "[a-z]{1,8}",
        before in "[a-z0-9:@%/?#]{0,5}",
        host in "[a-z]{1,8}(:[0-9]{1,4})?",
        path in "(/[a-z@:]{0,5}){0,3}",
    ) {
        // What is a port and a path by all looks is taken for that.
        let port = before.split(['/', '?', '#']).next().unwrap_or_default();
        prop_assume!(port == before || port.is_empty() || port.contains(|c: char| !c.is_ascii_digit()));
        prop_assume!(!PATHS.contains(&scheme.trim_end_matches(':')));
        let address = format!("{scheme}{slashes}{user}:{before}SECRET@{host}{path}?SECRET#SECRET");
        prop_assert!(!super::shown(&address).contains("SECRET"), "{}", super::shown(&address));
    }

    #[test]
    fn what_is_shown_has_nothing_more_to_hide(text in any::<String>()) {
        prop_assert!(!hides(&super::shown(&text)), "{text:?}");
    }
}
