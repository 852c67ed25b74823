//! What changes something: `POST` to `/api/reload`, `/api/rollback`, `/api/pause`, `/api/resume`, with the token.
//!
//! All answers are JSON: what came of it, and what to do next. What it takes is done on a thread of its own, so that
//! this one goes on answering, and whoever asked has an answer in time.

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::{Body, Bytes},
    header::{self, HeaderValue},
};
use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, time};

use super::{
    answer::{Answer, json},
    site::Site,
};
use crate::{
    interventions::{Report, Wish},
    telemetry::interventions::{Act, Outcome},
};

/// Bytes that a request may have.
const LARGEST: usize = 4096;
/// The longest that these may take to come.
const SLOWEST: Duration = Duration::from_secs(5);
/// The longest that an answer is waited for: what takes longer goes on.
const LONGEST: Duration = Duration::from_secs(20);

/// What may stand in a request.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The model to go back to.
    version: Option<String>,
    /// Whether it is only to be said which model that would be.
    #[serde(default)]
    dry_run: bool,
}

/// What is answered.
#[derive(Debug, Serialize)]
struct Told<'a> {
    act: Act,
    outcome: Outcome,
    message: &'a str,
    model: Option<Model<'a>>,
}

#[derive(Debug, Serialize)]
struct Model<'a> {
    model: &'a str,
    sha256: &'a str,
}

/// What is done at this path, where something is.
pub(super) fn at(path: &str) -> Option<Act> {
    let name = path.strip_prefix("/api/")?;
    Act::ALL.into_iter().find(|act| act.name() == name)
}

/// Does what a request asks for, which somebody at this address has sent.
pub(super) async fn answer<B>(site: &Site, act: Act, request: Request<B>, peer: SocketAddr) -> Answer
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if let Err(refusal) = site.guard.admit(&request) {
        return refused(act, refusal.status, refusal.why);
    }
    if *request.method() != Method::POST {
        let mut answer =
            refused(act, StatusCode::METHOD_NOT_ALLOWED, "this changes something, and only POST does that");
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    if let Err(refusal) = site.guard.admit_change(&request) {
        return refused(act, refusal.status, refusal.why);
    }
    match asked(act, request).await {
        Ok(wish) => done(site, act, wish, peer).await,
        Err((status, why)) => {
            let mut answer = refused(act, status, &why);
            // What it had still to send is read by nobody.
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            answer
        }
    }
}

/// What a request asks for.
async fn asked<B>(act: Act, request: Request<B>) -> Result<Wish, (StatusCode, String)>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let body = match time::timeout(SLOWEST, Limited::new(request.into_body(), LARGEST).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, format!("this needs no more than {LARGEST} bytes")));
        }
        Ok(Err(error)) => return Err((StatusCode::BAD_REQUEST, format!("the request broke off: {error}"))),
        Err(_) => {
            let why = format!("the request took longer than {} s to come", SLOWEST.as_secs());
            return Err((StatusCode::REQUEST_TIMEOUT, why));
        }
    };
    wish(act, content_type.as_deref(), &body)
}

fn wish(act: Act, content_type: Option<&str>, body: &Bytes) -> Result<Wish, (StatusCode, String)> {
    let media = content_type.and_then(|it| it.split(';').next()).map(str::trim).unwrap_or_default();
    if !body.is_empty() && !media.eq_ignore_ascii_case("application/json") {
        let why = "send JSON, with `Content-Type: application/json`, or nothing".to_owned();
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let asked = if body.is_empty() { Ok(Asked::default()) } else { serde_json::from_slice(body) };
    let bad = |why: String| Err((StatusCode::BAD_REQUEST, why));
    match (act, asked) {
        (_, Err(error)) => {
            bad(format!("this isn't understood ({error}): send an object with `version` or `dry_run`, or nothing"))
        }
        (Act::Rollback, Ok(Asked { version, dry_run: false })) => Ok(Wish::Rollback(version)),
        (Act::Rollback, Ok(Asked { version, dry_run: true })) => Ok(Wish::LookBack(version)),
        (_, Ok(asked)) if asked != Asked::default() => bad("only a rollback has `version` and `dry_run`".to_owned()),
        (Act::Reload, Ok(_)) => Ok(Wish::Reload),
        (Act::Pause, Ok(_)) => Ok(Wish::Pause),
        (Act::Resume, Ok(_)) => Ok(Wish::Resume),
    }
}

async fn done(site: &Site, act: Act, wish: Wish, peer: SocketAddr) -> Answer {
    let (sender, report) = oneshot::channel();
    let interventions = Arc::clone(&site.interventions);
    let started = thread::Builder::new().name("intervention".into()).spawn(move || {
        // Whoever asked may have gone meanwhile.
        let _ = sender.send(interventions.act(&wish, &peer.to_string()));
    });
    if let Err(error) = started {
        let why = format!("there is no thread for it ({error}); raise the limit of processes");
        return refused(act, StatusCode::SERVICE_UNAVAILABLE, &why);
    }
    match time::timeout(LONGEST, report).await {
        Ok(Ok(Report { outcome, message, model })) => {
            let model = model.as_ref().map(|(model, sha256)| Model { model, sha256 });
            json(status_of(outcome), &Told { act, outcome, message: &message, model })
        }
        Ok(Err(_)) => refused(act, StatusCode::INTERNAL_SERVER_ERROR, "this broke off; the log's last lines say why"),
        Err(_) => {
            let outcome = Outcome::UnderWay;
            let message = "it takes its time, and goes on: /api/status has under interventions what becomes of it";
            json(status_of(outcome), &Told { act, outcome, message, model: None })
        }
    }
}

fn status_of(outcome: Outcome) -> StatusCode {
    match outcome {
        Outcome::Done | Outcome::Unchanged | Outcome::Planned => StatusCode::OK,
        Outcome::UnderWay => StatusCode::ACCEPTED,
        Outcome::Refused => StatusCode::CONFLICT,
    }
}

fn refused(act: Act, status: StatusCode, message: &str) -> Answer {
    json(status, &Told { act, outcome: Outcome::Refused, message, model: None })
}

#[cfg(test)]
mod tests;
