//! An S3 server inside the process, for trying things out locally and for tests.
//!
//! Objects are plain files, `<root>/<bucket>/<key>`, so the data lies in a folder one can open. Everything else
//! (ETags, user metadata, uploads under way) is kept in memory: it lasts as long as the server does.
//!
//! It keeps the promises of S3 that a careful client relies on: conditional writes of which exactly one wins,
//! conditional and ranged reads of one version, verified checksums, part sizes, key order, paging. Where S3 is lenient it
//! may be strict, and what it does not know it refuses. [`Faults`] make it fail on purpose; [`DirectAccess`] changes
//! objects behind its clients' backs.
//!
//! Each server makes a secret of its own, so nobody who was not told may use it, wherever it listens.
//!
//! Not here: access rules, versions, and keys that cannot be the name of a file (`a//b`, `a/`, or `a/b` next to `a`).
//! Files changed in the folder by others while the server runs go unnoticed.

mod body;
mod checksum;
mod conditions;
mod direct;
mod faults;
mod listing;
mod multipart;
mod objects;
mod server;
mod service;
mod storage;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

pub use direct::DirectAccess;
pub use faults::{Call, Fault, Faults};

use server::HttpServer;
use service::Service;
use storage::Storage;

const ACCESS_KEY_ID: &str = "LOCALACCESSKEYID";
const REGION: &str = "us-east-1";

/// How the server is to behave.
#[derive(Clone, Debug)]
pub struct StrictS3Options {
    /// Where it listens; port 0 is any free one.
    pub address: SocketAddr,
    /// Most keys in one page of a listing (S3: 1000). Clients may ask for fewer.
    pub page_keys_max: usize,
}

impl Default for StrictS3Options {
    fn default() -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, 0).into(), page_keys_max: 1000 }
    }
}

/// A running server. Dropping it cuts every connection; [`StrictS3::stop`] lets calls under way finish.
pub struct StrictS3 {
    storage: Arc<Storage>,
    faults: Faults,
    server: HttpServer,
    secret_access_key: String,
}

impl StrictS3 {
    /// Serves the folder `root`; to be called within a tokio runtime.
    ///
    /// The folder is created if need be. Its subfolders with a valid bucket name are the buckets, and the files in them
    /// are read once to learn their ETags. What an earlier server left of unfinished uploads is removed.
    ///
    /// # Errors
    /// When the folder or the address cannot be used.
    pub async fn start(root: impl Into<PathBuf>, options: StrictS3Options) -> io::Result<Self> {
        let root = root.into();
        let place = root.display().to_string();
        let opened = tokio::task::spawn_blocking(move || Storage::open(root, options.page_keys_max)).await;
        let storage = opened
            .map_err(io::Error::other)?
            .map_err(|error| io::Error::new(error.kind(), format!("the folder {place} cannot be served: {error}")))?;
        let storage = Arc::new(storage);
        let faults = Faults::default();
        let mut builder = S3ServiceBuilder::new(Service { storage: Arc::clone(&storage), faults: faults.clone() });
        let secret_access_key = random_secret();
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, secret_access_key.as_str()));
        let server = HttpServer::start(builder.build(), options.address).await?;
        Ok(Self { storage, faults, server, secret_access_key })
    }

    /// Where clients of this machine find it, e.g. `http://127.0.0.1:40123`; buckets are addressed in the path.
    pub fn endpoint_url(&self) -> String {
        let mut address = self.server.address();
        match address.ip() {
            ip if !ip.is_unspecified() => {}
            IpAddr::V4(_) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(_) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        }
        format!("http://{address}")
    }

    /// The access key id every call must be signed with.
    pub fn access_key_id(&self) -> &'static str {
        ACCESS_KEY_ID
    }

    /// The secret that belongs to [`StrictS3::access_key_id`], different at each start.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The region to sign for.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// The calls made so far, and the means to make some of them fail.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// The objects without the detour over HTTP: nothing of it is counted, and no fault applies.
    pub fn direct(&self) -> DirectAccess {
        DirectAccess::new(Arc::clone(&self.storage))
    }

    /// Accepts no more calls, and returns when those under way are answered, or cut after five seconds.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// 64 hexadecimal digits that nobody can guess.
///
/// `RandomState` takes 128 bits from the operating system's randomness; under them SipHash is a pseudo-random function.
fn random_secret() -> String {
    let keys = RandomState::new();
    (0..4_u8).map(|piece| format!("{:016x}", keys.hash_one(piece))).collect()
}
