//! Which objects a run publishes, under which keys, and that the place of the lake changes no byte of them.

use std::collections::BTreeSet;

use drivendata_transform::day::Status;
use drivendata_transform::store::s3::S3Limits;

use super::{TODAY, YESTERDAY, key, on_both_lakes, publish_two_days, upload_two_days};
use crate::common::batches::{HEADER, generated, people, row};
use crate::common::clean::{assert_clean, assert_same, manifest, published};
use crate::common::lakes::{DataLake, PREFIX};
use crate::common::runs::run;
use crate::common::s3::BUCKET;

on_both_lakes! {
    only_the_formats_wanted_are_published,
    other_formats_run_a_day_anew,
    columns_nobody_knows_are_carried_through,
    keys_with_plus_signs_and_spaces_work_as_s3_sends_them,
}

fn names(lake: &DataLake) -> BTreeSet<String> {
    let keys = lake.objects("transformed_data/").into_keys();
    keys.map(|key| key.rsplit('/').next().expect("a name").to_owned()).collect()
}

async fn only_the_formats_wanted_are_published(lake: DataLake) {
    upload_two_days(&lake);
    let always = ["manifest.json", "rejected.csv"];
    for (formats, run_date, expected) in [
        ("parquet", YESTERDAY, ["filtered.parquet", "grouped.parquet"]),
        ("csv", TODAY, ["filtered.csv", "grouped.csv"]),
    ] {
        let settings = [("OUTPUT_FORMATS", formats)];
        lake.run(run_date, &settings).await.expect("a run");
        let expected = expected.iter().chain(&always).map(|&name| name.to_owned()).collect();
        assert_eq!(names(&lake), expected, "{formats}");
        assert_clean(&lake, &[run_date], &settings, formats).await;
        assert_eq!(lake.unpublished_count(), 0);
        lake.objects("transformed_data/").keys().for_each(|key| lake.remove(key));
    }
}

async fn other_formats_run_a_day_anew(lake: DataLake) {
    upload_two_days(&lake);
    let runs = [("csv", Status::Published), ("csv", Status::Unchanged), ("parquet,csv", Status::Published)];
    for (formats, status) in runs.into_iter().chain([("csv, parquet", Status::Unchanged)]) {
        let report = lake.run(TODAY, &[("OUTPUT_FORMATS", formats)]).await.expect("a run");
        assert_eq!(report.status, status, "{formats}");
    }
    assert_clean(&lake, &[TODAY], &[], "both formats").await;
    let report = lake.run(TODAY, &[("OUTPUT_FORMATS", "parquet")]).await.expect("a run");
    assert_eq!((report.status, report.manifest.outputs.len()), (Status::Published, 3));
}

async fn columns_nobody_knows_are_carried_through(lake: DataLake) {
    lake.put(&key(YESTERDAY), format!("{HEADER},device\n{},phone\n", row("Ana", 1)).as_bytes());
    lake.put(&key(TODAY), format!("browser,{HEADER}\nfox,{}\n", row("Ion", 2)).as_bytes());
    lake.run(TODAY, &[]).await.expect("a run");
    let csv = lake.objects("transformed_data/filtered/csv/").into_values().next().expect("an output");
    let csv = String::from_utf8(csv).expect("text");
    assert!(csv.starts_with(&format!("{HEADER},device,browser,total_bandwidth")), "{csv}");
    assert_clean(&lake, &[TODAY], &[], "extra columns").await;
}

async fn keys_with_plus_signs_and_spaces_work_as_s3_sends_them(lake: DataLake) {
    upload_two_days(&lake);
    let late = "raw_data/batch_2024-09-15 late+ upload.csv";
    lake.put(late, &people("Late", 30..40));
    let reply =
        lake.deliver(lake.event("put_url_encoded", |key| lake.full_key(key)), &[]).await.expect("the runs succeed");
    let dates: Vec<String> = reply.runs.iter().map(|run| run.run_date.to_string()).collect();
    assert_eq!((dates, reply.ignored.len()), (vec![TODAY.to_owned()], 1));
    assert_clean(&lake, &[TODAY], &[], "encoded").await;
    let manifest = manifest(&lake, TODAY).expect("published");
    let inputs: Vec<String> = manifest.inputs.into_iter().map(|input| input.version.key).collect();
    assert_eq!(inputs, [key(YESTERDAY), late.to_owned(), key(TODAY)], "key order: a space comes before a dot");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_a_bucket_and_a_prefix_of_one_get_the_same_bytes() {
    let folder = DataLake::folder();
    publish_two_days(&folder).await;
    for prefix in ["", PREFIX] {
        let DataLake::Bucket(s3, _) = DataLake::bucket().await else { panic!("a bucket") };
        let lake = DataLake::below(&s3, prefix);
        publish_two_days(&lake).await;
        assert_same(&published(&lake), &published(&folder), prefix);
        let outside = s3.direct().keys(BUCKET).into_iter().filter(|key| !key.starts_with(prefix)).count();
        assert_eq!(outside, 0, "nothing lands outside the lake");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_several_parts_and_ranges_is_published_whole() {
    let lake = DataLake::bucket().await;
    lake.put(&key(TODAY), &generated(TODAY, 30_000).0);
    let settings = [("ACCESSED_FROM", "open"), ("ACCESSED_TO", "open")];
    let limits = S3Limits { range_bytes: 1 << 20, part_bytes: 5 << 20, ..S3Limits::default() };
    run(&lake.runner_on(lake.store_with(limits), &settings), TODAY).await.expect("a run");
    let parts = lake.s3().faults().calls().into_iter().filter(|call| call.operation == "UploadPart").count();
    assert!(parts > 5, "an output had more than one part, not {parts} in all");
    assert_clean(&lake, &[TODAY], &settings, "volume").await;
}
