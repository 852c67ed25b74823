//! AWS: which region the cluster is in, and where this machine says who it is, as AWS's own tools look for it.
//!
//! Only where is read here. Keys change, so that they are looked up whenever a token is made.

use std::path::PathBuf;

use crate::config::{reader::shape::Ground, values::secret::Secret};

/// How tokens for a cluster on AWS are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsToken {
    /// The cluster's region.
    pub region: String,
    /// Where keys may be.
    pub places: AwsPlaces,
}

/// Where the keys of this machine's role or user may be, in the order in which they are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsPlaces {
    /// Those in environment variables.
    pub keys: Option<AwsKeys>,
    /// A role that is taken with a token of Kubernetes, or of another identity provider.
    pub web_identity: Option<WebIdentity>,
    /// The profile in the files.
    pub profile: String,
    /// `~/.aws/credentials`
    pub credentials_file: Option<PathBuf>,
    /// `~/.aws/config`
    pub config_file: Option<PathBuf>,
    /// What a container is given by ECS or EKS.
    pub container: Option<AwsContainer>,
    /// The machine's own metadata service, as EC2 has it; `None` where it isn't to be asked.
    pub metadata: Option<String>,
    /// Where roles are taken, where it isn't the region's own.
    pub sts: Option<String>,
    /// The authorities that AWS's certificates are signed by.
    pub authorities: Option<PathBuf>,
}

/// Keys of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// Which.
    pub id: String,
    /// The secret one.
    pub secret: Secret,
    /// What belongs to keys that end.
    pub session: Option<Secret>,
}

/// A role and the token with which it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// The role.
    pub role: String,
    /// The file of the token.
    pub token_file: PathBuf,
    /// What the session is called.
    pub session: String,
}

/// What a container is given: an address to ask, and what to show there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsContainer {
    /// Where.
    pub url: String,
    /// What is shown.
    pub authorization: Option<Secret>,
    /// The file of what is shown.
    pub authorization_file: Option<PathBuf>,
}

/// The places of this machine.
pub(super) fn places(ground: &Ground) -> AwsPlaces {
    let variable = |name: &str| {
        let value = ground.surroundings.variable(name)?.into_string().ok()?;
        Some(value).filter(|value| !value.is_empty())
    };
    let secret = |name: &str| variable(name).map(Secret::from);
    let below_home = |name: &str| variable("HOME").map(|home| PathBuf::from(home).join(".aws").join(name));
    let keys = variable("AWS_ACCESS_KEY_ID").zip(secret("AWS_SECRET_ACCESS_KEY"));
    let web_identity = variable("AWS_ROLE_ARN").zip(variable("AWS_WEB_IDENTITY_TOKEN_FILE"));
    let of_container = |url| AwsContainer {
        url,
        authorization: secret("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        authorization_file: variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(PathBuf::from),
    };
    let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("http://169.254.170.2{path}"));
    let metadata_is_off = variable("AWS_EC2_METADATA_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true"));
    let metadata = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| "http://169.254.169.254".to_owned());
    AwsPlaces {
        keys: keys.map(|(id, secret_key)| AwsKeys { id, secret: secret_key, session: secret("AWS_SESSION_TOKEN") }),
        web_identity: web_identity.map(|(role, file)| WebIdentity {
            role,
            token_file: file.into(),
            session: variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "makinage".to_owned()),
        }),
        profile: variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned()),
        credentials_file: variable("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from).or(below_home("credentials")),
        config_file: variable("AWS_CONFIG_FILE").map(PathBuf::from).or(below_home("config")),
        container: relative.or_else(|| variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")).map(of_container),
        metadata: (!metadata_is_off).then(|| metadata.trim_end_matches('/').to_owned()),
        sts: variable("AWS_ENDPOINT_URL_STS").map(|url| url.trim_end_matches('/').to_owned()),
        authorities: ground.surroundings.trust_store(),
    }
}

/// The region of a cluster: that in a broker's name, as `b-1.demo.x.c2.kafka.eu-west-1.amazonaws.com`, or the
/// machine's.
pub(super) fn region(endpoints: &[String], ground: &Ground) -> Option<String> {
    let in_name = endpoints.iter().find_map(|endpoint| {
        let labels: Vec<&str> = endpoint.split(':').next()?.split('.').collect();
        let service = labels.iter().position(|label| ["kafka", "kafka-serverless"].contains(label))?;
        (labels.get(service + 2) == Some(&"amazonaws")).then(|| labels[service + 1].to_owned())
    });
    in_name.or_else(|| {
        let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        names
            .iter()
            .find_map(|name| ground.surroundings.variable(name)?.into_string().ok().filter(|name| !name.is_empty()))
    })
}
