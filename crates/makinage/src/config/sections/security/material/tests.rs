use super::*;
use crate::config::sections::security::testing::Pair;

const LABEL: &str = "the file `x`";

#[test]
fn an_authority_is_pem_and_what_else_it_may_be_is_named_with_the_way_to_it() {
    let pair = Pair::good();
    assert_eq!(authorities(&pair.pem(), LABEL), Ok(vec![("CN=test".to_owned(), Validity::Good)]));
    let two = [pair.pem(), Pair::valid(-9, -1).pem()].concat();
    let read = authorities(&two, LABEL).unwrap();
    assert!(matches!(&read[..], [(_, Validity::Good), (_, Validity::Expired(_))]), "{read:?}");
    let broken = {
        let mut pem = pair.pem();
        pem.truncate(200);
        pem
    };
    for (bytes, says) in [
        (b" \n".to_vec(), "is empty"),
        (b"hello".to_vec(), "isn't PEM"),
        (broken, "damaged or broken off"),
        (pair.key_pem(), "has a private key and no certificate"),
        (pair.certificate.to_der().unwrap(), "openssl x509 -inform der"),
        (pair.keystore("p"), "is PKCS#12"),
        ([&JKS[..], &[0; 20]].concat(), "keytool -importkeystore"),
    ] {
        let said = authorities(&bytes, LABEL).unwrap_err();
        assert!(said.starts_with(LABEL) && said.contains(says), "{said}");
    }
}

#[test]
fn a_certificate_s_time_is_told() {
    let of = |from, to| certificate(&Pair::valid(from, to).pem(), LABEL).unwrap().1;
    assert_eq!(of(-1, 100), Validity::Good);
    assert!(matches!(of(-1, 3), Validity::EndsSoon(_)));
    assert!(matches!(of(-9, -1), Validity::Expired(_)));
    assert!(matches!(of(1, 9), Validity::Early(_)));
}

#[test]
fn a_key_s_fault_is_the_key_s_or_the_password_s() {
    let pair = Pair::good();
    assert!(key(&pair.key_pem(), None, LABEL).is_ok());
    assert!(key(&pair.key_pem(), Some("not needed"), LABEL).is_ok());
    let encrypted = pair.encrypted_key("right");
    assert!(belongs(&key(&encrypted, Some("right"), LABEL).unwrap(), &pair.certificate));
    assert!(!belongs(&key(&encrypted, Some("right"), LABEL).unwrap(), &Pair::good().certificate));
    let bad = |bytes: &[u8], password| key(bytes, password, LABEL).expect_err("a fault");
    assert!(matches!(bad(&encrypted, Some("wrong")), BadKey::Password(said) if said.contains("doesn't open")));
    assert!(matches!(bad(&encrypted, None), BadKey::Key(said) if said.contains("is encrypted")));
    assert!(matches!(bad(&pair.pem(), None), BadKey::Key(said) if said.contains("a certificate and no private key")));
    let der = pair.key.private_key_to_der().unwrap();
    assert!(matches!(bad(&der, None), BadKey::Key(said) if said.contains("PEM")));
    assert!(matches!(bad(&encrypted[..90], Some("right")), BadKey::Key(said) if said.contains("damaged")));
}

#[test]
fn a_keystore_has_certificate_and_key() {
    let pair = Pair::good();
    assert_eq!(keystore(&pair.keystore("right"), Some("right"), LABEL), Ok(Validity::Good));
    assert_eq!(keystore(&pair.keystore(""), None, LABEL), Ok(Validity::Good));
    let bad = |bytes: &[u8], password| keystore(bytes, password, LABEL).expect_err("a fault");
    assert!(matches!(bad(&pair.keystore("right"), Some("wrong")), BadKey::Password(_)));
    assert!(matches!(bad(&pair.keystore("right"), None), BadKey::Key(said) if said.contains("has a password")));
    assert!(matches!(bad(&pair.pem(), None), BadKey::Key(said) if said.contains("as `certificate` and `key`")));
    assert!(matches!(bad(&[&JKS[..], &[0; 9]].concat(), None), BadKey::Key(said) if said.contains("Java")));
    let certificate_alone = {
        let mut builder = Pkcs12::builder();
        builder.cert(&pair.certificate);
        builder.build2("p").unwrap().to_der().unwrap()
    };
    assert!(matches!(bad(&certificate_alone, Some("p")), BadKey::Key(said) if said.contains("no private key")));
}
