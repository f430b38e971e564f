//! The text of a row: sixteen cells in the order of [`HEADER`], quoted where RFC 4180 wants it.
//!
//! The personal numbers have county codes that were never issued, so none is a person's.

use chrono::{Datelike, Days, NaiveDate};

use crate::plan::{BirthDate, Blank, Defect, Kind, Row};
use crate::random::Random;
use crate::text::{push_date, push_decimal, push_hex, push_integer, push_padded, push_time, push_uuid};
use crate::vocabulary::{BANKS, EMAIL_DOMAINS, Name, Names, STREETS, TOWNS};

/// The first line of every batch.
pub(super) const HEADER: &str = "person_name,user_name,email,personal_number,birth_date,address,phone,mac_address,\
    ip_address,iban,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,unique_id\n";

const MICROSECONDS_PER_DAY: u64 = 86_400_000_000;
const BIRTHS_FROM: NaiveDate = NaiveDate::from_ymd_opt(1940, 1, 1).expect("the calendar has the day");
const BIRTH_DAYS: u64 = 67 * 365;

/// Empty, empty in quotes, or white space.
const BLANK_CELLS: [&str; 4] = ["", "", "\"\"", "  "];
const UNREADABLE_BIRTH_DATES: [&str; 4] = ["31.12.1990", "1985-02-30", "0000-00-00", "necunoscut"];
const UNREADABLE_DURATIONS: [&str; 4] = ["", "n/a", "12h", "-"];
const UNREADABLE_TIMESTAMPS: [&str; 4] = ["", "n/a", "15.09.2024 10:12:33", "2024-13-01 00:00:00.000000"];

/// How the address cell is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Kept,
    /// The sender forgot them: the commas of the address part cells.
    Forgotten,
}

/// Appends the row and its line end.
pub(super) fn push_row(out: &mut Vec<u8>, row: Row, names: &Names) {
    let Row { kind, id, blank, birth_date, accessed_on, session_duration, mut random } = row;
    let random = &mut random;
    let defect = match kind {
        Kind::Malformed(defect) => Some(defect),
        Kind::New | Kind::Duplicate | Kind::Repeat => None,
    };
    let (first, last) = (random.pick(&names.first), random.pick(&names.last));

    push(out, first.written);
    out.push(b' ');
    push(out, last.written);
    if defect == Some(Defect::InvalidUtf8) {
        // "ă" as ISO 8859-2 has it: what an old exporter sends.
        out.push(0xe3);
    }
    out.push(b',');
    push_user_name(out, first, last, random);
    out.push(b',');
    match blank {
        Blank::Email | Blank::Both => push(out, random.pick(&BLANK_CELLS)),
        Blank::Neither | Blank::Phone => push_email(out, first, last, random),
    }
    out.push(b',');
    let born_on = BIRTHS_FROM + Days::new(random.below(BIRTH_DAYS));
    push_personal_number(out, born_on, random);
    out.push(b',');
    match birth_date {
        BirthDate::Readable => push_date(out, born_on),
        BirthDate::Unreadable => push(out, random.pick(&UNREADABLE_BIRTH_DATES)),
    }
    out.push(b',');
    let quotes = if defect == Some(Defect::TooManyFields) { Quotes::Forgotten } else { Quotes::Kept };
    push_address(out, quotes, random);
    out.push(b',');
    match blank {
        Blank::Phone | Blank::Both => push(out, random.pick(&BLANK_CELLS)),
        Blank::Neither | Blank::Email => push_phone(out, random),
    }
    out.push(b',');
    push_mac_address(out, random);
    out.push(b',');
    push_ip_address(out, random);
    out.push(b',');
    push_iban(out, random);
    out.push(b',');
    if defect == Some(Defect::UnreadableTimestamp) {
        push(out, random.pick(&UNREADABLE_TIMESTAMPS));
    } else {
        push_date(out, accessed_on);
        out.push(b' ');
        push_time(out, random.below(MICROSECONDS_PER_DAY));
    }
    if defect == Some(Defect::TooFewFields) {
        out.push(b'\n');
        return;
    }
    out.push(b',');
    if defect == Some(Defect::UnreadableDuration) {
        push(out, random.pick(&UNREADABLE_DURATIONS));
    } else {
        push_integer(out, session_duration);
    }
    out.push(b',');
    push_speed(out, 1000, random);
    out.push(b',');
    push_speed(out, 800, random);
    out.push(b',');
    push_decimal::<2>(out, random.below(200_000_001));
    out.push(b',');
    if defect != Some(Defect::MissingId) {
        push_uuid(out, id);
    }
    out.push(b'\n');
}

fn push(out: &mut Vec<u8>, text: impl AsRef<str>) {
    out.extend_from_slice(text.as_ref().as_bytes());
}

/// The first letter of a spelling without diacritics.
fn initial(name: &Name) -> &str {
    &name.ascii[..1]
}

/// `andreipop83`, `apop83` or `pop_a`.
fn push_user_name(out: &mut Vec<u8>, first: &Name, last: &Name, random: &mut Random) {
    match random.below(3) {
        0 => {
            push(out, &first.ascii);
            push(out, &last.ascii);
            push_padded::<2>(out, random.below(100));
        }
        1 => {
            push(out, initial(first));
            push(out, &last.ascii);
            push_padded::<2>(out, random.below(100));
        }
        _ => {
            push(out, &last.ascii);
            out.push(b'_');
            push(out, initial(first));
        }
    }
}

/// Local parts with dots, digits and diacritics, and some of only one to three letters.
fn push_email(out: &mut Vec<u8>, first: &Name, last: &Name, random: &mut Random) {
    match random.below(16) {
        0..5 => {
            push(out, &first.ascii);
            out.push(b'.');
            push(out, &last.ascii);
        }
        5..7 => {
            push(out, &first.lower);
            out.push(b'.');
            push(out, &last.lower);
        }
        7..11 => {
            push(out, &first.ascii);
            push_integer(out, random.below(1000));
        }
        11..15 => {
            push(out, initial(first));
            push(out, &last.ascii);
        }
        _ => {
            let letters = [initial(first), initial(last), "x"];
            let count = 1 + random.below(3) as usize;
            letters[..count].iter().for_each(|letter| push(out, letter));
        }
    }
    out.push(b'@');
    push(out, random.pick(&EMAIL_DOMAINS));
}

/// Thirteen digits built like a CNP: sex and century, birth date, county, number. Some begin with 0.
fn push_personal_number(out: &mut Vec<u8>, born_on: NaiveDate, random: &mut Random) {
    let year = born_on.year() as u64;
    let of_century = if year < 2000 { 1 } else { 5 };
    let sex_and_century = if random.below(16) == 0 { 0 } else { of_century + random.below(2) };
    push_padded::<1>(out, sex_and_century);
    push_padded::<2>(out, year % 100);
    push_padded::<2>(out, u64::from(born_on.month()));
    push_padded::<2>(out, u64::from(born_on.day()));
    push_padded::<2>(out, 53 + random.below(17));
    push_padded::<4>(out, random.below(10_000));
}

/// `"Strada Școlii 12, Iași"`; sometimes with the flat, rarely with a house name in quotes or on two lines.
fn push_address(out: &mut Vec<u8>, quotes: Quotes, random: &mut Random) {
    let (street, number, town) = (random.pick(&STREETS), 1 + random.below(200), random.pick(&TOWNS));
    let form = random.below(1024);
    if quotes == Quotes::Kept {
        out.push(b'"');
    }
    push(out, "Strada ");
    push(out, street);
    out.push(b' ');
    push_integer(out, number);
    match (quotes, form) {
        (Quotes::Kept, 0) => push(out, ",\nRomânia"),
        (Quotes::Kept, 1..=16) => push(out, ", bl. \"\"Turn\"\""),
        (_, 17..=399) => {
            push(out, ", ap. ");
            push_integer(out, 1 + random.below(120));
        }
        _ => {}
    }
    push(out, ", ");
    push(out, town);
    if quotes == Quotes::Kept {
        out.push(b'"');
    }
}

/// `+40 721 234 567`, `0721.234.567`, `0721 234 567` or `0721234567`.
fn push_phone(out: &mut Vec<u8>, random: &mut Random) {
    let (prefix, separator) = *random.pick(&[("+40 7", " "), ("07", "."), ("07", " "), ("07", "")]);
    let number = random.below(100_000_000);
    push(out, prefix);
    push_padded::<2>(out, number / 1_000_000);
    push(out, separator);
    push_padded::<3>(out, number / 1000);
    push(out, separator);
    push_padded::<3>(out, number);
}

fn push_mac_address(out: &mut Vec<u8>, random: &mut Random) {
    let bytes = random.bits().to_be_bytes();
    push_hex(out, bytes[0]);
    for &byte in &bytes[1..6] {
        out.push(b':');
        push_hex(out, byte);
    }
}

fn push_ip_address(out: &mut Vec<u8>, random: &mut Random) {
    let bytes = random.bits().to_be_bytes();
    push_integer(out, bytes[0].into());
    for &byte in &bytes[1..4] {
        out.push(b'.');
        push_integer(out, byte.into());
    }
}

/// 24 characters: country, check digits, bank, account.
fn push_iban(out: &mut Vec<u8>, random: &mut Random) {
    push(out, "RO");
    push_padded::<2>(out, random.below(100));
    push(out, random.pick(&BANKS));
    push_padded::<16>(out, random.below(10_000_000_000_000_000));
}

/// Mbit/s from 0 to `highest`, with up to four decimals.
fn push_speed(out: &mut Vec<u8>, highest: u64, random: &mut Random) {
    match random.below(3) {
        0 => push_decimal::<2>(out, random.below(highest * 100 + 1)),
        1 => push_decimal::<3>(out, random.below(highest * 1000 + 1)),
        _ => push_decimal::<4>(out, random.below(highest * 10_000 + 1)),
    }
}
