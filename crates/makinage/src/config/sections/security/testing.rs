//! Authorities, certificates and keys for tests.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    symm::Cipher,
    x509::{X509, X509NameBuilder},
};

/// A certificate with its key.
pub(super) struct Pair {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Pair {
    /// One that holds from and to so many days from now.
    pub(super) fn valid(from: i64, to: i64) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "test").unwrap();
        let name = name.build();
        let day = |days: i64| Asn1Time::from_unix(now() + days * 86_400).unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&day(from)).unwrap();
        builder.set_not_after(&day(to)).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    /// One that is good.
    pub(super) fn good() -> Self {
        Self::valid(-1, 365)
    }

    pub(super) fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub(super) fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    pub(super) fn encrypted_key(&self, password: &str) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), password.as_bytes()).unwrap()
    }

    pub(super) fn keystore(&self, password: &str) -> Vec<u8> {
        let mut builder = Pkcs12::builder();
        builder.name("test").pkey(&self.key).cert(&self.certificate);
        builder.build2(password).unwrap().to_der().unwrap()
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
