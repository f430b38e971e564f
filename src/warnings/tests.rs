//! The table: what warns, from where on, and in which words.

use super::shape::Shape;
use super::*;
use crate::config::{Config, RawSettings};
use crate::contract::ColumnType;
use crate::engine::{Balance, BatchRepeats, CastCells, InputTally};
use crate::error::ErrorKind;

const YESTERDAY: &str = "2024-09-14";
const TODAY: &str = "2024-09-15";

fn date(text: &str) -> BatchDate {
    text.parse().expect("a date")
}

fn rules(settings: &[(&str, &str)]) -> Rules {
    let mut raw = RawSettings::default();
    for (name, value) in [("LAKE", "lake")].iter().chain(settings) {
        raw.set(name, *value).expect("a setting");
    }
    Config::from_raw(&raw).expect("usable settings").rules
}

/// The figures of a run over yesterday and today, of which so many rows were read and written.
fn tally(rows: [u64; 2]) -> Tally {
    let mut tally = Tally::new(&rules(&[]), [YESTERDAY, TODAY].into_iter().map(date));
    for (input, rows) in tally.inputs.iter_mut().zip(rows) {
        (input.balance.read, input.balance.written) = (rows, rows);
        tally.balance.add(&input.balance);
    }
    tally
}

/// A change of a run's figures after `tally`, and the balance summed up again.
fn changed(mut tally: Tally, change: impl FnOnce(&mut Tally)) -> Tally {
    change(&mut tally);
    tally.balance = Balance { filtered: tally.balance.filtered, ..Balance::default() };
    for input in &tally.inputs {
        tally.balance.add(&input.balance);
    }
    tally
}

/// Index of a column of the contract.
fn index(name: &str) -> usize {
    rules(&[]).contract.rows.columns.iter().position(|column| column.name == name).expect("a column")
}

fn told(tally: &Tally) -> Vec<Warning> {
    told_after(tally, &[])
}

fn told_after(tally: &Tally, history: &[u64]) -> Vec<Warning> {
    let earlier = |(days, &rows): (i64, &u64)| EarlierRun { run_date: date(TODAY).plus_days(-days), rows };
    let history: Vec<EarlierRun> = (1..).zip(history).map(earlier).collect();
    let (rules, keys) = (rules(&[]), ["raw_data/batch_2024-09-14.csv", "raw_data/batch_2024-09-15.csv"]);
    of_run(&Facts { run_date: date(TODAY), keys: &keys, tally, rules: &rules, history: &history, left_out: &[] })
}

fn kinds(warnings: &[Warning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.kind.as_str()).collect()
}

fn message(tally: &Tally) -> String {
    let warnings = told(tally);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    warnings[0].message.clone()
}

#[test]
fn every_kind_has_one_name_and_one_row_of_the_table() {
    for kind in WarningKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
        assert_eq!(RULES.iter().filter(|rule| rule.kind == kind).count(), 1, "{kind}");
    }
    assert_eq!("all".parse::<WarningKind>(), Err(NotAWarningKind));
}

#[test]
fn a_run_like_those_before_it_has_no_warning() {
    assert_eq!(told(&tally([100, 100])), []);
    assert_eq!(told(&tally([0, 0])), [], "nobody says that there should be rows");
    assert_eq!(told_after(&tally([3000, 2900]), &[3000; 14]), []);
}

#[test]
fn casts_that_failed_warn_above_the_share_and_from_the_number_on_or_if_all_did() {
    // Written rows, blank cells, cells that could not be cast.
    let cases = [
        ((1000, 0, 0), false),
        ((1000, 0, 50), false),
        ((1000, 0, 51), true),
        ((1000, 900, 6), false),
        ((1000, 900, 20), true),
        ((300, 0, 19), false),
        ((19, 0, 18), false),
        ((2, 0, 2), true),
        ((1000, 998, 2), true),
        ((1000, 999, 1), true),
        ((1000, 1000, 0), false),
    ];
    for ((written, blank, failed), expected) in cases {
        let rules = rules(&[]);
        let columns = rules.contract.rows.columns.iter().enumerate();
        for (index, column) in columns.filter(|(_, column)| column.data_type != ColumnType::String) {
            let mut tally = tally([written, 0]);
            tally.casts[index] = CastCells { failed, blank };
            let warnings = told_after(&changed(tally, |tally| tally.inputs[1].balance.read = 1), &[]);
            let warned = warnings.iter().find(|warning| warning.kind == WarningKind::FailedCasts);
            assert_eq!(warned.is_some(), expected, "{written} {blank} {failed}");
            if let Some(warning) = warned {
                assert_eq!(warning.column.as_deref(), Some(&column.name[..]));
                assert_eq!((warning.rows, warning.of), (failed, written - blank));
            }
        }
    }
}

#[test]
fn a_large_day_does_not_hide_that_the_cells_of_a_small_one_cannot_be_read() {
    let mut tally = tally([100_000, 1000]);
    let birth_date = index("birth_date");
    (tally.casts[birth_date].failed, tally.inputs[1].casts[birth_date].failed) = (1000, 1000);
    tally.inputs[1].balance.written = 1000;
    let warnings = told(&tally);
    let [warning] = &warnings[..] else { panic!("one warning: {warnings:?}") };
    assert_eq!((warning.kind, warning.batch_date), (WarningKind::FailedCasts, Some(date(TODAY))));
    assert_eq!((warning.rows, warning.of), (1000, 1000));
    assert!(
        warning.message.starts_with("1000 of 1000 filled cells of birth_date in the batch of"),
        "{}",
        warning.message
    );
}

#[test]
fn casts_that_failed_come_with_the_likely_reason_of_each_column() {
    let mut tally = tally([100, 100]);
    for (column, cell) in [("birth_date", "26.04.1926"), ("consumed_traffic", "100,5")] {
        tally.casts[index(column)].failed = 90;
        (0..90).for_each(|_| tally.look_at_unreadable(&rules(&[]), index(column), cell.as_bytes()));
    }
    let messages: Vec<String> = told(&tally).into_iter().map(|warning| warning.message).collect();
    let expected = [
        "90 of 200 filled cells of birth_date (45 %) cannot be read and are null: looks like day.month.year or month/day/year; dates are written year-month-day",
        "90 of 200 filled cells of consumed_traffic (45 %) cannot be read and are null: looks like a decimal comma (1,5 instead of 1.5)",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn duplicates_warn_above_a_fifth_of_their_own_batch() {
    let repeats = |repeats, rows_of_one_id, likely| {
        let mut tally = tally([1000, 1000]);
        tally.repeats = vec![BatchRepeats { batch_date: date(TODAY), rows: 1000, repeats, rows_of_one_id, likely }];
        tally
    };
    assert_eq!(told(&repeats(200, 0, None)), []);
    let warning = &told(&repeats(201, 0, None))[0];
    assert_eq!((warning.kind, warning.batch_date), (WarningKind::Duplicates, Some(date(TODAY))));
    assert_eq!((warning.rows, warning.of), (201, 1000));
    assert!(warning.message.contains("201 of 1000 rows of the batch of 2024-09-15 (20 %)"), "{}", warning.message);
    assert!(warning.message.contains("may hold its rows twice"), "{}", warning.message);
    let message = message(&repeats(990, 991, Some(Shape::Scientific)));
    assert!(
        message.contains("991 rows share one id; the id looks like scientific notation as a spreadsheet"),
        "{message}"
    );
    let message = self::message(&repeats(990, 991, Some(Shape::NullMarker)));
    assert!(message.contains("the id looks like null markers; see NULL_MARKERS"), "{message}");
}

#[test]
fn rows_of_which_none_was_written_always_warn_and_say_where_they_ended() {
    // Rows that each condition of the contract drops: before the range, after it, too short.
    let today = |dropped: [u64; 3], (duplicates, rejected, written): (u64, u64, u64)| {
        changed(tally([10, 0]), |tally| {
            let input = &mut tally.inputs[1];
            input.dropped = dropped.iter().flat_map(|&rows| [rows, 0]).collect();
            input.balance.filtered[0].rows = dropped[0] + dropped[1];
            input.balance.filtered[1].rows = dropped[2];
            (input.balance.duplicates, input.balance.rejected, input.balance.written) = (duplicates, rejected, written);
            input.balance.read = dropped.iter().sum::<u64>() + duplicates + rejected + written;
        })
    };
    let cases = [
        ([0, 9, 0], (0, 0), "all rows are dropped by the filter date (ACCESSED_TO 2024-12-31) (9 rows)"),
        ([9, 0, 0], (0, 0), "all rows are dropped by the filter date (ACCESSED_FROM 2024-01-01) (9 rows)"),
        ([0, 0, 9], (0, 0), "all rows are dropped by the filter duration (MIN_SESSION_DURATION 30) (9 rows)"),
        ([0, 0, 0], (9, 0), "all rows are duplicates of earlier rows (9 rows)"),
        ([0, 0, 0], (0, 9), "all rows are rejected (9 rows)"),
        (
            [1, 4, 0],
            (3, 1),
            "1 dropped by the filter date (ACCESSED_FROM 2024-01-01), 4 dropped by the filter date (ACCESSED_TO \
             2024-12-31), 3 duplicates of earlier rows, 1 rejected",
        ),
    ];
    for (dropped, (duplicates, rejected), reasons) in cases {
        let tally = today(dropped, (duplicates, rejected, 0));
        assert_eq!(message(&tally), format!("no row of the batch of 2024-09-15 was written: {reasons}"));
        assert_eq!(told(&tally)[0].batch_date, Some(date(TODAY)));
        let of_window = changed(tally, |tally| {
            tally.inputs[0] = InputTally { batch_date: date(YESTERDAY), ..tally.inputs[1].clone() };
        });
        let warnings = told(&of_window);
        assert_eq!((kinds(&warnings), warnings[0].batch_date, warnings[0].rows), (vec!["nothing_written"], None, 18));
    }
    assert_eq!(told(&today([0, 8, 0], (0, 0, 1))), [], "one was written");
}

#[test]
fn an_empty_batch_warns_after_one_with_rows_in_the_window_or_before_it() {
    assert_eq!(kinds(&told(&tally([3000, 0]))), ["empty_batch"]);
    assert_eq!(told(&tally([99, 0])), []);
    assert_eq!(told_after(&tally([0, 0]), &[99, 50]), []);
    let warnings = told_after(&tally([0, 0]), &[7, 100]);
    assert_eq!((kinds(&warnings), warnings[0].of), (vec!["empty_batch"], 100));
    assert!(warnings[0].message.contains("while that of 2024-09-13 had 100"), "{}", warnings[0].message);
    assert_eq!(kinds(&told_after(&tally([3000, 0]), &[3000; 14])), ["empty_batch"], "one warning is enough");
}

#[test]
fn few_rows_warn_below_a_tenth_of_the_median_of_enough_runs() {
    let is_few = |rows, history: &[u64]| kinds(&told_after(&tally([1, rows]), history)) == ["few_rows"];
    assert!(is_few(9, &[100; 5]));
    assert!(!is_few(10, &[100; 5]));
    assert!(!is_few(1, &[100; 4]), "four runs are too few to compare with");
    assert!(!is_few(1, &[99; 14]), "small batches vary");
    assert!(is_few(99, &[0, 900, 1000, 1000, 5000]));
    assert!(is_few(99, &[900, 990, 1010, 5000, 0, 7000]), "the median of an even number lies between the middle two");
    let warning = &told_after(&tally([0, 20]), &[3000; 6])[0];
    assert_eq!((warning.rows, warning.of, warning.batch_date), (20, 3000, Some(date(TODAY))));
    let expected =
        "the batch of 2024-09-15 has 20 rows, while the 6 runs before it had 3000 in the median: a part may be missing";
    assert_eq!(warning.message, expected);
}

#[test]
fn one_object_without_a_line_end_warns_and_several_do_not() {
    let ends = |unterminated: [bool; 2], rows| {
        changed(tally(rows), |tally| {
            for (input, is_unterminated) in tally.inputs.iter_mut().zip(unterminated) {
                input.is_unterminated = is_unterminated;
            }
        })
    };
    assert_eq!(told(&ends([true, true], [10, 10])), []);
    let warning = &told(&ends([false, true], [10, 10]))[0];
    assert_eq!(warning.object.as_deref(), Some("raw_data/batch_2024-09-15.csv"));
    let expected = "raw_data/batch_2024-09-15.csv does not end in a line end, while every other object of the window does: its end may be missing";
    assert_eq!((warning.kind, warning.message.as_str()), (WarningKind::UnterminatedLastRecord, expected));
    assert!(message(&ends([false, true], [0, 10])).contains("does not end in a line end: its end"));
    assert!(message(&ends([true, true], [0, 10])).contains("2024-09-15.csv does not"), "empty ones do not count");
}

#[test]
fn bare_quotes_surplus_fields_and_objects_left_out_are_told_once() {
    let tally = changed(tally([10, 10]), |tally| {
        (tally.inputs[1].bare_quotes, tally.inputs[0].empty_last_fields) = (2, 10);
    });
    let warnings = told(&tally);
    assert_eq!(kinds(&warnings), ["bare_quotes", "empty_last_field"]);
    assert!(warnings[0].message.starts_with("2 of 20 records hold quotes inside text"), "{}", warnings[0].message);
    assert_eq!(warnings[0].object.as_deref(), Some("raw_data/batch_2024-09-15.csv"));
    assert_eq!((warnings[1].rows, warnings[1].batch_date), (10, Some(date(YESTERDAY))));

    let (rules, tally) = (rules(&[]), self::tally([0, 10]));
    let left_out = ["a.csv", "b.csv", "c.csv", "d.csv"];
    let facts =
        Facts { run_date: date(TODAY), keys: &[], tally: &tally, rules: &rules, history: &[], left_out: &left_out };
    let warnings = of_run(&facts);
    assert_eq!(kinds(&warnings), ["objects_left_out"]);
    assert_eq!((warnings[0].rows, warnings[0].object.as_deref()), (4, Some("a.csv")));
    assert!(warnings[0].message.ends_with("left out: a.csv, b.csv, c.csv and 1 more"), "{}", warnings[0].message);
}

#[test]
fn only_kinds_that_may_not_pass_fail_the_run_and_their_messages_are_the_error() {
    let warnings = told_after(&changed(tally([3000, 0]), |tally| tally.inputs[0].bare_quotes = 1), &[]);
    assert_eq!(kinds(&warnings), ["empty_batch", "bare_quotes"]);
    assert!(check(&warnings, &BTreeSet::new()).is_ok());
    assert!(check(&warnings, &BTreeSet::from([WarningKind::FewRows])).is_ok());
    let error = check(&warnings, &BTreeSet::from([WarningKind::EmptyBatch])).expect_err("it may not pass");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let expected = format!(
        "FAIL_ON_WARNINGS does not let this pass: {} (empty_batch); nothing was published",
        warnings[0].message
    );
    assert_eq!(error.to_string(), expected);
    let error = check(&warnings, &BTreeSet::from(WarningKind::ALL)).expect_err("none may pass");
    assert!(error.to_string().contains(&warnings[1].message), "{error}");
}

#[test]
fn a_warning_is_read_back_as_it_was_written() {
    for warning in told(&changed(tally([3000, 0]), |tally| tally.inputs[0].bare_quotes = 1)) {
        let json = serde_json::to_value(&warning).expect("JSON");
        assert_eq!(json.get("column"), None, "what there is nothing to say about is left out");
        assert_eq!(serde_json::from_value::<Warning>(json).expect("a warning"), warning);
    }
}
