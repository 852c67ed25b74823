use std::{fs, path::Path};

use super::{Security, testing::Pair, tokens::TokenSource};
use crate::config::{
    Kafka, Origin, Reading,
    service::{self, Config},
    tests::{Machine, example},
};

/// The documented service, whose Kafka section goes on like this, below a folder with files.
fn read(folder: &Path, rest: &str) -> Reading<Config> {
    let text =
        example("serve.yaml").replacen("  endpoint: \"localhost\"", &format!("  endpoint: \"localhost\"\n{rest}"), 1);
    service::read(&text, &Origin::file(&folder.join("config.yaml")), &Machine)
}

/// What is wrong, or told, without the file's name: the endpoint is on line 4.
fn said(lines: &crate::config::Problems, folder: &Path) -> Vec<String> {
    let file = folder.join("config.yaml").display().to_string() + ":";
    let within = folder.display().to_string() + "/";
    lines.iter().map(|line| line.to_string().replace(&file, "").replace(&within, "")).collect()
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let (pair, other) = (Pair::good(), Pair::good());
        files.write("ca.pem", &pair.pem());
        files.write("client.pem", &pair.pem());
        files.write("client.key", &pair.key_pem());
        files.write("locked.key", &pair.encrypted_key("open, sesame"));
        files.write("other.key", &other.key_pem());
        files.write("client.p12", &pair.keystore("open, sesame"));
        files.write("old.pem", &Pair::valid(-9, -1).pem());
        files.write("password", b" open, sesame \n");
        files
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn read(&self, rest: &str) -> Reading<Config> {
        read(self.0.path(), rest)
    }

    fn kafka(&self, rest: &str) -> Kafka {
        let reading = self.read(rest);
        reading.config.unwrap_or_else(|| panic!("{rest}: {}", reading.problems)).kafka
    }

    fn properties(&self, rest: &str) -> Vec<(String, String)> {
        let within = self.0.path().display().to_string() + "/";
        let kafka = self.kafka(rest);
        let shown =
            |(name, value): (&String, &crate::config::Secret)| (name.clone(), value.reveal().replace(&within, ""));
        kafka.security.properties.iter().map(shown).collect()
    }

    fn problems(&self, rest: &str) -> Vec<String> {
        said(&self.read(rest).problems, self.0.path())
    }
}

const STORE: (&str, &str) = ("ssl.ca.location", "/etc/ssl/certs/ca-certificates.crt");

#[test]
fn keys_and_librdkafka_s_names_come_to_the_same() {
    let files = Files::new();
    for (typed, named, expected) in [
        (
            "security: {protocol: ssl}",
            "properties: {security.protocol: SSL}",
            vec![("security.protocol", "ssl"), STORE],
        ),
        (
            "security: {tls: {ca: ca.pem}}",
            "properties: {security.protocol: ssl, ssl.ca.location: ca.pem}",
            vec![("security.protocol", "ssl"), ("ssl.ca.location", "ca.pem")],
        ),
        (
            "security: {tls: {ca: ca.pem, certificate: client.pem, key: locked.key, key_password: 'open, sesame', verify_hostname: false}}",
            "properties: {security.protocol: ssl, ssl.ca.location: ca.pem, ssl.certificate.location: client.pem, ssl.key.location: locked.key, ssl.key.password: 'open, sesame', ssl.endpoint.identification.algorithm: none}",
            vec![
                ("security.protocol", "ssl"),
                ("ssl.ca.location", "ca.pem"),
                ("ssl.certificate.location", "client.pem"),
                ("ssl.endpoint.identification.algorithm", "none"),
                ("ssl.key.location", "locked.key"),
                ("ssl.key.password", "open, sesame"),
            ],
        ),
        (
            "security: {tls: {keystore: client.p12, keystore_password: 'open, sesame'}}",
            "properties: {ssl.keystore.location: client.p12, ssl.keystore.password: 'open, sesame'}",
            vec![
                ("security.protocol", "ssl"),
                STORE,
                ("ssl.keystore.location", "client.p12"),
                ("ssl.keystore.password", "open, sesame"),
            ],
        ),
        (
            "security: {sasl: {mechanism: scram-sha-512, username: 12, password: '${env:KAFKA_PASSWORD}'}}",
            "properties: {sasl.mechanisms: SCRAM-SHA-512, sasl.username: 12, sasl.password: '${env:KAFKA_PASSWORD}'}",
            vec![
                ("sasl.mechanisms", "SCRAM-SHA-512"),
                ("sasl.password", "canary in env"),
                ("sasl.username", "12"),
                ("security.protocol", "sasl_ssl"),
                STORE,
            ],
        ),
        (
            "security: {protocol: sasl_plaintext, sasl: {mechanism: PLAIN, username: me, password: '${file:password}'}}",
            "properties: {security.protocol: sasl_plaintext, sasl.mechanisms: PLAIN, sasl.username: me, sasl.password: '${file:password}'}",
            vec![
                ("sasl.mechanisms", "PLAIN"),
                // Only the line's end goes.
                ("sasl.password", " open, sesame "),
                ("sasl.username", "me"),
                ("security.protocol", "sasl_plaintext"),
            ],
        ),
    ] {
        for text in [typed, named] {
            let properties = files.properties(&format!("  {text}"));
            let properties: Vec<_> = properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(properties, expected, "{text}");
        }
    }
    assert_eq!(files.kafka("  security: {}").security, Security::default());
    let store: Vec<(String, String)> =
        [("security.protocol", "ssl"), STORE].map(|(name, value)| (name.into(), value.into())).into();
    assert_eq!(files.properties("  security: {tls: {}}"), store);
    assert_eq!(files.properties("  properties: {security.protocol: ssl, ssl.ca.location: probe}"), store);
    assert!(files.problems("  security: {sasl: {}}")[0].contains("Kafka.security.sasl: the mechanism is missing"));
}

#[test]
fn a_text_of_pem_is_as_good_as_a_file() {
    let files = Files::new();
    let properties = files.properties("  properties: {ssl.ca.pem: '${file:ca.pem}', ssl.certificate.pem: '${file:client.pem}', ssl.key.pem: '${file:client.key}'}");
    let names: Vec<_> = properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["security.protocol", "ssl.ca.pem", "ssl.certificate.pem", "ssl.key.pem"]);
    assert!(properties[1].1.starts_with("-----BEGIN CERTIFICATE-----\n"));
    let problems = files.problems("  properties: {ssl.ca.pem: 'no pem'}");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("the text of `ssl.ca.pem` isn't PEM"), "{problems:?}");
}

#[test]
fn what_can_t_work_together_is_named_with_what_to_write() {
    let files = Files::new();
    let all: Vec<String> = [
        "security: {tls: {certificate: client.pem}}",
        "security: {tls: {key: client.key}}",
        "security: {tls: {ca: ca.pem, key_password: x}}",
        "security: {tls: {keystore: client.p12, keystore_password: 'open, sesame', certificate: client.pem}}",
        "security: {protocol: plaintext, tls: {ca: ca.pem}}",
        "security: {protocol: ssl, sasl: {mechanism: PLAIN, username: me, password: x}}",
        "security: {protocol: sasl_plaintext, tls: {ca: ca.pem}, sasl: {mechanism: SCRAM-SHA-256, username: me, password: x}}",
        "security: {protocol: sasl_ssl}",
        "security: {protocol: tls}",
        "security: {sasl: {username: me, password: x}}",
        "security: {sasl: {mechanism: PLAIN, password: x}}",
        "security: {sasl: {mechanism: SCRAM-SHA-512, username: me}}",
        "security: {sasl: {mechanism: SCRAM-SHA512, username: me, password: x}}",
        "security: {sasl: {mechanism: GSSAPI}}",
        "security: {sasl: {mechanism: OAUTHBEARER}}",
        "security: {sasl: {mechanism: OAUTHBEARER, password: x, oauth: {token_file: t}}}",
        "security: {sasl: {mechanism: OAUTHBEARER, oauth: {token_url: 'https://idp/token'}}}",
        "security: {sasl: {mechanism: OAUTHBEARER, oauth: {token_url: idp, client_id: me, client_secret: x}}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: x, oauth: {token_file: t}}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: x, region: eu-west-1}}",
        "security: {oauth: {token_file: t}, sasl: {mechanism: OAUTHBEARER, oauth: {token_file: t}}}",
        "security: {tls: {ca: ca.pem}}\n  properties: {ssl.ca.location: ca.pem}",
        "security: {tls: {ca: ca.pem}}\n  properties: {ssl.ca.pem: '${file:ca.pem}'}",
        "properties: {sasl.mechanism: PLAIN, sasl.mechanisms: PLAIN, sasl.username: me, sasl.password: x}",
        "security: {tls: {certifcate: client.pem}}",
        "properties: {ssl.truststore.location: ca.jks}",
        "properties: {group.instance.id: a}\n  instance: b",
        "instance: '${env:NOWHERE}'",
    ]
    .iter()
    .map(|text| format!("{text}\n    {}", files.problems(&format!("  {text}")).join("\n    ")))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn the_files_faults_are_the_configuration_s() {
    let files = Files::new();
    files.write("empty", b"");
    let all: Vec<String> = [
        "security: {tls: {ca: nowhere.pem}}",
        "security: {tls: {ca: empty}}",
        "security: {tls: {ca: client.key}}",
        "security: {tls: {ca: old.pem}}",
        "security: {sasl: {mechanism: OAUTHBEARER, oauth: {token_url: 'https://x/', client_id: a, client_secret: b, ca: client.key}}}",
        "security: {tls: {certificate: old.pem, key: client.key}}",
        "security: {tls: {certificate: client.pem, key: other.key}}",
        "security: {tls: {certificate: client.pem, key: locked.key}}",
        "security: {tls: {certificate: client.pem, key: locked.key, key_password: wrong}}",
        "security: {tls: {keystore: client.p12, keystore_password: wrong}}",
        "security: {tls: {keystore: client.pem}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${env:NOWHERE}'}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${file:nowhere}'}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${file:empty}'}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${env:A}b'}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${vault:x}'}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${file:ca.pem}'}}",
    ]
    .iter()
    .map(|text| {
        let dates = regex_free(&files.problems(&format!("  {text}")).join("\n    "));
        format!("{text}\n    {dates}")
    })
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

/// Without the dates of certificates that were just made.
fn regex_free(text: &str) -> String {
    let words: Vec<&str> = text.split("expired on ").collect();
    let cut = |(index, part): (usize, &&str)| match (index, part.find("GMT")) {
        (1.., Some(end)) => format!("DATE{}", &part[end + 3..]),
        _ => (*part).to_owned(),
    };
    words.iter().enumerate().map(cut).collect::<Vec<_>>().join("expired on ")
}

#[test]
fn a_source_of_tokens_is_an_endpoint_or_a_file() {
    let files = Files::new();
    let oauth = "{token_url: 'https://idp.example.com/token', client_id: me, client_secret: '${env:KAFKA_PASSWORD}', scope: kafka, extensions: {logicalCluster: lkc-1}}";
    let inside = files.kafka(&format!("  security: {{sasl: {{mechanism: OAUTHBEARER, oauth: {oauth}}}}}")).security;
    let beside = files.kafka(&format!("  security: {{sasl: {{mechanism: OAUTHBEARER}}, oauth: {oauth}}}")).security;
    assert_eq!(inside, beside);
    let Some(TokenSource::Endpoint(endpoint)) = inside.tokens else { panic!("{inside:?}") };
    assert_eq!(endpoint.url.reveal(), "https://idp.example.com/token");
    assert_eq!((endpoint.client_id.as_str(), endpoint.client_secret.reveal()), ("me", "canary in env"));
    assert_eq!(endpoint.extensions.0, [("logicalCluster".to_owned(), "lkc-1".to_owned())]);
    let file = files.kafka("  security: {sasl: {mechanism: OAUTHBEARER, oauth: {token_file: t}}}").security.tokens;
    assert!(matches!(file, Some(TokenSource::File { path, .. }) if path == files.0.path().join("t")));
}

#[test]
fn no_secret_is_shown_of_what_was_read() {
    let files = Files::new();
    for text in [
        "security: {sasl: {mechanism: PLAIN, username: me, password: '${env:KAFKA_PASSWORD}'}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: canary in env}}",
        "properties: {sasl.mechanisms: PLAIN, sasl.username: me, sasl.password: canary in env}",
        "properties: {sasl.mechanisms: PLIAN, sasl.username: me, sasl.password: canary in env}",
        "security: {tls: {certificate: client.pem, key: locked.key, key_password: canary in env}}",
        "security: {sasl: {mechanism: OAUTHBEARER, oauth: {token_url: 'https://canary in env@x', client_id: a, client_secret: canary in env}}}",
        "security: {sasl: {mechanism: OAUTHBEARER, oauth: {token_url: 'https://x/', client_id: a, client_secret: canary in env}}}",
        "security: {sasl: {mechanism: PLAIN, username: me, password: \"canary in env\\x07\"}}",
    ] {
        let reading = files.read(&format!("  {text}"));
        let shown = format!("{reading:?} {}", reading.problems);
        assert!(!shown.contains("canary"), "{text}: {shown}");
        let document = reading.config.map(|config| config.document.get().to_owned());
        assert!(document.is_none_or(|document| !document.contains("canary")), "{text}");
    }
}

#[test]
fn a_cluster_on_aws_has_its_region_in_its_name() {
    let of = |endpoint: &str, sasl: &str| {
        let rest = format!("  endpoint: \"{endpoint}\"\n  security: {{sasl: {{mechanism: AWS_MSK_IAM{sasl}}}}}");
        let text = example("serve.yaml").replacen("  endpoint: \"localhost\"", &rest, 1);
        service::read(&text, &Origin::file(Path::new("/etc/app/config.yaml")), &Machine)
    };
    let region = |endpoint: &str, sasl: &str| {
        let security = of(endpoint, sasl).config.unwrap().kafka.security;
        assert_eq!(security.properties["sasl.mechanisms"].reveal(), "OAUTHBEARER");
        match security.tokens {
            Some(TokenSource::Aws(token)) => token.region,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(region("b-1.demo.abc.c2.kafka.eu-west-1.amazonaws.com:9098", ""), "eu-west-1");
    assert_eq!(region("boot-x.c1.kafka-serverless.us-east-2.amazonaws.com:9098", ""), "us-east-2");
    assert_eq!(region("proxy:9098", ", region: eu-north-1"), "eu-north-1");
    let said = of("proxy:9098", "").problems.to_string();
    assert!(said.contains("add `region`, as `region: eu-west-1`"), "{said}");
}

#[test]
fn the_files_are_those_that_the_configuration_names() {
    let files = Files::new();
    let security = files.kafka("  security: {tls: {certificate: client.pem, key: client.key}}").security;
    assert_eq!(security.files, [files.0.path().join("client.pem"), files.0.path().join("client.key")]);
    assert_eq!(security.look_into_files(), Ok(()));
    files.write("client.key", &Pair::good().key_pem());
    assert!(security.look_into_files().is_err_and(|why| why.contains("is not the key of the certificate")));
}
