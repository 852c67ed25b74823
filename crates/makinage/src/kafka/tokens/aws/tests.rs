use std::fs;

use super::*;
use crate::{
    config::{AwsContainer, AwsKeys, AwsPlaces, WebIdentity},
    kafka::tokens::testing::Server,
};

const IN_A_YEAR: &str = "4102444800";

/// A machine that has no keys anywhere.
fn nowhere() -> AwsPlaces {
    AwsPlaces {
        keys: None,
        web_identity: None,
        profile: "default".to_owned(),
        credentials_file: None,
        config_file: None,
        container: None,
        metadata: None,
        sts: None,
        authorities: None,
    }
}

fn token(places: AwsPlaces) -> Result<Fresh, String> {
    make(&AwsToken { region: "eu-west-1".to_owned(), places })
}

/// The address that a token is.
fn url(places: AwsPlaces) -> String {
    let value = token(places).unwrap_or_else(|why| panic!("{why}")).value.replace('-', "+").replace('_', "/");
    let padded = format!("{value}{}", "=".repeat((4 - value.len() % 4) % 4));
    String::from_utf8(openssl::base64::decode_block(&padded).unwrap()).unwrap()
}

fn keys(session: Option<&str>) -> AwsKeys {
    let session = session.map(|session| session.to_owned().into());
    AwsKeys { id: "AKID".to_owned(), secret: "canary".to_owned().into(), session }
}

#[test]
fn a_token_is_a_signed_address_of_the_cluster_s_service() {
    let url = url(AwsPlaces { keys: Some(keys(Some("session+/="))), ..nowhere() });
    assert!(url.starts_with("https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-"), "{url}");
    for part in
        ["X-Amz-Expires=900&", "%2Feu-west-1%2Fkafka-cluster%2Faws4_request&", "X-Amz-Security-Token=session%2B%2F%3D&"]
    {
        assert!(url.contains(part), "{part}: {url}");
    }
    assert!(url.contains("&X-Amz-Signature=") && url.ends_with("&User-Agent=makinage") && !url.contains("canary"));
    let fresh = token(AwsPlaces { keys: Some(keys(None)), ..nowhere() }).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!((fresh.lifetime, fresh.principal.as_deref()), (Duration::from_mins(15), Some("AKID")));
}

#[test]
fn a_role_is_taken_with_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    fs::write(&token_file, "web token\n").unwrap();
    let answer = format!(
        r#"{{"AssumeRoleWithWebIdentityResponse":{{"AssumeRoleWithWebIdentityResult":{{"Credentials":{{"AccessKeyId":"ASIA","SecretAccessKey":"s","SessionToken":"t","Expiration":{IN_A_YEAR}.5}}}}}}}}"#
    );
    let server = Server::giving(vec![(200, answer)]);
    let web_identity = WebIdentity { role: "arn:aws:iam::1:role/r".to_owned(), token_file, session: "me".to_owned() };
    let places = AwsPlaces { web_identity: Some(web_identity), sts: Some(server.url.clone()), ..nowhere() };
    assert!(url(places).contains("X-Amz-Credential=ASIA%2F"));
    let request = server.request();
    assert!(
        request.ends_with("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me&WebIdentityToken=web%20token"),
        "{request}"
    );
}

#[test]
fn a_profile_s_keys_are_read_from_either_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let places =
        || AwsPlaces { credentials_file: Some(file.clone()), config_file: Some("/nowhere".into()), ..nowhere() };
    fs::write(&file, "[default]\naws_access_key_id=AKFILE\naws_secret_access_key=s\n").unwrap();
    assert!(url(places()).contains("X-Amz-Credential=AKFILE%2F"));
    fs::write(&file, "[default]\nsso_session = x\n").unwrap();
    let said = token(places()).err().expect("a fault");
    assert!(said.contains("the profile default has keys by `sso_session`, which isn't followed here"), "{said}");
}

#[test]
fn a_container_and_a_machine_are_asked_as_aws_s_tools_ask() {
    let answer = r#"{"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
    let server = Server::giving(vec![(200, answer.to_owned())]);
    let container = AwsContainer {
        url: format!("{}/keys", server.url),
        authorization: Some("shown".to_owned().into()),
        authorization_file: None,
    };
    assert!(url(AwsPlaces { container: Some(container), ..nowhere() }).contains("X-Amz-Security-Token=t&"));
    assert!(server.request().to_lowercase().contains("authorization: shown\r\n"));

    let server = Server::giving(vec![(200, "first".to_owned()), (200, "role".to_owned()), (200, answer.to_owned())]);
    assert!(url(AwsPlaces { metadata: Some(server.url.clone()), ..nowhere() }).contains("X-Amz-Credential=ASIA"));
    assert!(server.request().starts_with("PUT /latest/api/token "));
    assert!(server.request().contains("x-aws-ec2-metadata-token: first\r\n"));
    assert!(server.request().starts_with("GET /latest/meta-data/iam/security-credentials/role "));
}

#[test]
fn what_keeps_keys_away_is_said_with_what_to_do() {
    let said = |places| token(places).err().expect("a fault");
    assert!(said(nowhere()).starts_with("no keys of AWS are found: not in AWS_ACCESS_KEY_ID"));
    let server = Server::giving(vec![(403, r#"{"code":"AccessDenied","message":"no"}"#.to_owned())]);
    let container = AwsContainer { url: server.url.clone(), authorization: None, authorization_file: None };
    let refused = said(AwsPlaces { container: Some(container), ..nowhere() });
    assert!(refused.contains("answers with status 403 (AccessDenied: no)"), "{refused}");
    let over = r#"{"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2001-01-01T00:00:00Z"}"#;
    let server = Server::giving(vec![(200, over.to_owned())]);
    let container = AwsContainer { url: server.url.clone(), authorization: None, authorization_file: None };
    assert!(said(AwsPlaces { container: Some(container), ..nowhere() }).contains("have expired"));
}
