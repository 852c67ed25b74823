//! How the values of security are written, whether as keys or as librdkafka's properties. Each may be a reference; what
//! is wrong is said without the value where that could be a secret.

use serde_json::{Value as Json, json};

use super::given::Given;
use crate::{
    address::{self, Address},
    config::{
        reader::{
            described,
            field::Field,
            keys::suggestion,
            problem::Findings,
            shape::{Ground, Kind},
        },
        values::secret::{Secret, conceal, resolve},
    },
    quoted::quoted,
    yaml::{Scalar, Value},
};

/// A form of a value.
pub(super) struct Form {
    /// Reads it.
    pub read: fn(&Field, &Ground) -> Result<Secret, String>,
    /// What may be written, in words.
    pub in_words: &'static str,
    /// The words that it is one of, in any case; anything where there are none.
    pub among: &'static [&'static str],
}

impl Kind for Form {
    type Value = Given;

    /// What is wrong is there all the same: nothing more is to be said of it as missing.
    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<Given> {
        let value = (self.read)(field, ground).map_err(|message| findings.problem(&field.place, message)).ok();
        Some(Given { value, place: field.place.clone() })
    }

    fn form(&self) -> String {
        self.in_words.to_owned()
    }

    fn schema(&self) -> Json {
        schema_among(self.among)
    }

    fn shown(&self, value: &Given) -> String {
        format!("{value:?}")
    }
}

/// Any value that may be a reference; where it is one of a few words, these and references.
fn schema_among(words: &'static [&'static str]) -> Json {
    if words.is_empty() {
        return described::scalar();
    }
    if words == FLAGS {
        return json!({"enum": [true, false, "true", "false"]});
    }
    let any_case = |word: &&str| -> String {
        let both = |letter: char| format!("[{}{}]", letter.to_ascii_uppercase(), letter.to_ascii_lowercase());
        word.chars().map(|letter| if letter.is_ascii_alphabetic() { both(letter) } else { letter.into() }).collect()
    };
    let words_of_any_case: Vec<String> = words.iter().map(any_case).collect();
    let pattern = format!(r"^(\$\{{(env|file):.*\}}|{})$", words_of_any_case.join("|"));
    described::either(&[described::words(words.iter().copied()), described::matching(&pattern)])
}

/// The mechanism that is AWS's own, which Kafka sees as OAUTHBEARER.
pub(super) const AWS: &str = "AWS_MSK_IAM";
/// Tokens.
pub(super) const OAUTH: &str = "OAUTHBEARER";
const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
const FLAGS: [&str; 2] = ["true", "false"];
const IDENTIFICATIONS: [&str; 2] = ["https", "none"];
const MECHANISMS: [&str; 5] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", OAUTH, AWS];

pub(super) const PROTOCOL: Form =
    Form { read: protocol, in_words: "`plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`", among: &PROTOCOLS };
pub(super) const MECHANISM: Form =
    Form { read: mechanism, in_words: "PLAIN, SCRAM-SHA-256, -512, OAUTHBEARER, AWS_MSK_IAM", among: &MECHANISMS };
pub(super) const FILE: Form = Form { read: path, in_words: "a file", among: &[] };
pub(super) const FILE_OR_FOLDER: Form = Form { read: path, in_words: "a file or folder", among: &[] };
pub(super) const HIDDEN: Form = Form { read: hidden, in_words: "a secret", among: &[] };
pub(super) const TEXT: Form = Form { read: text, in_words: "a text", among: &[] };
pub(super) const PEM: Form = Form { read: pem, in_words: "a secret", among: &[] };
pub(super) const VERIFY_HOSTNAME: Form = Form { read: verify_hostname, in_words: "`true` or `false`", among: &FLAGS };
pub(super) const FLAG: Form = Form { read: flag, in_words: "`true` or `false`", among: &FLAGS };
pub(super) const IDENTIFICATION: Form =
    Form { read: identification, in_words: "`https` or `none`", among: &IDENTIFICATIONS };
pub(super) const URL: Form = Form { read: url, in_words: "a URL", among: &[] };
pub(super) const REGION: Form = Form { read: region, in_words: "a region", among: &[] };

fn protocol(field: &Field, ground: &Ground) -> Result<Secret, String> {
    word(&resolve(field, ground)?, &PROTOCOLS)
}

fn mechanism(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let name = resolve(field, ground)?;
    if ["GSSAPI", "KERBEROS"].contains(&name.to_uppercase().as_str()) {
        return Err(format!("{} isn't built into this program; {NO_KERBEROS}", quoted(&name)));
    }
    word(&name, &MECHANISMS)
}

/// What to do without Kerberos.
pub(super) const NO_KERBEROS: &str =
    "use a listener with a client certificate, `SCRAM-SHA-512` or `OAUTHBEARER` beside that of Kerberos (GSSAPI)";

/// One of a few words, in any case, as librdkafka has it.
fn word(text: &str, words: &[&str]) -> Result<Secret, String> {
    match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        Some(word) => Ok(Secret::from((*word).to_owned())),
        None => Err(format!("{} is none of the values of this key; {}", quoted(text), suggestion(text, words))),
    }
}

/// A path, which begins at the file's folder where it is relative.
fn path(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let text = resolve(field, ground)?;
    if text.contains("-----BEGIN") {
        return Err("this must be the path of a file, not its text; write the text into a file".to_owned());
    }
    printable(&text)?;
    let path: std::path::PathBuf = ground.folder.join(&text).components().collect();
    path.into_os_string().into_string().map(Secret::from).map_err(|_| "this path isn't UTF-8; rename it".to_owned())
}

fn hidden(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let secret = conceal(field, ground)?;
    printable(secret.reveal())?;
    Ok(secret)
}

fn text(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let text = resolve(field, ground)?;
    printable(&text)?;
    Ok(Secret::from(text))
}

fn printable(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) {
        return Err("this has a line break or another control character in it; write it on one line".to_owned());
    }
    Ok(())
}

/// The text of a certificate or key, of many lines.
fn pem(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let secret = conceal(field, ground)?;
    if secret.reveal().contains('\0') {
        return Err("this has a NUL byte in it, so it is no PEM; write the text as it is in the file".to_owned());
    }
    Ok(secret)
}

fn verify_hostname(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let verifies = flag(field, ground)?.reveal() == "true";
    Ok(Secret::from(if verifies { "https" } else { "none" }.to_owned()))
}

fn flag(field: &Field, _: &Ground) -> Result<Secret, String> {
    match &field.node.value {
        Value::Scalar(_, Scalar::Bool(value)) => Ok(Secret::from(value.to_string())),
        Value::Scalar(text, Scalar::Text) if text == "true" || text == "false" => Ok(Secret::from(text.clone())),
        _ => Err("this must be `true` or `false`".to_owned()),
    }
}

fn identification(field: &Field, ground: &Ground) -> Result<Secret, String> {
    // In Java's clients nothing at all means `none`.
    if field.node.source() == Some("") {
        return Ok(Secret::from("none".to_owned()));
    }
    word(&resolve(field, ground)?, &IDENTIFICATIONS)
}

fn url(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let text = resolve(field, ground)?;
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let wrong = match host {
        None => "has no scheme; write for example `https://login.example.com/oauth2/token`",
        Some(host) if host.is_empty() || host.starts_with('/') || host.contains(char::is_whitespace) => {
            "is no address; write for example `https://login.example.com/oauth2/token`"
        }
        Some(host) if host.contains('@') => "holds a user name; remove it, and write `client_id` and `client_secret`",
        Some(_) => return Ok(Secret::from(text)),
    };
    let shown =
        if address::hides(&text) { "this".to_owned() } else { quoted(&Address::from(text.as_str()).to_string()) };
    Err(format!("{shown} {wrong}"))
}

fn region(field: &Field, ground: &Ground) -> Result<Secret, String> {
    let text = resolve(field, ground)?;
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits && text.contains('-') {
        return Ok(Secret::from(text));
    }
    Err(format!("{} is no region of AWS; write for example `eu-west-1`", quoted(&text)))
}
