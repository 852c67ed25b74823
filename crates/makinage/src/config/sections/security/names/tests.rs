use super::{Fate, KNOWN, fate};

#[test]
fn each_of_the_names_is_one_of_librdkafka_s() {
    let known = rdkafka::ClientConfig::new().create_native_config().expect("a configuration");
    for (property, _) in KNOWN {
        // Secrets can't be asked for; a name that isn't there is another error.
        let said = known.get(property.name).map_err(|error| error.to_string());
        assert!(said.as_ref().err().is_none_or(|why| !why.contains("UnknownConfiguration")), "{property:?}: {said:?}");
    }
}

#[test]
fn names_of_java_s_say_what_to_write_instead_and_misspelt_ones_what_was_meant() {
    let said = |name: &str| match fate(name) {
        Fate::Refused(why) => why,
        Fate::Other => "other".to_owned(),
        Fate::Read(property, _) => property.name.to_owned(),
    };
    for (name, remedy) in [
        ("ssl.truststore.location", "tls: {ca: ca.pem}"),
        ("ssl.truststore.password", "tls: {ca: ca.pem}"),
        ("ssl.keystore.type", "PKCS#12"),
        ("ssl.keystore.certificate.chain", "certificate: client.pem"),
        ("ssl.enabled.protocols", "remove it"),
        ("sasl.jaas.config", "sasl: {mechanism: …, username: …, password:"),
        ("sasl.login.callback.handler.class", "AWS_MSK_IAM"),
        ("sasl.client.callback.handler.class", "oauth: {…}"),
        ("sasl.login.refresh.window.factor", "by themselves"),
        ("sasl.oauthbearer.token.endpoint.url", "token_url"),
        ("sasl.kerberos.service.name", "SCRAM-SHA-512"),
        ("ssl.engine.location", "key: client.key"),
        ("ssl.ca.locaton", "did you mean `ssl.ca.location`?"),
        ("sasl.pasword", "did you mean `sasl.password`?"),
        ("ssl.something.else.entirely", "kafka.security"),
    ] {
        assert!(said(name).contains(remedy), "{name}: {}", said(name));
    }
    assert_eq!((said("linger.ms"), said("sasl.mechanism")), ("other".to_owned(), "sasl.mechanism".to_owned()));
}
