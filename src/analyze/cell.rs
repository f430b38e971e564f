//! A value of a processed row: read from the row, written for people and as JSON.

use serde::{Serialize, Serializer};

use crate::parse::{ParsedChunk, Row};
use crate::rules::date::write_date;
use crate::rules::number::{write_double, write_int};
use crate::schema::{KnownColumn, OutputColumn};
use crate::write::RowSource;

/// A value that is not null.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00 UTC.
    Timestamp(i64),
    /// A whole number.
    Int(i64),
    /// Any number.
    Double(f64),
}

impl Cell {
    /// What a row holds in a column; `None`: null.
    pub(super) fn of(source: RowSource<'_>, column: OutputColumn, chunk: &ParsedChunk, row: &Row) -> Option<Self> {
        match column {
            OutputColumn::Known(KnownColumn::BirthDate) => row.birth_date.map(Self::Date),
            OutputColumn::Known(KnownColumn::AccessedAt) => row.accessed_at.map(Self::Timestamp),
            _ => match number_of(column, row) {
                Some(number) => number,
                None => source.text(column, chunk, row, &mut Vec::new()).map(Self::text),
            },
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let text = if let Self::Text(text) = self { text.capacity() } else { 0 };
        (size_of::<Self>() + text) as u64
    }

    pub(super) fn text(bytes: &[u8]) -> Self {
        Self::Text(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// What a row holds in a column of numbers; the outer `None`: the column holds no numbers.
#[inline]
pub(super) fn number_of(column: OutputColumn, row: &Row) -> Option<Option<Cell>> {
    Some(match column {
        OutputColumn::Known(KnownColumn::SessionDuration) => row.session_duration.map(|int| Cell::Int(int.into())),
        OutputColumn::BirthYear => row.birth_year().map(|int| Cell::Int(int.into())),
        OutputColumn::Known(KnownColumn::DownloadSpeed) => row.download_speed.map(Cell::Double),
        OutputColumn::Known(KnownColumn::UploadSpeed) => row.upload_speed.map(Cell::Double),
        OutputColumn::Known(KnownColumn::ConsumedTraffic) => row.consumed_traffic.map(Cell::Double),
        OutputColumn::TotalBandwidth => row.total_bandwidth().map(Cell::Double),
        _ => return None,
    })
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = Vec::new();
        match self {
            Self::Text(text) => return f.write_str(text),
            Self::Date(days) => write_date(*days, &mut bytes),
            Self::Timestamp(micros) => write_timestamp(*micros, &mut bytes),
            Self::Int(int) => write_int(*int, &mut bytes),
            Self::Double(double) => write_double(*double, &mut bytes),
        }
        f.write_str(&String::from_utf8_lossy(&bytes))
    }
}

/// Numbers are JSON numbers, but `NaN` and the infinities, which JSON does not know, are texts like everything else.
impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Double(double) if double.is_finite() => serializer.serialize_f64(*double),
            other => serializer.collect_str(other),
        }
    }
}

/// As Spark shows a timestamp: the fraction only if there is one, and without the zeros at its end.
fn write_timestamp(micros: i64, out: &mut Vec<u8>) {
    const MICROS_PER_DAY: i64 = 86_400_000_000;
    write_date(micros.div_euclid(MICROS_PER_DAY) as i32, out);
    let of_day = micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
    let time = format!(" {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    out.extend_from_slice(time.as_bytes());
    if fraction > 0 {
        out.extend_from_slice(format!(".{fraction:06}").trim_end_matches('0').as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_shown_as_spark_shows_them() {
        let cases = [
            (0, "1970-01-01 00:00:00"),
            (1_726_297_445_120_000, "2024-09-14 07:04:05.12"),
            (-1, "1969-12-31 23:59:59.999999"),
            (-86_400_000_000, "1969-12-31 00:00:00"),
        ];
        for (micros, expected) in cases {
            assert_eq!(Cell::Timestamp(micros).to_string(), expected);
        }
    }

    #[test]
    fn numbers_that_json_does_not_know_become_texts() {
        let cells = [Cell::Int(-7), Cell::Double(0.5), Cell::Double(f64::NAN), Cell::Double(f64::NEG_INFINITY)];
        assert_eq!(serde_json::to_string(&cells).expect("JSON"), r#"[-7,0.5,"NaN","-Infinity"]"#);
    }
}
