//! The keys of AWS that this machine has, looked for where AWS's own tools look, in their order: environment
//! variables, a role that is taken with a token, the files of a profile, what a container is given, and the machine's
//! own metadata.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    http::{self, Answer},
    profile::{self, Profile},
};
use crate::{
    config::{AwsContainer, AwsKeys, AwsPlaces, Secret, WebIdentity},
    https,
};

const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(10);
const NOWHERE: &str = "no keys of AWS are found: not in AWS_ACCESS_KEY_ID, no AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE, \
                       none in the profile's files, none for a container or this machine; give this program a role, or set \
                       one of these";

/// Keys, where they are from, and how long they hold.
pub(super) struct Found {
    pub keys: AwsKeys,
    pub from: String,
    pub left: Option<Duration>,
}

/// The first keys that there are. A place that is there and fails is said, and no further one is tried.
pub(super) fn find(places: &AwsPlaces, region: &str) -> Result<Found, String> {
    if let Some(keys) = &places.keys {
        return Ok(Found { keys: keys.clone(), from: "AWS_ACCESS_KEY_ID".to_owned(), left: None });
    }
    let sts = Sts { places, region };
    if let Some(identity) = &places.web_identity {
        return sts.assume(identity);
    }
    if let Some(found) = of_profile(places, &sts)? {
        return Ok(found);
    }
    if let Some(container) = &places.container {
        return of_container(places, container);
    }
    match &places.metadata {
        Some(metadata) => of_machine(places, metadata),
        None => Err(NOWHERE.to_owned()),
    }
}

fn of_profile(places: &AwsPlaces, sts: &Sts) -> Result<Option<Found>, String> {
    let name = &places.profile;
    let mut said = Profile::new();
    for file in [&places.config_file, &places.credentials_file].into_iter().flatten() {
        match fs::read_to_string(file) {
            Ok(text) => said.extend(profile::read(&text, name)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(format!("the file {} can't be read ({error}); let this user read it", file.display()));
            }
        }
    }
    let get = |key: &str| said.get(key).filter(|value| !value.is_empty()).cloned();
    let from = format!("the profile {name}");
    if let (Some(role), Some(file)) = (get("role_arn"), get("web_identity_token_file")) {
        let session = get("role_session_name").unwrap_or_else(|| "makinage".to_owned());
        return sts.assume(&WebIdentity { role, token_file: file.into(), session }).map(Some);
    }
    if let (Some(id), Some(secret)) = (get("aws_access_key_id"), get("aws_secret_access_key")) {
        let keys = AwsKeys { id, secret: secret.into(), session: get("aws_session_token").map(Secret::from) };
        return Ok(Some(Found { keys, from, left: None }));
    }
    let other = ["credential_process", "sso_session", "sso_start_url", "role_arn"]
        .into_iter()
        .find(|key| said.contains_key(*key));
    other.map_or(Ok(None), |key| {
        Err(format!("{from} has keys by `{key}`, which isn't followed here; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as \
                     `aws configure export-credentials --format env` prints them, or give this program a role"))
    })
}

/// Where roles are taken.
struct Sts<'a> {
    places: &'a AwsPlaces,
    region: &'a str,
}

impl Sts<'_> {
    fn assume(&self, identity: &WebIdentity) -> Result<Found, String> {
        let WebIdentity { role, token_file, session } = identity;
        let token = text_of(token_file)?;
        let end = if self.region.starts_with("cn-") { ".cn" } else { "" };
        let own = || format!("https://sts.{}.amazonaws.com{end}", self.region);
        let url = self.places.sts.clone().unwrap_or_else(own);
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
            encoded(role),
            encoded(session),
            encoded(&token)
        );
        let asked = http::agent(self.places.authorities.as_deref(), CONNECT, ANSWER).and_then(|agent| {
            let request = agent.post(format!("{url}/")).header("Accept", "application/json");
            http::read(request.header("Content-Type", "application/x-www-form-urlencoded").send(form.as_bytes()))
        });
        let from = format!("the role {role}");
        let answer = json(asked, &url, &from)?;
        found(
            &answer["AssumeRoleWithWebIdentityResponse"]["AssumeRoleWithWebIdentityResult"]["Credentials"],
            from,
            &url,
        )
    }
}

fn of_container(places: &AwsPlaces, container: &AwsContainer) -> Result<Found, String> {
    let authorization = match &container.authorization_file {
        Some(file) => Some(text_of(file)?),
        None => container.authorization.as_ref().map(|secret| secret.reveal().to_owned()),
    };
    let asked = http::agent(places.authorities.as_deref(), CONNECT, ANSWER).and_then(|agent| {
        let mut request = agent.get(&container.url);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        http::read(request.call())
    });
    let from = "the container's endpoint".to_owned();
    found(&json(asked, &container.url, &from)?, from, &container.url)
}

/// The metadata service of EC2, in its second version: a token first.
fn of_machine(places: &AwsPlaces, metadata: &str) -> Result<Found, String> {
    let agent = http::agent(places.authorities.as_deref(), CONNECT, ANSWER).map_err(|error| error.to_string())?;
    let get = |path: &str, token: &str| {
        let request = agent.get(format!("{metadata}/latest/meta-data/iam/security-credentials/{path}"));
        http::read(request.header("X-aws-ec2-metadata-token", token).call())
    };
    let token = agent.put(format!("{metadata}/latest/api/token")).header("X-aws-ec2-metadata-token-ttl-seconds", "300");
    // Outside of AWS nobody is there.
    let Ok(Answer { status: 200, body }) = http::read(token.send_empty()) else { return Err(NOWHERE.to_owned()) };
    let token = String::from_utf8_lossy(&body).trim().to_owned();
    let from = "this machine's role".to_owned();
    let role = match get("", &token) {
        Ok(Answer { status: 200, body }) => {
            String::from_utf8_lossy(&body).lines().next().unwrap_or_default().trim().to_owned()
        }
        Ok(_) => return Err(NOWHERE.to_owned()),
        Err(error) => return Err(away(metadata, &from, &error)),
    };
    found(&json(get(&role, &token), metadata, &from)?, from, metadata)
}

fn text_of(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| format!("the file {} can't be read ({error}); mount it", path.display()))?;
    Ok(text.trim().to_owned())
}

fn away(url: &str, from: &str, error: &ureq::Error) -> String {
    let error = https::said(error);
    format!("the keys of {from}: {url} does not answer ({error}); check that it can be reached from here")
}

/// What is answered, where all is well.
fn json(asked: Result<Answer, ureq::Error>, url: &str, from: &str) -> Result<Value, String> {
    let Answer { status, body } = asked.map_err(|error| away(url, from, &error))?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status == 200 {
        return Ok(answer);
    }
    let parts = ["/Error/Code", "/Error/Message", "/code", "/message"].iter();
    let said: Vec<&str> = parts.filter_map(|part| answer.pointer(part)?.as_str()).collect();
    let said: String = said.join(": ").replace(char::is_control, " ").chars().take(200).collect();
    Err(format!("the keys of {from}: {url} answers with status {status} ({said}); check the role, and who may take it"))
}

/// The keys in an answer.
fn found(answer: &Value, from: String, url: &str) -> Result<Found, String> {
    let text = |names: &[&str]| names.iter().find_map(|name| answer[*name].as_str()).map(str::to_owned);
    let (Some(id), Some(secret)) = (text(&["AccessKeyId"]), text(&["SecretAccessKey"])) else {
        return Err(format!("the keys of {from}: {url} answers without keys; check the role"));
    };
    let keys = AwsKeys { id, secret: secret.into(), session: text(&["SessionToken", "Token"]).map(Secret::from) };
    let left = match &answer["Expiration"] {
        Value::String(time) => humantime::parse_rfc3339(time).ok(),
        other => other.as_f64().and_then(|at| Some(SystemTime::UNIX_EPOCH + Duration::try_from_secs_f64(at).ok()?)),
    };
    let left = left.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default());
    Ok(Found { keys, from, left })
}
