//! HTTP on one address: accepts connections and ends them. What is said on them is `s3s`'s business.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::service::S3Service;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// How long calls under way may take to finish once the server is told to stop.
const STOP_DURATION_MAX: Duration = Duration::from_secs(5);

pub(crate) struct HttpServer {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl HttpServer {
    pub(crate) async fn start(service: S3Service, address: SocketAddr) -> io::Result<Self> {
        let unavailable =
            |error: io::Error| io::Error::new(error.kind(), format!("S3 cannot be served on {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(unavailable)?;
        let address = listener.local_addr().map_err(unavailable)?;
        let (stop, stopped) = oneshot::channel();
        let accepting = tokio::spawn(serve(listener, service, stopped));
        Ok(Self { address, accepting, stop: Some(stop) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // Neither a server that is gone already nor one that panicked needs to be stopped.
            let _ = stop.send(());
            let _ = (&mut self.accepting).await;
        }
    }
}

/// The connections belong to the accepting task, so they end with it.
impl Drop for HttpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let http = Builder::new(TokioExecutor::new());
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // A client that gave up before it was accepted is no reason to stop.
                let Ok((stream, _)) = accepted else { continue };
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection stays slow");
                }
                let connection = http.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
                let connection = graceful.watch(connection);
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection broke");
                    }
                });
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(STOP_DURATION_MAX, graceful.shutdown()).await.is_err() {
        tracing::debug!("calls still under way are cut");
    }
}
