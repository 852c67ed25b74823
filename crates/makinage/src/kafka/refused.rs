//! Why a broker and this client don't come together, and the words for it, which end in what to do: one table, whoever
//! meets it. Pure; what was found out is `handshake`'s.

/// What was found where a connection was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing listens there, or it says nothing: no question of security.
    Nothing,
    /// All that can be known without logging in is as it should be.
    Fine,
    /// TLS, where this client speaks without.
    Tls,
    /// No TLS, where this client speaks it.
    Plaintext,
    /// A certificate that isn't accepted here.
    Certificate(Certificate),
    /// The broker doesn't accept this client's, with its word for that.
    Client(String),
    /// The connection ended while TLS was agreed on, for this reason.
    Broken(String),
    /// Clients log in, in these ways, and this one doesn't.
    WantsLogin(Vec<String>),
    /// Clients log in, but not as this one does.
    OtherMechanisms(Vec<String>),
    /// Nobody logs in.
    NoLogin,
}

/// A broker's certificate, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub fault: Fault,
    /// Whose it is, and who has issued it.
    pub subject: String,
    pub issuer: String,
    /// The hosts that it is for.
    pub hosts: Vec<String>,
    /// From when and until when it is valid.
    pub valid: (String, String),
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Expired,
    NotYet,
    OtherHost,
    UnknownIssuer,
    SelfSigned,
    /// Whatever else TLS's library says.
    Other(String),
}

/// Where it was tried, and as whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempt {
    /// The broker's address.
    pub broker: String,
    /// Who is trusted.
    pub trusts: String,
    /// This client's certificate, where it has one.
    pub certificate: Option<String>,
    /// How it logs in, where it does, and as whom.
    pub mechanism: Option<String>,
    pub user: Option<String>,
}

/// The line about it, where there is something to say. `said` is what Kafka's client has said.
pub(super) fn line(found: &Found, attempt: &Attempt, said: &str) -> Option<String> {
    let broker = &attempt.broker;
    let line = match found {
        Found::Nothing => return None,
        Found::Fine => return login_refused(attempt, said),
        Found::Certificate(certificate) => of_certificate(certificate, attempt),
        Found::Tls => format!(
            "Kafka at {broker} speaks TLS on this port, and this client doesn't: set kafka.security.protocol to ssl, or to \
             sasl_ssl where clients log in, or name a port without TLS in kafka.endpoint"
        ),
        Found::Plaintext => format!(
            "Kafka at {broker} speaks no TLS on this port, and this client does: name the port of a listener with TLS in \
             kafka.endpoint, or set kafka.security.protocol to plaintext, or to sasl_plaintext where clients log in"
        ),
        Found::Client(alert) => of_client(attempt, alert),
        Found::Broken(reason) => format!(
            "Kafka at {broker} ends the connection while TLS is agreed on ({reason}): look at the broker's log; its \
             ssl.protocol, ssl.enabled.protocols and ssl.cipher.suites may leave nothing in common"
        ),
        Found::WantsLogin(ways) => format!(
            "Kafka at {broker} wants clients to log in ({}), and this client doesn't: set kafka.security.sasl, or name \
             a port without SASL in kafka.endpoint",
            ways.join(", ")
        ),
        Found::OtherMechanisms(ways) => format!(
            "Kafka at {broker} doesn't let clients log in with {}, but with {}: set kafka.security.sasl.mechanism to one \
             of these, or have it added to the listener's sasl.enabled.mechanisms",
            attempt.mechanism.as_deref().unwrap_or("this mechanism"),
            ways.join(", ")
        ),
        Found::NoLogin => format!(
            "Kafka at {broker} lets nobody log in on this port, and this client wants to: name the port of a listener with \
             SASL in kafka.endpoint, or remove kafka.security.sasl"
        ),
    };
    Some(line)
}

fn of_certificate(certificate: &Certificate, attempt: &Attempt) -> String {
    let Certificate { fault, subject, issuer, hosts, valid } = certificate;
    let (broker, trusts) = (&attempt.broker, &attempt.trusts);
    let shows = format!("Kafka at {broker} shows a certificate");
    match fault {
        Fault::Expired => format!(
            "{shows} that has expired ({subject}, valid until {}): have it renewed on the broker, or check this \
             machine's clock",
            valid.1
        ),
        Fault::NotYet => format!(
            "{shows} that isn't valid yet ({subject}, valid from {}): check this machine's clock, or have the \
             certificate replaced on the broker",
            valid.0
        ),
        Fault::OtherHost => format!(
            "{shows} for another host ({subject}, for {}): name the broker in kafka.endpoint, and in its \
             advertised.listeners, as the certificate does, or have one issued for {broker}",
            if hosts.is_empty() { "no host at all".to_owned() } else { hosts.join(", ") }
        ),
        Fault::UnknownIssuer => format!(
            "{shows} of an issuer that isn't trusted here ({subject}, issued by {issuer}; trusted: {trusts}): set \
             kafka.security.tls.ca to a file with that issuer's certificate"
        ),
        Fault::SelfSigned => format!(
            "{shows} that it has issued itself and that isn't trusted here ({subject}; trusted: {trusts}): set \
             kafka.security.tls.ca to a file with that certificate"
        ),
        Fault::Other(words) => format!(
            "{shows} that isn't accepted ({words}; {subject}, issued by {issuer}; trusted: {trusts}): have it replaced on \
             the broker, or correct kafka.security.tls.ca"
        ),
    }
}

fn of_client(Attempt { broker, certificate, .. }: &Attempt, alert: &str) -> String {
    match certificate {
        Some(certificate) => format!(
            "Kafka at {broker} doesn't accept this client's certificate ({alert}; {certificate}): use one that an \
             authority of the broker's ssl.truststore has issued and that is valid, with those between the two in \
             the same file"
        ),
        None => format!(
            "Kafka at {broker} wants a certificate of this client ({alert}), and it has none: set \
             kafka.security.tls.certificate and kafka.security.tls.key"
        ),
    }
}

/// All was well up to the login.
fn login_refused(Attempt { broker, mechanism, user, .. }: &Attempt, said: &str) -> Option<String> {
    let mechanism = mechanism.as_deref()?;
    if is_cut_off(said) {
        return None;
    }
    let (_, why) = said.split_once("SASL authentication error: ").or_else(|| said.split_once("SASL "))?;
    // Whether it was let in before makes no other fault of it.
    let why = why.split(" (after ").next().unwrap_or(why).replace("re-authentication", "authentication");
    Some(match mechanism {
        "OAUTHBEARER" | "AWS_MSK_IAM" => format!(
            "Kafka at {broker} refuses this client's token ({why}): check that the token's audience, issuer and scope \
             are those that the listener's sasl.oauthbearer settings want, and the clocks"
        ),
        _ => format!(
            "Kafka at {broker} doesn't let {} log in with {mechanism} ({why}): check kafka.security.sasl.username and \
             password, and that the broker knows this user for {mechanism}",
            user.as_deref().unwrap_or("this client")
        ),
    })
}

/// Whether the connection has ended before the broker said what it thinks of the client.
pub(super) fn is_cut_off(reason: &str) -> bool {
    reason.contains("Local: Broker transport failure")
}

#[cfg(test)]
mod tests;
