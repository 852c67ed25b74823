//! The connections: HTTP/1.1 on one thread, each bounded in time, all in number. What is answered is `routes`'.

use std::{
    convert::Infallible,
    net::TcpListener,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{body::Body, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{runtime, sync::Semaphore, time};

use super::{health, routes, silent::Silent, site::Site};

/// Connections at a time. For more of them those make room that ask for nothing; the others are waited for.
const MOST: usize = 64;
/// The longest that a request's head may take to come, and an idle connection waits for the next one.
const HEAD: Duration = Duration::from_secs(10);
/// The longest that a connection is kept, but for its last answer: who reads none takes no place for longer.
const LONGEST: Duration = Duration::from_secs(35);
/// The longest that an answer may take when its connection's time is over: those to interventions take longest.
const LAST: Duration = Duration::from_secs(30);
/// Between two looks at what is told with a time.
const LOOK: Duration = Duration::from_secs(1);
/// After a connection that could not be taken: there may be too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers until the program ends.
pub(super) fn run(listener: TcpListener, site: Site) {
    let ended = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .and_then(|runtime| runtime.block_on(serve(listener, Arc::new(site))));
    if let Err(error) = ended {
        tracing::warn!(
            code = "H002",
            "metrics and status can't be had any longer ({error}); start the service again to have them"
        );
    }
}

async fn serve(listener: TcpListener, site: Arc<Site>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (places, silent) = (Arc::new(Semaphore::new(MOST)), Arc::<Silent>::default());
    tokio::spawn(look(Arc::clone(&site)));
    for number in 0.. {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!("a connection for metrics or status: {error}");
                time::sleep(PAUSE).await;
                continue;
            }
        };
        if places.available_permits() == 0 {
            silent.end_longest();
        }
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let (site, asking) = (Arc::clone(&site), Arc::clone(&silent));
        let connection = tokio::spawn(async move {
            let _place = place;
            let answer = service_fn(|request| {
                let (site, silent) = (Arc::clone(&site), Arc::clone(&asking));
                async move {
                    let connection = silent.take(number);
                    let answer = routes::answer(&site, request, peer).await;
                    // Of whom an answer without an end is read isn't silent.
                    let ends = answer.body().size_hint().exact().is_some();
                    connection.filter(|_| ends).into_iter().for_each(|connection| silent.add(number, connection));
                    Ok::<_, Infallible>(answer)
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), answer);
            let mut connection = pin!(connection);
            // Whoever is at its other end knows best why it broke.
            if time::timeout(LONGEST, connection.as_mut()).await.is_err() {
                connection.as_mut().graceful_shutdown();
                let _ = time::timeout(LAST, connection).await;
            }
            asking.take(number);
        });
        // It begins only once this thread waits again.
        silent.add(number, connection.abort_handle());
    }
    Ok(())
}

/// Looks again and again at what is told with a time, so that nothing depends on when somebody asked last.
async fn look(site: Arc<Site>) {
    loop {
        health::look(&site);
        site.recent.look(&site.telemetry, Instant::now());
        time::sleep(LOOK).await;
    }
}
