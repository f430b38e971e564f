//! The batches are read back with an independent CSV reader and counted again.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDateTime};

use super::*;
use crate::GenerateError;

const COLUMNS: [&str; 16] = [
    "person_name",
    "user_name",
    "email",
    "personal_number",
    "birth_date",
    "address",
    "phone",
    "mac_address",
    "ip_address",
    "iban",
    "accessed_at",
    "session_duration",
    "download_speed",
    "upload_speed",
    "consumed_traffic",
    "unique_id",
];

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn ordinary(rows: u64) -> GenerateOptions {
    GenerateOptions::new(date("2024-09-15"), rows, 7)
}

fn clean(rows: u64) -> GenerateOptions {
    GenerateOptions {
        missing_share: 0.0,
        duplicate_share: 0.0,
        repeat_yesterday_share: 0.0,
        malformed_share: 0.0,
        out_of_year_share: 0.0,
        unreadable_birth_date_share: 0.0,
        ..ordinary(rows)
    }
}

/// Every share large, so that a few thousand rows hold every case many times.
fn troubled(rows: u64) -> GenerateOptions {
    GenerateOptions {
        spread_days: 365,
        missing_share: 0.2,
        duplicate_share: 0.2,
        repeat_yesterday_share: 0.2,
        malformed_share: 0.1,
        out_of_year_share: 0.2,
        unreadable_birth_date_share: 0.1,
        ..ordinary(rows)
    }
}

fn batch(options: &GenerateOptions) -> (Generated, Vec<u8>) {
    let mut bytes = Vec::new();
    let generated = generate(options, &mut bytes).expect("the options are good");
    (generated, bytes)
}

/// The records below the header, as they come.
fn records(bytes: &[u8]) -> Vec<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    reader.byte_records().map(|record| record.expect("the reader is flexible")).collect()
}

/// The records of a batch without malformed rows, which must be text.
fn rows(bytes: &[u8]) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(bytes).records().map(|record| record.expect("sixteen fields of UTF-8")).collect()
}

fn column(name: &str) -> usize {
    COLUMNS.iter().position(|column| *column == name).expect("a known column")
}

/// Counts a batch with nothing but its text, and the ids that yesterday's batch has.
fn recount(bytes: &[u8], yesterday: &HashSet<String>, year: i32) -> Generated {
    let mut counted = Generated { bytes: bytes.len() as u64, ..Generated::default() };
    let mut seen = HashSet::new();
    for record in records(bytes) {
        counted.rows += 1;
        if record.len() != COLUMNS.len() {
            counted.wrong_field_counts += 1;
            continue;
        }
        let Ok(record) = csv::StringRecord::from_byte_record(record) else {
            counted.invalid_utf8 += 1;
            continue;
        };
        let cell = |name| &record[column(name)];
        let Ok(session_duration) = cell("session_duration").parse::<u64>() else {
            counted.unreadable_durations += 1;
            continue;
        };
        let Ok(accessed_at) = NaiveDateTime::parse_from_str(cell("accessed_at"), "%Y-%m-%d %H:%M:%S%.6f") else {
            counted.unreadable_timestamps += 1;
            continue;
        };
        let id = cell("unique_id").to_owned();
        if id.is_empty() {
            counted.missing_ids += 1;
            continue;
        }
        let in_yesterday = yesterday.contains(&id);
        let first = seen.insert(id);
        match (first, in_yesterday) {
            (false, _) => counted.duplicates += 1,
            (true, true) => counted.repeats += 1,
            (true, false) => counted.new += 1,
        }
        let (no_email, no_phone) = (cell("email").trim().is_empty(), cell("phone").trim().is_empty());
        let out_of_year = accessed_at.year() != year;
        counted.blank_emails += u64::from(no_email);
        counted.blank_phones += u64::from(no_phone);
        counted.missing += u64::from(no_email || no_phone);
        counted.unreadable_birth_dates += u64::from(cell("birth_date").parse::<NaiveDate>().is_err());
        counted.out_of_year += u64::from(out_of_year);
        counted.filtered_by_date += u64::from(first && out_of_year);
        counted.filtered_by_duration += u64::from(first && !out_of_year && session_duration <= 30);
    }
    counted.malformed = counted.wrong_field_counts
        + counted.missing_ids
        + counted.unreadable_durations
        + counted.unreadable_timestamps
        + counted.invalid_utf8;
    counted
}

/// The ids of the well-formed rows of the day before `options.date`.
fn ids_of_yesterday(options: &GenerateOptions) -> HashSet<String> {
    let (_, bytes) = batch(&GenerateOptions { date: options.date.pred_opt().expect("a date"), ..options.clone() });
    let records = records(&bytes).into_iter().filter(|record| record.len() == COLUMNS.len());
    records.map(|record| String::from_utf8(record[column("unique_id")].to_vec()).expect("ids are ASCII")).collect()
}

fn message(options: &GenerateOptions) -> String {
    let mut bytes = Vec::new();
    let error = generate(options, &mut bytes).expect_err("the options are bad");
    assert!(matches!(error, GenerateError::Options(_)));
    assert!(bytes.is_empty(), "nothing is written");
    error.to_string()
}

#[test]
fn the_same_options_give_the_same_bytes() {
    assert_eq!(batch(&ordinary(500)), batch(&ordinary(500)));
    assert_ne!(batch(&ordinary(500)).1, batch(&GenerateOptions { seed: 8, ..ordinary(500) }).1);
}

#[test]
fn the_bytes_of_a_batch_never_change() {
    let checksum = |options: &GenerateOptions| crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &batch(options).1);
    assert_eq!(checksum(&ordinary(1000)), 0x0603_f073_8f80_cad2);
    assert_eq!(checksum(&troubled(1000)), 0x6b1f_8148_9bf9_85d7);
}

#[test]
fn a_longer_batch_starts_with_the_shorter_one() {
    assert!(batch(&troubled(800)).1.starts_with(&batch(&troubled(300)).1));
}

#[test]
fn a_batch_without_rows_is_a_header() {
    let (generated, bytes) = batch(&ordinary(0));
    assert_eq!(String::from_utf8(bytes).expect("UTF-8"), format!("{}\n", COLUMNS.join(",")));
    assert_eq!((generated.rows, generated.written()), (0, 0));
}

#[test]
fn a_row_has_about_280_bytes() {
    let (generated, _) = batch(&ordinary(5000));
    let bytes_per_row = generated.bytes / generated.rows;
    assert!((265..=295).contains(&bytes_per_row), "{bytes_per_row}");
}

#[test]
fn the_counts_are_those_of_an_independent_reader() {
    for options in [ordinary(4000), troubled(4000), clean(100)] {
        let (generated, bytes) = batch(&options);
        assert_eq!(generated, recount(&bytes, &ids_of_yesterday(&options), 2024));
    }
}

#[test]
fn written_rows_complete_the_balance() {
    let (generated, _) = batch(&troubled(4000));
    let lost = generated.filtered_by_date + generated.filtered_by_duration + generated.duplicates + generated.malformed;
    assert_eq!(generated.rows, generated.written() + lost);
    assert!(generated.filtered_by_duration > 0);
}

#[test]
fn shares_are_met() {
    let (generated, _) = batch(&GenerateOptions { spread_days: 1, ..troubled(10_000) });
    let well_formed = generated.rows - generated.malformed;
    let met = |count: u64, of: u64, share: f64| (count as f64 / of as f64 - share).abs() < 0.02;
    assert!(met(generated.malformed, generated.rows, 0.1), "{generated:?}");
    assert!(met(generated.duplicates, generated.rows, 0.2), "{generated:?}");
    // A repeat of a malformed row or of a duplicate, three in ten here, cannot be had.
    assert!(met(generated.repeats, generated.rows, 0.2 * 0.7), "{generated:?}");
    assert!(met(generated.missing, well_formed, 0.2), "{generated:?}");
    assert!(met(generated.out_of_year, well_formed, 0.2), "{generated:?}");
    assert!(met(generated.unreadable_birth_dates, well_formed, 0.1), "{generated:?}");
    let defects = [
        generated.missing_ids,
        generated.unreadable_durations,
        generated.unreadable_timestamps,
        generated.invalid_utf8,
        generated.wrong_field_counts / 2,
    ];
    assert!(defects.iter().all(|&count| count > 100), "{generated:?}");
}

#[test]
fn a_clean_batch_has_nothing_to_object_to() {
    let (generated, _) = batch(&clean(2000));
    assert_eq!(generated.new, 2000);
    assert_eq!(generated.written() + generated.filtered_by_duration, 2000);
    assert_eq!(generated.missing + generated.unreadable_birth_dates + generated.out_of_year, 0);
}

#[test]
fn shares_of_one_are_possible() {
    let all_duplicates = batch(&GenerateOptions { duplicate_share: 1.0, ..clean(300) }).0;
    assert_eq!((all_duplicates.new, all_duplicates.duplicates), (1, 299));
    let all_repeats = batch(&GenerateOptions { repeat_yesterday_share: 1.0, ..clean(3) }).0;
    assert_eq!(all_repeats.repeats, 3);
    let all_malformed = batch(&GenerateOptions { malformed_share: 1.0, ..clean(300) }).0;
    assert_eq!(all_malformed.malformed, 300);
}

#[test]
fn a_duplicate_differs_from_the_row_it_repeats() {
    let (generated, bytes) = batch(&GenerateOptions { duplicate_share: 0.5, ..clean(1000) });
    let distinct: HashSet<_> = rows(&bytes).iter().map(|row| row.iter().collect::<Vec<_>>().join("\n")).collect();
    assert!(generated.duplicates > 400);
    assert_eq!(distinct.len(), 1000);
}

#[test]
fn a_first_batch_has_a_year_of_dates_and_a_daily_one_only_yesterday() {
    let days = |options: &GenerateOptions| -> Vec<String> {
        let days: HashSet<_> =
            rows(&batch(options).1).iter().map(|row| row[column("accessed_at")][..10].to_owned()).collect();
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort();
        days
    };
    assert_eq!(days(&clean(200)), ["2024-09-14"]);
    let year = days(&GenerateOptions { spread_days: 365, ..clean(5000) });
    assert_eq!((year.len(), &*year[0], &*year[364]), (365, "2023-09-16", "2024-09-14"));
}

#[test]
fn on_new_years_day_the_old_year_is_not_out_of_year() {
    let (generated, _) = batch(&GenerateOptions { date: date("2024-01-01"), ..clean(50) });
    assert_eq!(generated.out_of_year, 0);
}

#[test]
fn cells_have_the_forms_of_real_batches() {
    let (_, bytes) = batch(&clean(5000));
    let rows = rows(&bytes);
    let any = |name, holds: &dyn Fn(&str) -> bool| rows.iter().any(|row| holds(&row[column(name)]));
    let all = |name, holds: &dyn Fn(&str) -> bool| rows.iter().all(|row| holds(&row[column(name)]));

    assert!(any("person_name", &|name| name.contains(['ă', 'â', 'î', 'ș', 'ț'])));
    assert!(any("email", &|email| !email.is_ascii()));
    assert!(any("email", &|email| email.find('@') == Some(1)));
    assert!(all("email", &|email| email.matches('@').count() == 1 && !email.starts_with('@')));
    assert!(all("personal_number", &|number| number.len() == 13 && number.bytes().all(|digit| digit.is_ascii_digit())));
    assert!(any("personal_number", &|number| number.starts_with('0')));
    assert!(all("birth_date", &|day| day.parse::<NaiveDate>().is_ok()));
    assert!(all("address", &|address| address.contains(',')));
    assert!(any("address", &|address| address.contains('"')));
    assert!(any("address", &|address| address.contains('\n')));
    assert!(any("phone", &|phone| phone.starts_with("+40 7") && phone.len() == 15));
    assert!(any("phone", &|phone| phone.starts_with("07") && phone.contains('.') && phone.len() == 12));
    assert!(all("mac_address", &|mac| mac.split(':').filter(|byte| byte.len() == 2).count() == 6));
    assert!(all("ip_address", &|ip| ip.parse::<std::net::Ipv4Addr>().is_ok()));
    assert!(all("iban", &|iban| iban.len() == 24 && iban.starts_with("RO")));
    assert!(all("accessed_at", &|time| time.len() == 26));
    assert!(all("session_duration", &|seconds| seconds.parse::<u32>().is_ok_and(|seconds| seconds <= 36_000)));
    for (name, highest) in [("download_speed", 1000.0), ("upload_speed", 800.0), ("consumed_traffic", 2_000_000.0)] {
        let in_range = |value: f64| (0.0..=highest).contains(&value);
        assert!(all(name, &|text| text.parse().is_ok_and(in_range)));
        assert!(any(name, &|text| text.parse::<f64>().is_ok_and(|value| value > 0.9 * highest)));
    }
}

#[test]
fn ids_are_canonical_version_4_uuids() {
    let (_, bytes) = batch(&clean(1000));
    for row in rows(&bytes) {
        let id = row[column("unique_id")].as_bytes();
        assert_eq!(id.len(), 36);
        let dashes: Vec<_> = (0..36).filter(|&at| id[at] == b'-').collect();
        assert_eq!(dashes, [8, 13, 18, 23]);
        assert!(id.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')));
        assert_eq!(id[14], b'4');
        assert!(b"89ab".contains(&id[19]));
    }
}

#[test]
fn the_pieces_of_a_large_batch_join_without_a_seam() {
    let (generated, bytes) = batch(&clean(8000));
    assert!(bytes.len() > 2 * PIECE_BYTES_MIN);
    assert_eq!((generated.bytes, rows(&bytes).len()), (bytes.len() as u64, 8000));
}

#[test]
fn options_out_of_range_are_refused_before_anything_is_written() {
    assert!(message(&GenerateOptions { missing_share: 1.5, ..clean(1) }).contains("missing_share"));
    assert!(message(&GenerateOptions { malformed_share: -0.1, ..clean(1) }).contains("malformed_share"));
    assert!(message(&GenerateOptions { out_of_year_share: f64::NAN, ..clean(1) }).contains("out_of_year_share"));
    let too_much = GenerateOptions { duplicate_share: 0.6, repeat_yesterday_share: 0.6, ..clean(1) };
    assert!(message(&too_much).contains("exclude each other"));
    assert!(message(&GenerateOptions { spread_days: 0, ..clean(1) }).contains("spread_days"));
    assert!(message(&GenerateOptions { spread_days: u32::MAX, ..clean(1) }).contains("years"));
    assert!(message(&GenerateOptions { date: date("9999-01-01"), ..clean(1) }).contains("years"));
}

#[test]
fn a_writer_that_fails_stops_the_batch() {
    let mut full = [0_u8; 100];
    assert!(generate(&clean(10), &mut full.as_mut_slice()).is_err());
}

#[test]
fn the_file_name_holds_the_batch_date() {
    assert_eq!(file_name(date("2024-09-05")), "batch_2024-09-05.csv");
}
