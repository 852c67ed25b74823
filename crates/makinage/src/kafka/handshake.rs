//! Finds out why a broker and this client don't come together: a connection of our own, with the client's own
//! certificates, of which each step is looked at. librdkafka says that a certificate isn't accepted, but not why.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use openssl::{
    error::ErrorStack,
    ssl::{ErrorCode, HandshakeError, Ssl, SslContext, SslMethod, SslStream, SslVerifyMode},
    x509::{X509, X509Ref, X509StoreContextRef, X509VerifyResult, store::X509StoreBuilder},
};
use parking_lot::Mutex;

use super::{
    greeting::{self, Login},
    refused::{Attempt, Certificate, Fault, Found, line},
    terms::{Terms, distinguished},
};

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What has been found wrong with a certificate: the first word counts.
type Verdict = Arc<Mutex<Option<Certificate>>>;

/// Why a broker can't be used, in words, where that can be found out. `said` is what Kafka's client has said of it.
pub fn explain(terms: &Terms, broker: &str, said: &str) -> Option<String> {
    let identity = terms.identity().ok().flatten();
    let attempt = Attempt {
        broker: broker.to_owned(),
        trusts: terms.trusts(),
        certificate: identity.map(|identity| told(&identity.certificate)),
        mechanism: terms.mechanism().map(str::to_owned),
        user: terms.user().map(str::to_owned),
    };
    let found = look(terms, broker);
    tracing::debug!("{broker}: {found:?}");
    line(&found, &attempt, said)
}

/// Tries it.
pub(super) fn look(terms: &Terms, broker: &str) -> Found {
    let Some(stream) = connect(broker) else { return Found::Nothing };
    if terms.has_tls() { look_at_tls(terms, broker, stream) } else { look_without(terms, broker, stream) }
}

fn look_without(terms: &Terms, broker: &str, mut stream: TcpStream) -> Found {
    match greeting::greet(&mut stream) {
        Ok(()) => look_at_login(terms, &mut stream),
        Err(error) if is_silence(&error) => Found::Nothing,
        // A listener with TLS takes the question for a broken hello.
        Err(_) if speaks_tls(broker) => Found::Tls,
        Err(_) => Found::Nothing,
    }
}

fn look_at_tls(terms: &Terms, broker: &str, stream: TcpStream) -> Found {
    let verdict = Verdict::default();
    let agreed = match client(terms, broker, &verdict) {
        Ok(client) => client.connect(stream),
        Err(error) => return Found::Broken(error.to_string()),
    };
    let mut stream = match agreed {
        Ok(stream) => stream,
        Err(error) => {
            if let Some(certificate) = verdict.lock().take() {
                return Found::Certificate(certificate);
            }
            return not_agreed(broker, &error);
        }
    };
    // With TLS 1.3 a client's certificate is refused only now.
    match greeting::greet(&mut stream) {
        Ok(()) => look_at_login(terms, &mut stream),
        Err(error) if is_silence(&error) => Found::Nothing,
        Err(error) => {
            let alert = alert_in(&error).or_else(|| alert_of(&mut stream));
            alert.map_or(Found::Nothing, refused)
        }
    }
}

fn look_at_login(terms: &Terms, stream: &mut (impl io::Read + io::Write)) -> Found {
    let mechanism = terms.mechanism();
    match greeting::login(stream, mechanism.unwrap_or_default()) {
        Ok(Login::Otherwise(ways)) if mechanism.is_some() => Found::OtherMechanisms(ways),
        Ok(Login::Otherwise(ways)) => Found::WantsLogin(ways),
        Ok(Login::None) if mechanism.is_some() => Found::NoLogin,
        Ok(Login::Possible | Login::None) => Found::Fine,
        Err(_) => Found::Nothing,
    }
}

/// The handshake failed, and not for the broker's certificate.
fn not_agreed(broker: &str, error: &HandshakeError<TcpStream>) -> Found {
    let (HandshakeError::Failure(failed) | HandshakeError::WouldBlock(failed)) = error else {
        return Found::Broken(error.to_string());
    };
    let failure = failed.error();
    if failure.io_error().is_some_and(is_silence) || failure.code() == ErrorCode::WANT_READ {
        return Found::Nothing;
    }
    let speaks_plainly = || connect(broker).is_some_and(|mut stream| greeting::greet(&mut stream).is_ok());
    let alert = failure.ssl_error().and_then(alert);
    match alert {
        Some(alert) => refused(alert),
        None if speaks_plainly() => Found::Plaintext,
        None => Found::Broken(failure.to_string()),
    }
}

fn refused(alert: String) -> Found {
    if is_about_certificates(&alert) { Found::Client(alert) } else { Found::Broken(alert) }
}

/// What the broker has said, where a reading ended with that.
fn alert_in(error: &io::Error) -> Option<String> {
    error.get_ref()?.downcast_ref::<openssl::ssl::Error>()?.ssl_error().and_then(alert)
}

/// What the broker has said at the end of a connection that stood.
fn alert_of(stream: &mut SslStream<TcpStream>) -> Option<String> {
    let error = stream.ssl_read(&mut [0]).err()?;
    error.ssl_error().and_then(alert)
}

/// The other side's word for what it doesn't like.
fn alert(errors: &ErrorStack) -> Option<String> {
    let reasons = errors.errors().iter().filter_map(openssl::error::Error::reason);
    reasons.filter_map(|reason| reason.split_once("alert ")).map(|(_, alert)| alert.to_owned()).next()
}

fn is_about_certificates(alert: &str) -> bool {
    alert.contains("certificate") || alert.contains("unknown ca") || alert.contains("access denied")
}

/// A client as Kafka's is, which notes what it doesn't accept.
fn client(terms: &Terms, broker: &str, verdict: &Verdict) -> Result<Ssl, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    match terms.authorities() {
        Some(pem) => {
            let mut store = X509StoreBuilder::new()?;
            for authority in X509::stack_from_pem(&pem)? {
                store.add_cert(authority)?;
            }
            context.set_cert_store(store.build());
        }
        None => context.set_default_verify_paths()?,
    }
    if let Some(identity) = terms.identity()? {
        context.set_certificate(&identity.certificate)?;
        context.set_private_key(&identity.key)?;
        for above in identity.chain {
            context.add_extra_chain_cert(above)?;
        }
    }
    let (verifies, looks_at_host) = terms.verifies();
    if verifies {
        let verdict = Arc::clone(verdict);
        context.set_verify_callback(SslVerifyMode::PEER, move |accepted, chain| {
            if !accepted {
                verdict.lock().get_or_insert_with(|| judge(chain));
            }
            accepted
        });
    }
    let mut ssl = Ssl::new(&context.build())?;
    let host = host(broker);
    match host.parse::<IpAddr>() {
        Ok(address) if looks_at_host => ssl.param_mut().set_ip(address)?,
        Ok(_) => {}
        Err(_) => {
            ssl.set_hostname(host)?;
            if looks_at_host {
                ssl.param_mut().set_host(host)?;
            }
        }
    }
    Ok(ssl)
}

fn judge(chain: &X509StoreContextRef) -> Certificate {
    let fault = fault(chain.error());
    let certificate = chain.current_cert();
    let name = |of: fn(&X509Ref) -> String| certificate.map(of).unwrap_or_default();
    Certificate {
        fault,
        subject: name(|certificate| distinguished(certificate.subject_name())),
        issuer: name(|certificate| distinguished(certificate.issuer_name())),
        hosts: certificate.map(hosts).unwrap_or_default(),
        valid: (
            name(|certificate| certificate.not_before().to_string()),
            name(|certificate| certificate.not_after().to_string()),
        ),
    }
}

/// OpenSSL's codes: they are as fixed as its interface.
fn fault(result: X509VerifyResult) -> Fault {
    match result.as_raw() {
        10 => Fault::Expired,
        9 => Fault::NotYet,
        62 | 64 => Fault::OtherHost,
        2 | 20 | 21 | 19 => Fault::UnknownIssuer,
        18 => Fault::SelfSigned,
        _ => Fault::Other(result.error_string().to_owned()),
    }
}

fn hosts(certificate: &X509Ref) -> Vec<String> {
    let names = certificate.subject_alt_names().into_iter().flatten();
    names.filter_map(|name| name.dnsname().map(str::to_owned).or_else(|| address(name.ipaddress()?))).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
}

/// A client's own certificate, for messages.
fn told(certificate: &X509Ref) -> String {
    let (subject, issuer) = (distinguished(certificate.subject_name()), distinguished(certificate.issuer_name()));
    format!("{subject}, issued by {issuer}, valid until {}", certificate.not_after())
}

/// Whether TLS is spoken there: a hello is understood, whatever comes of it.
fn speaks_tls(broker: &str) -> bool {
    let hello = || {
        let ssl = Ssl::new(&SslContext::builder(SslMethod::tls_client()).ok()?.build()).ok()?;
        Some(match ssl.connect(connect(broker)?) {
            Ok(_) => true,
            Err(HandshakeError::Failure(failed)) => failed.error().ssl_error().and_then(alert).is_some(),
            Err(_) => false,
        })
    };
    hello().unwrap_or(false)
}

fn connect(broker: &str) -> Option<TcpStream> {
    let stream =
        broker.to_socket_addrs().ok()?.find_map(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    Some(stream)
}

fn host(broker: &str) -> &str {
    let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests;
