//! The operations S3 clients can call: each is admitted (or made to fail), carried out, and answered.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output,
    ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::faults::Faults;
use crate::storage::Storage;
use crate::{listing, multipart, objects};

pub(crate) struct Service {
    pub(crate) storage: Arc<Storage>,
    pub(crate) faults: Faults,
}

#[async_trait]
impl S3 for Service {
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let admitted = self.faults.admit("CreateBucket", "", None).await?;
        admitted.answer(
            self.storage.create_bucket(&request.input.bucket).map(|()| S3Response::new(CreateBucketOutput::default())),
        )
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let admitted = self.faults.admit("HeadBucket", "", None).await?;
        admitted.answer(
            self.storage.lock().objects(&request.input.bucket).map(|_| S3Response::new(HeadBucketOutput::default())),
        )
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let admitted =
            self.faults.admit("ListObjectsV2", request.input.prefix.as_deref().unwrap_or_default(), None).await?;
        admitted.answer(listing::list_objects(&self.storage, request))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let admitted = self.faults.admit("GetObject", &request.input.key, None).await?;
        admitted.answer_body(objects::get(&self.storage, request).await)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let admitted = self.faults.admit("HeadObject", &request.input.key, None).await?;
        admitted.answer(objects::head(&self.storage, request))
    }

    async fn put_object(&self, mut request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let admitted = self.faults.admit("PutObject", &request.input.key, request.input.body.as_mut()).await?;
        admitted.answer(objects::put(&self.storage, request).await)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let admitted = self.faults.admit("DeleteObject", &request.input.key, None).await?;
        admitted.answer(objects::delete(&self.storage, request))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let admitted = self.faults.admit("CreateMultipartUpload", &request.input.key, None).await?;
        admitted.answer(multipart::create(&self.storage, request))
    }

    async fn upload_part(&self, mut request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let admitted = self.faults.admit("UploadPart", &request.input.key, request.input.body.as_mut()).await?;
        admitted.answer(multipart::upload_part(&self.storage, request).await)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let admitted = self.faults.admit("CompleteMultipartUpload", &request.input.key, None).await?;
        admitted.answer(multipart::complete(&self.storage, request).await)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let admitted = self.faults.admit("AbortMultipartUpload", &request.input.key, None).await?;
        admitted.answer(multipart::abort(&self.storage, request))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let admitted = self
            .faults
            .admit("ListMultipartUploads", request.input.prefix.as_deref().unwrap_or_default(), None)
            .await?;
        admitted.answer(multipart::list_uploads(&self.storage, request))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let admitted = self.faults.admit("ListParts", &request.input.key, None).await?;
        admitted.answer(multipart::list_parts(&self.storage, request))
    }
}
