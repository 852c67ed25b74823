//! The `traces` section: off without it, what it takes from the environment, what is refused and what nobody is shown.

use std::{ffi::OsString, path::Path, path::PathBuf};

use super::Traces;
use crate::config::{
    Origin,
    reader::surroundings::Surroundings,
    service,
    tests::{changed, example, problem},
};

fn traces(lines: &str) -> Traces {
    let reading = changed("operators:", &format!("traces: {lines}\noperators:"));
    assert_eq!(reading.problems.to_string(), "", "{lines}");
    reading.config.expect("a configuration").traces
}

fn wrong(lines: &str) -> String {
    problem("operators:", &format!("traces: {lines}\noperators:"))
}

fn endpoint(text: &str) -> Option<String> {
    traces(&format!("{{endpoint: \"{text}\"}}")).endpoint
}

/// An environment with a few variables of OpenTelemetry's.
struct With<'v>(&'v [(&'v str, &'v str)]);

impl Surroundings for With<'_> {
    fn variable(&self, name: &str) -> Option<OsString> {
        let mut all = self.0.iter().copied().chain([("PATH", "/usr/bin")]);
        all.find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    fn is_executable(&self, path: &Path) -> bool {
        path == Path::new("/usr/bin/python3")
    }

    fn cores(&self) -> usize {
        4
    }

    fn trust_store(&self) -> Option<PathBuf> {
        None
    }
}

fn read_with(lines: &str, variables: &[(&str, &str)]) -> Result<Traces, String> {
    let text = example("serve.yaml").replacen("operators:", &format!("{lines}\noperators:"), 1);
    let all = With(variables);
    let reading = service::read(&text, &Origin::file(Path::new("/etc/app/config.serve.yaml")), &all);
    let problems: Vec<String> =
        reading.problems.to_string().lines().filter(|line| line.contains("traces")).map(str::to_owned).collect();
    match (problems.is_empty(), reading.config) {
        (true, Some(config)) => Ok(config.traces),
        _ => Err(problems.join("\n")),
    }
}

#[test]
fn nothing_is_traced_without_the_section_whatever_the_environment_says() {
    let variables = &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://elsewhere:4318")];
    assert_eq!(read_with("", variables), Ok(Traces::default()));
    assert_eq!(read_with("traces:", variables), Ok(Traces::default()));
    assert_eq!(Traces::default().endpoint, None);
}

#[test]
fn spans_go_below_the_collectors_address() {
    assert_eq!(endpoint("http://127.0.0.1:4318").as_deref(), Some("http://127.0.0.1:4318/v1/traces"));
    assert_eq!(endpoint("http://127.0.0.1:4318/").as_deref(), Some("http://127.0.0.1:4318/v1/traces"));
    assert_eq!(
        endpoint("https://otlp.example.org/some/way").as_deref(),
        Some("https://otlp.example.org/some/way/v1/traces")
    );
    assert_eq!(endpoint("http://[::1]:4318/v1/traces").as_deref(), Some("http://[::1]:4318/v1/traces"));
    let given = traces("{endpoint: \"http://c:4318\", ratio: 1, service: fraud}");
    assert!((given.ratio - 1.0).abs() < f64::EPSILON);
    assert_eq!(given.service.as_deref(), Some("fraud"));
    assert!((traces("{endpoint: \"http://c:4318\"}").ratio - 0.01).abs() < f64::EPSILON);
}

#[test]
fn the_environment_says_where_spans_go_and_what_the_service_is_called_where_the_section_does_not() {
    let url = |variables: &[(&str, &str)]| {
        read_with("traces: {}", variables).map(|traces| traces.endpoint.unwrap_or_default())
    };
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:4318/");
    assert_eq!(url(&[base]).as_deref(), Ok("http://base:4318/v1/traces"));
    let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://whole:4318/spans");
    assert_eq!(url(&[base, whole]).as_deref(), Ok("http://whole:4318/spans"));
    let named = read_with("traces: {}", &[base, ("OTEL_SERVICE_NAME", "named")]).expect("it is right");
    assert_eq!(named.service.as_deref(), Some("named"));
    let own = read_with("traces: {endpoint: \"http://own:1\", service: own}", &[base, ("OTEL_SERVICE_NAME", "named")]);
    let own = own.expect("it is right");
    assert_eq!((own.endpoint.as_deref(), own.service.as_deref()), (Some("http://own:1/v1/traces"), Some("own")));
    let said = url(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]).expect_err("no scheme");
    assert!(
        said.contains("traces.endpoint: the environment variable OTEL_EXPORTER_OTLP_ENDPOINT: `collector:4317`"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_said_without_what_must_not_be_shown() {
    insta::assert_snapshot!(wrong("{}"), @r#"13: traces.endpoint: spans have nowhere to go; name a collector, as `endpoint: "http://127.0.0.1:4318"`, set OTEL_EXPORTER_OTLP_ENDPOINT, or remove `traces`"#);
    insta::assert_snapshot!(wrong("{endpoint: \"127.0.0.1:4318\"}"), @"13: traces.endpoint: `127.0.0.1:4318` is no address of HTTP; write for example `http://127.0.0.1:4318`");
    insta::assert_snapshot!(wrong("{endpoint: \"http://user:canary@c:4318\"}"), @"13: traces.endpoint: beside the address `http://c:4318` there is a user, a password or a query, and addresses are shown; give credentials as `traces.headers`");
    insta::assert_snapshot!(wrong("{endpoint: \"http://c:4318/?token=canary\"}"), @"13: traces.endpoint: beside the address `http://c:4318/` there is a user, a password or a query, and addresses are shown; give credentials as `traces.headers`");
    insta::assert_snapshot!(wrong("{endpoint: \"http://\"}"), @"13: traces.endpoint: `http://` is no address of HTTP; write for example `http://127.0.0.1:4318`");
    insta::assert_snapshot!(wrong("{endpoint: \"http://c:4318\", ratio: 7}"), @"13: traces.ratio: this must be a share from 0 to 1, not `7`; write for example `ratio: 0.01`");
    insta::assert_snapshot!(wrong("{endpoint: \"http://c:4318\", headers: {\"a b\": c}}"), @"13: traces.headers.a b: `a b` can't be the name of a header; write for example `authorization`");
    insta::assert_snapshot!(wrong("{endpoint: \"http://c:4318\", headers: {Content-Type: c}}"), @"13: traces.headers.Content-Type: each request has its own `Content-Type`; remove it");
    insta::assert_snapshot!(wrong("{endpoint: \"http://c:4318\", headers: {a: \"canary\\nb\"}}"), @"13: traces.headers.a: the value of a header has visible ASCII characters only; check what it refers to");
    insta::assert_snapshot!(wrong("{endpoint: \"http://c:4318\", headers: {a: \"${env:NOWHERE}\"}}"), @"13: traces.headers.a: the environment variable `NOWHERE` is not set; set it for this program");
}

#[test]
fn headers_are_nobodys_to_see() {
    let lines = "traces: {endpoint: \"http://c:4318\", headers: {authorization: \"Bearer much-too-secret\"}}";
    let config = changed("operators:", &format!("{lines}\noperators:")).config.expect("a configuration");
    let headers = config.traces.headers.clone().expect("headers");
    assert_eq!(headers.0[0].1.reveal(), "Bearer much-too-secret");
    assert!(!format!("{:?}", config.traces).contains("much-too-secret"));
    assert!(!config.document.get().contains("much-too-secret"), "{}", config.document);
    assert!(config.document.get().contains("http://c:4318"), "{}", config.document);
}
