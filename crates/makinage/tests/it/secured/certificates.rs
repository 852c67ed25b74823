//! Authorities, and the certificates that they issue: good ones, and each with one fault.

use openssl::{
    asn1::{Asn1Integer, Asn1Time},
    bn::BigNum,
    hash::MessageDigest,
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    rsa::Rsa,
    ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod},
    symm::Cipher,
    x509::{
        X509, X509Builder, X509Name, X509NameBuilder,
        extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName},
    },
};

const DAY: i64 = 24 * 60 * 60;

/// A certificate and the key to it.
pub(crate) struct Identity {
    certificate: X509,
    key: PKey<Private>,
}

/// Who issues certificates.
pub(crate) struct Authority(Identity);

/// What a certificate says.
#[derive(Clone, Copy)]
pub(crate) struct Says<'a> {
    /// The common name of whose it is.
    pub name: &'a str,
    /// The hosts that it is for: names, and addresses.
    pub hosts: &'a [&'a str],
    /// The days from which and to which it is valid, counted from now.
    pub days: (i64, i64),
}

impl<'a> Says<'a> {
    /// Of a broker on this machine.
    pub(crate) const BROKER: Says<'static> =
        Says { name: "broker", hosts: &["localhost", "127.0.0.1"], days: (-1, 30) };

    /// Of a client.
    pub(crate) const fn client(name: &'a str) -> Self {
        Self { name, hosts: &[], days: (-1, 30) }
    }
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = new_key();
        let mut builder = begin(&Says { name, hosts: &[], days: (-1, 30) }, &key);
        builder.set_issuer_name(&common_name(name)).expect("an issuer");
        builder.append_extension(BasicConstraints::new().critical().ca().build().expect("a rule")).expect("it fits");
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build();
        builder.append_extension(usage.expect("a rule")).expect("it fits");
        builder.sign(&key, MessageDigest::sha256()).expect("a signature");
        Self(Identity { certificate: builder.build(), key })
    }

    /// Its own certificate, which clients trust.
    pub(crate) fn pem(&self) -> String {
        self.0.certificate_pem()
    }

    /// As one that shows its own certificate.
    #[allow(dead_code, reason = "only the library's own tests need it")]
    pub(crate) fn identity(&self) -> &Identity {
        &self.0
    }

    pub(crate) fn issue(&self, says: &Says) -> Identity {
        let key = new_key();
        let mut builder = begin(says, &key);
        builder.set_issuer_name(self.0.certificate.subject_name()).expect("an issuer");
        let mut usage = ExtendedKeyUsage::new();
        let usage = if says.hosts.is_empty() { usage.client_auth() } else { usage.server_auth() };
        builder.append_extension(usage.build().expect("a rule")).expect("it fits");
        if !says.hosts.is_empty() {
            let mut hosts = SubjectAlternativeName::new();
            for host in says.hosts {
                if host.starts_with(|letter: char| letter.is_ascii_digit()) {
                    hosts.ip(host)
                } else {
                    hosts.dns(host)
                };
            }
            let hosts = hosts.build(&builder.x509v3_context(Some(&self.0.certificate), None)).expect("the hosts");
            builder.append_extension(hosts).expect("it fits");
        }
        builder.sign(&self.0.key, MessageDigest::sha256()).expect("a signature");
        Identity { certificate: builder.build(), key }
    }
}

impl Identity {
    pub(crate) fn certificate_pem(&self) -> String {
        text(self.certificate.to_pem())
    }

    pub(crate) fn key_pem(&self) -> String {
        text(self.key.private_key_to_pem_pkcs8())
    }

    /// Key and certificate in one file, as a broker wants them.
    pub(crate) fn both_pem(&self) -> String {
        format!("{}{}", self.key_pem(), self.certificate_pem())
    }

    /// A server that shows it.
    pub(crate) fn acceptor(&self) -> SslAcceptorBuilder {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("TLS");
        acceptor.set_certificate(&self.certificate).expect("a certificate");
        acceptor.set_private_key(&self.key).expect("its key");
        acceptor
    }

    /// The key, which a password opens.
    pub(crate) fn encrypted_key_pem(&self, password: &str) -> String {
        text(self.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), password.as_bytes()))
    }

    /// Key and certificate as PKCS#12.
    pub(crate) fn pkcs12(&self, password: &str) -> Vec<u8> {
        let mut builder = Pkcs12::builder();
        let store = builder.name("client").pkey(&self.key).cert(&self.certificate).build2(password);
        store.and_then(|store| store.to_der()).expect("a store")
    }
}

pub(super) fn new_key() -> PKey<Private> {
    Rsa::generate(2048).and_then(PKey::from_rsa).expect("a key")
}

fn text(pem: Result<Vec<u8>, openssl::error::ErrorStack>) -> String {
    String::from_utf8(pem.expect("a PEM text")).expect("a text")
}

fn common_name(name: &str) -> X509Name {
    let mut builder = X509NameBuilder::new().expect("a name");
    builder.append_entry_by_nid(Nid::COMMONNAME, name).expect("a name");
    builder.build()
}

fn begin(says: &Says, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().expect("a certificate");
    let mut serial = BigNum::new().expect("a number");
    serial.rand(120, openssl::bn::MsbOption::MAYBE_ZERO, false).expect("a number");
    let serial = Asn1Integer::from_bn(&serial).expect("a number");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
    let day = |day: i64| Asn1Time::from_unix(now.cast_signed() + day * DAY).expect("a time");
    builder.set_version(2).expect("version 3");
    builder.set_serial_number(&serial).expect("a number");
    builder.set_subject_name(&common_name(says.name)).expect("a name");
    builder.set_pubkey(key).expect("a key");
    builder.set_not_before(&day(says.days.0)).expect("a time");
    builder.set_not_after(&day(says.days.1)).expect("a time");
    builder
}
