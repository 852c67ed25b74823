use rdkafka::{ClientConfig, client::DefaultClientContext, consumer::BaseConsumer};

use super::*;

fn token(value: &str) -> Token {
    Token {
        value: value.to_owned(),
        principal: "me".to_owned(),
        expires_ms: i64::MAX / 2_000,
        extensions: vec![("logicalCluster".to_owned(), "lkc-1".to_owned())],
    }
}

fn settings() -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", "127.0.0.1:1").set("security.protocol", "sasl_plaintext");
    settings.set("sasl.mechanisms", "OAUTHBEARER");
    settings
}

#[test]
fn each_kind_of_client_takes_tokens_as_long_as_it_lives_and_none_afterwards() {
    let clients = Arc::new(Clients::default());
    let consumer: BaseConsumer = settings().set("group.id", "g").create().unwrap();
    let consumer = clients.admit(consumer, Some(&token("first")));
    let producer: BaseProducer = settings().create().unwrap();
    let producer = clients.admit(producer, None);
    let admin: AdminClient<DefaultClientContext> = settings().create().unwrap();
    let admin = clients.admit(admin, None);
    assert_eq!(clients.living().handles.len(), 3);
    assert_eq!(clients.supply(&token("second")), Ok(()));
    clients.refuse("nobody gives one");
    drop((consumer, producer));
    assert_eq!(clients.living().handles.len(), 1);
    assert_eq!(clients.supply(&token("third")), Ok(()));
    drop(admin);
    assert_eq!(clients.supply(&token("fourth")), Ok(()));
}

#[test]
fn what_librdkafka_says_of_a_token_comes_back() {
    let clients = Arc::new(Clients::default());
    let producer: BaseProducer = settings().create().unwrap();
    let _producer = clients.admit(producer, None);
    let expired = Token { expires_ms: 1, ..token("x") };
    assert!(clients.supply(&expired).unwrap_err().contains("unexpired"), "{:?}", clients.supply(&expired));
    assert!(clients.supply(&token("a\0b")).unwrap_err().contains("NUL"));
    let wrong = Token { extensions: vec![("auth".to_owned(), "x".to_owned())], ..token("x") };
    assert!(clients.supply(&wrong).is_err());
}
