//! A store during whose calls something else happens: another run, a correction, a death. What races decide by chance
//! is decided here by the number of the call.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::store::{ObjectVersion, Precondition, Published, StagedUpload, Store, Upload, UploadId};
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

/// A call of a store.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// 1 for the first.
    pub number: usize,
    /// The method's name.
    pub method: &'static str,
}

type Hook = Box<dyn Fn(Call) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Asks a hook before each call; an error of the hook becomes the call's.
pub struct Hooked {
    inner: Arc<dyn Store>,
    hook: Hook,
    calls: AtomicUsize,
    runtime: Handle,
}

impl Hooked {
    pub fn new(
        inner: Arc<dyn Store>,
        hook: impl Fn(Call) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        Self { inner, hook: Box::new(hook), calls: AtomicUsize::new(0), runtime: Handle::current() }
    }

    /// A store whose owner dies before call `number`, or before its publication of that number.
    pub fn dying_at(inner: Arc<dyn Store>, number: usize, counted: Counted) -> Self {
        let publications = AtomicUsize::new(0);
        Self::new(inner, move |call| {
            let is_counted = matches!(call.method, "publish" | "put") || counted == Counted::Calls;
            let so_far = publications.fetch_add(usize::from(is_counted), Ordering::Relaxed) + usize::from(is_counted);
            Box::pin(async move { if so_far >= number { Err(dead()) } else { Ok(()) } })
        })
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn before(&self, method: &'static str) -> Result<()> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        (self.hook)(Call { number, method }).await
    }
}

/// What a death is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Calls,
    Publications,
}

fn dead() -> Error {
    Error::configuration("dead")
}

#[async_trait]
impl Store for Hooked {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectVersion>> {
        self.before("list").await?;
        self.inner.list(prefix).await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectVersion>> {
        self.before("head").await?;
        self.inner.head(key).await
    }

    async fn get(&self, key: &str) -> Result<Option<(ObjectVersion, Bytes)>> {
        self.before("get").await?;
        self.inner.get(key).await
    }

    async fn peek(&self, version: &ObjectVersion, bytes_max: u64) -> Result<Bytes> {
        self.before("peek").await?;
        self.inner.peek(version, bytes_max).await
    }

    /// Called by a thread of the engine, so the hook may be waited for.
    fn open(&self, version: &ObjectVersion) -> Box<dyn Read + Send> {
        match self.runtime.block_on(self.before("open")) {
            Ok(()) => self.inner.open(version),
            Err(error) => Box::new(Broken(Some(error))),
        }
    }

    async fn stage(&self, key: &str, content_type: &str) -> Result<Box<dyn Upload>> {
        self.before("stage").await?;
        self.inner.stage(key, content_type).await
    }

    async fn publish(&self, upload: &StagedUpload, precondition: &Precondition) -> Result<Published> {
        self.before("publish").await?;
        self.inner.publish(upload, precondition).await
    }

    async fn put(&self, key: &str, content_type: &str, body: Bytes, precondition: &Precondition) -> Result<Published> {
        self.before("put").await?;
        self.inner.put(key, content_type, body, precondition).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.before("delete").await?;
        self.inner.delete(key).await
    }

    async fn abort(&self, upload_ids: &[UploadId]) {
        if self.before("abort").await.is_ok() {
            self.inner.abort(upload_ids).await;
        }
    }
}

struct Broken(Option<Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(self.0.take().unwrap_or_else(dead).into())
    }
}
