//! What is answered to which request.

use std::net::SocketAddr;

use http_body_util::Either;
use hyper::{
    Method, Request, StatusCode,
    body::Body,
    header::{self, HeaderValue},
};

use super::{
    answer::{Answer, json, made, text, whole},
    custom::Custom,
    events::Events,
    exposition::{self, Format},
    guard::{Access, TOKEN_WANTED},
    health, interventions, metrics,
    page::{self, File},
    site::Site,
    status,
};

/// What there is, for who asks for something else.
const PLACES: &str = "\
/              a page for people
/metrics       what Prometheus scrapes
/livez         whether the service is stuck
/readyz        whether it serves
/startupz      whether it has ever served
/api/status    all that is known, as JSON
/api/events    events as they pass (server-sent events; ?failed=true, ?step=predict, ?contains=text)
/api/reload, /api/rollback, /api/pause, /api/resume   do that, to a POST with the token
";

/// The answer to a request, which somebody at this address has sent.
pub(super) async fn answer<B>(site: &Site, request: Request<B>, peer: SocketAddr) -> Answer
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut answer = match interventions::at(request.uri().path()) {
        Some(act) => interventions::answer(site, act, request, peer).await,
        None => shown(site, &request),
    };
    if answer.status() == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// What changes nothing.
fn shown<B>(site: &Site, request: &Request<B>) -> Answer {
    match site.guard.admit(request) {
        Err(refusal) => text(refusal.status, format!("{}\n", refusal.why)),
        Ok(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "this can only be looked at: GET or HEAD\n");
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            refused
        }
        Ok(access) => route(site, request, access),
    }
}

fn route<B>(site: &Site, request: &Request<B>, access: Access) -> Answer {
    // Without data in it, so that it can ask for the token.
    if let Some(File { content_type, text }) = page_file(request.uri().path()) {
        return made(StatusCode::OK, content_type, whole(text));
    }
    let probe = match request.uri().path() {
        "/livez" => Some(health::live(site)),
        "/readyz" => Some(health::ready(site)),
        "/startupz" => Some(health::started(site)),
        _ => None,
    };
    match (probe, request.uri().path(), access) {
        (Some(health), _, access) => {
            let status = if health.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            json(status, &health.for_whom(access))
        }
        (None, _, Access::Probes) => text(StatusCode::UNAUTHORIZED, format!("{TOKEN_WANTED}\n")),
        (None, "/metrics", Access::Full) => {
            let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
            let format = Format::accepted(accept.unwrap_or_default());
            let custom = Custom(site.telemetry.custom.seen());
            match exposition::written(metrics::gathered(site), custom, format) {
                Ok(body) => made(StatusCode::OK, format.content_type(), whole(body)),
                Err(error) => {
                    text(StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics can't be written: {error}\n"))
                }
            }
        }
        (None, "/api/status", Access::Full) => json(StatusCode::OK, &status::of(site)),
        (None, "/api/events", Access::Full) => {
            match Events::of(&site.telemetry.tap, request.uri().query().unwrap_or_default()) {
                Some(events) => made(StatusCode::OK, "text/event-stream", Either::Right(events)),
                None => text(StatusCode::SERVICE_UNAVAILABLE, "too many look on already; close one of them\n"),
            }
        }
        (None, _, Access::Full) => text(StatusCode::NOT_FOUND, format!("there is nothing here; there is:\n{PLACES}")),
    }
}

fn page_file(path: &str) -> Option<File> {
    if path == "/" { page::file("index.html") } else { page::file(path.strip_prefix("/page/")?) }
}
