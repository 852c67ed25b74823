//! Who is refused, what is understood, and what is answered.

use http_body_util::Full;
use hyper::header::HeaderMap;
use serde_json::{Value, json};
use tokio::runtime;

use super::*;
use crate::{
    config::{Http, Listen, Secret},
    http::{routes, testing},
    interventions::testing::Stage,
};

const TOKEN: (&str, &str) = ("authorization", "Bearer a-long-word");
const JSON: (&str, &str) = ("content-type", "application/json");
const PATHS: [&str; 4] = ["/api/reload", "/api/rollback", "/api/pause", "/api/resume"];

fn http(token: Option<&str>) -> Http {
    let token = token.map(|token| Secret::from(token.to_owned()));
    Http { listen: Listen::At("127.0.0.1:9464".parse().expect("an address")), token, insecure: false }
}

/// A port with a token, before this service.
fn port(stage: &Stage) -> Site {
    testing::on(stage, &http(Some("a-long-word")))
}

fn run<R>(future: impl Future<Output = R>) -> R {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}

fn asked(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path).header("host", "localhost:9464");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::new(body.to_owned().into())).expect("a request")
}

async fn told(site: &Site, request: Request<Full<Bytes>>) -> (u16, HeaderMap, Value) {
    let answer = routes::answer(site, request, "127.0.0.1:9".parse().expect("an address")).await;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status.as_u16(), head.headers, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn ask(site: &Site, request: Request<Full<Bytes>>) -> (u16, HeaderMap, Value) {
    run(told(site, request))
}

#[test]
fn nothing_is_done_without_the_token_and_what_is_missing_is_said() {
    let stage = Stage::new();
    for path in PATHS {
        let site = testing::on(&stage, &http(None));
        let (status, _, answer) = ask(&site, asked("POST", path, &[TOKEN], ""));
        let message = answer["message"].as_str().expect("a sentence");
        assert!(status == 403 && message.contains("set `http.token`"), "{path}: {status} {answer}");
        let (status, headers, answer) = ask(&port(&stage), asked("POST", path, &[], ""));
        assert_eq!((status, headers["www-authenticate"].to_str().ok()), (401, Some("Bearer")), "{path}: {answer}");
        let wrong = ("authorization", "Bearer another-word");
        assert_eq!(ask(&port(&stage), asked("POST", path, &[wrong], "")).0, 401, "{path}");
    }
    assert!(stage.interventions.paused().is_none() && stage.telemetry.interventions.all().is_empty());
}

#[test]
fn other_sites_pages_are_refused_though_they_bring_the_token() {
    let stage = Stage::new();
    let from = |headers: &[(&str, &str)]| ask(&port(&stage), asked("POST", "/api/pause", headers, "")).0;
    assert_eq!(from(&[TOKEN, ("origin", "http://evil.example")]), 403);
    assert_eq!(from(&[TOKEN, ("origin", "null")]), 403);
    // What a page can send anywhere without being asked first.
    assert_eq!(from(&[("content-type", "text/plain")]), 401);
    // A page that comes by another name has no token.
    let rebound = Request::post("/api/pause").header("host", "evil.example").header("origin", "http://evil.example");
    assert_eq!(ask(&port(&stage), rebound.body(Full::default()).expect("a request")).0, 401);
    // The question before it is answered with no word that would allow it.
    let (status, headers, _) = ask(&port(&stage), asked("OPTIONS", "/api/pause", &[], ""));
    let allows = headers.keys().any(|name| name.as_str().starts_with("access-control"));
    assert_eq!((status, allows), (405, false));
    assert!(stage.interventions.paused().is_none());
}

#[test]
fn other_methods_are_refused_with_the_one_that_is_not_and_change_nothing() {
    let stage = Stage::new();
    for path in PATHS {
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
            let (status, headers, answer) = ask(&port(&stage), asked(method, path, &[TOKEN], ""));
            assert_eq!((status, headers["allow"].to_str().ok()), (405, Some("POST")), "{method} {path}: {answer}");
        }
    }
    let (status, headers, _) = ask(&port(&stage), asked("POST", "/api/status", &[TOKEN], ""));
    assert_eq!((status, headers["allow"].to_str().ok()), (405, Some("GET, HEAD")));
    assert_eq!(ask(&port(&stage), asked("POST", "/api/pause/", &[TOKEN], "")).0, 405);
    assert!(stage.telemetry.interventions.all().is_empty());
}

#[test]
fn a_request_is_json_or_nothing_and_small() {
    let stage = Stage::new();
    let large = format!("{{\"version\":\"{}\"}}", "1".repeat(LARGEST));
    for (path, headers, body, status) in [
        ("/api/pause", vec![TOKEN], "{}", 415),
        ("/api/pause", vec![TOKEN, ("content-type", "text/plain")], "{}", 415),
        ("/api/pause", vec![TOKEN, JSON], "{", 400),
        ("/api/pause", vec![TOKEN, JSON], "[]", 400),
        ("/api/pause", vec![TOKEN, JSON], "{\"version\":\"1\"}", 400),
        ("/api/rollback", vec![TOKEN, JSON], "{\"verzion\":\"1\"}", 400),
        ("/api/rollback", vec![TOKEN, JSON], &large, 413),
    ] {
        let (is, headers, answer) = ask(&port(&stage), asked("POST", path, &headers, body));
        assert_eq!((is, headers["connection"].to_str().ok()), (status, Some("close")), "{body}: {answer}");
        assert_eq!((&answer["outcome"], answer["message"].is_string()), (&json!("refused"), true), "{body}");
    }
    let wish = |act, body: &str| wish(act, Some("Application/JSON; charset=utf-8"), &body.to_owned().into());
    assert_eq!(wish(Act::Rollback, "{\"version\":\"3\"}"), Ok(Wish::Rollback(Some("3".into()))));
    assert_eq!(wish(Act::Rollback, "{\"dry_run\":true}"), Ok(Wish::LookBack(None)));
    assert_eq!(wish(Act::Pause, "{}"), Ok(Wish::Pause));
    assert!(stage.interventions.paused().is_none());
}

#[test]
fn a_pause_is_shown_wherever_one_looks_until_it_ends() {
    let stage = Stage::new().with_source();
    let site = port(&stage);
    let post = |path| ask(&site, asked("POST", path, &[TOKEN], ""));
    let shown = || ask(&site, asked("GET", "/api/status", &[TOKEN], "")).2;
    let (status, _, answer) = post("/api/pause");
    assert_eq!((status, &answer["act"], &answer["outcome"]), (200, &json!("pause"), &json!("done")));
    let status = shown();
    assert_eq!(status["paused"]["by"], "127.0.0.1:9");
    assert_eq!(
        (&status["interventions"]["refused"], &status["interventions"]["past"][0]["act"]),
        (&Value::Null, &json!("pause"))
    );
    let latch = |status: &Value| {
        let latches = status["ready"]["latches"].as_array().expect("latches").clone();
        latches.into_iter().find(|latch| latch["name"] == "reading").expect("the latch")
    };
    let closed = latch(&status);
    let reason = closed["reason"].as_str().expect("a reason");
    assert!(closed["ok"] == false && reason.contains("paused by hand since") && reason.contains("/api/resume"));
    assert_eq!(status["live"]["ok"], true, "a restart would end it, and nobody wants that");
    assert_eq!(post("/api/resume").2["outcome"], "done");
    assert_eq!((latch(&shown())["ok"].clone(), shown()["paused"].clone()), (json!(true), Value::Null));
    assert_eq!(post("/api/resume").2["outcome"], "unchanged");
}

#[test]
fn what_takes_long_does_not_keep_others_from_their_answers() {
    let stage = Stage::new();
    let site = Arc::new(port(&stage));
    run(async {
        let first = Arc::clone(&site);
        let rollback = tokio::spawn(async move { told(&first, asked("POST", "/api/rollback", &[TOKEN], "")).await });
        while stage.asked.lock().is_empty() {
            time::sleep(Duration::from_millis(1)).await;
        }
        let (status, _, answer) = told(&site, asked("POST", "/api/rollback", &[TOKEN, JSON], "{}")).await;
        assert!(status == 409 && answer["message"].as_str().is_some_and(|it| it.contains("under way")), "{answer}");
        assert_eq!(told(&site, asked("GET", "/livez", &[], "")).await.0, 200);
        stage.allow.send(()).expect("it waits for that");
        let (status, _, answer) = rollback.await.expect("it ends");
        assert_eq!((status, &answer["model"]["model"]), (200, &json!("iris@1")), "{answer}");
    });
}
