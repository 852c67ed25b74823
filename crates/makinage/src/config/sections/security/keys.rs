//! The keys of `kafka.security`, each described once.

use std::marker::PhantomData;

use super::{
    extensions::{Extensions, NamedTexts},
    given::Given,
    kinds::{FILE, FILE_OR_FOLDER, HIDDEN, MECHANISM, PROTOCOL, REGION, TEXT, URL, VERIFY_HOSTNAME},
};
use crate::config::reader::{described, kinds::Below, shape::section};

section! {
    /// How connections to Kafka are secured.
    #[derive(Default)]
    pub struct SecurityKeys
    by hand {}
    keys {
        /// Whether connections are encrypted (`ssl`), and whether this program logs in (`sasl`).
        protocol: Option<Given> = PROTOCOL, optional "what the keys below imply", example "sasl_ssl", restart;
        /// How brokers show who they are, and this program too where it has a certificate.
        tls: Option<TlsKeys> = Below::<TlsKeys>(PhantomData), optional "", example "{ca: ca.pem}", restart;
        /// How this program logs in.
        sasl: Option<SaslKeys> = Below::<SaslKeys>(PhantomData), optional "",
            example "{mechanism: SCRAM-SHA-512, username: service, password: \"${env:KAFKA_PASSWORD}\"}", restart;
    }
    by hand {
        /// As `sasl.oauth`.
        oauth: "as `sasl.oauth`", "none", schema described::section(&OauthKeys::described()),
            example "{token_file: token}", restart;
    }
    keys {}
}

section! {
    /// Certificates and keys: PEM, or PKCS#12.
    #[derive(Default)]
    pub struct TlsKeys
    by hand {}
    keys {
        /// Certificates of the authorities that brokers' are signed by, in PEM. Relative paths begin at this file's
        /// folder, here and below.
        ca: Option<Given> = FILE_OR_FOLDER, optional "the system's trust store", example "ca.pem", restart;
        /// This program's own certificate, in PEM, with those between it and its authority behind it.
        certificate: Option<Given> = FILE, optional "none", example "client.pem", restart;
        /// The certificate's private key, in PEM.
        key: Option<Given> = FILE, optional "none", example "client.key", restart;
        /// The password of an encrypted key.
        key_password: Option<Given> = HIDDEN, optional "none", example "${env:KEY_PASSWORD}", restart;
        /// Certificate and key in one file of PKCS#12, in place of `certificate` and `key`.
        keystore: Option<Given> = FILE, optional "none", example "client.p12", restart;
        /// The password of that file.
        keystore_password: Option<Given> = HIDDEN, optional "none", example "${env:KEYSTORE_PASSWORD}", restart;
        /// Whether a broker's certificate must name the host that was connected to.
        verify_hostname: Option<Given> = VERIFY_HOSTNAME, optional "`true`", example "true", restart;
    }
}

section! {
    /// How this program logs in.
    #[derive(Default)]
    pub struct SaslKeys
    by hand {}
    keys {
        /// How it shows who it is.
        mechanism: Option<Given> = MECHANISM, optional "", example "SCRAM-SHA-512", restart;
        /// The user, or key, of `PLAIN` and `SCRAM`.
        username: Option<Given> = TEXT, optional "none", example "service", restart;
        /// The user's password.
        password: Option<Given> = HIDDEN, optional "none", example "${file:/run/secrets/kafka}", restart;
        /// Where the tokens of `OAUTHBEARER` come from.
        oauth: Option<OauthKeys> = Below::<OauthKeys>(PhantomData), optional "", example "{token_file: token}", restart;
        /// The region of `AWS_MSK_IAM`.
        region: Option<Given> = REGION, optional "the one in the brokers' names", example "eu-west-1", restart;
    }
}

section! {
    /// Where tokens come from: an endpoint of OAuth 2, or a file that something else keeps up to date.
    #[derive(Default)]
    pub struct OauthKeys
    by hand {}
    keys {
        /// The endpoint that gives tokens for client credentials.
        token_url: Option<Given> = URL, optional "none", example "https://login.example.com/oauth2/token", restart;
        /// Who asks there.
        client_id: Option<Given> = TEXT, optional "none", example "service", restart;
        /// The secret that it asks with.
        client_secret: Option<Given> = HIDDEN, optional "none", example "${env:CLIENT_SECRET}", restart;
        /// What the token is to be good for.
        scope: Option<Given> = TEXT, optional "none", example "kafka", restart;
        /// What the broker is told beside the token.
        extensions: Option<Extensions> = NamedTexts, optional "none", example "{logicalCluster: lkc-1}", restart;
        /// A file with a token, which is read again before it expires and when it changes; in place of `token_url`.
        token_file: Option<Given> = FILE, optional "none", example "/var/run/secrets/token", restart;
        /// Certificates of the authorities that the endpoint's is signed by.
        ca: Option<Given> = FILE, optional "the system's trust store", example "ca.pem", restart;
    }
}
