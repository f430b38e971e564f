//! The columns: which we know, what type each has in Parquet and Athena, and where a file keeps them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::read::header::Header;

/// A column this program knows by name, in the order of the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KnownColumn {
    PersonName,
    UserName,
    Email,
    PersonalNumber,
    BirthDate,
    Address,
    Phone,
    MacAddress,
    IpAddress,
    Iban,
    AccessedAt,
    SessionDuration,
    DownloadSpeed,
    UploadSpeed,
    ConsumedTraffic,
    UniqueId,
}

impl KnownColumn {
    /// All of them, in the order of the outputs.
    pub const ALL: [Self; 16] = [
        Self::PersonName,
        Self::UserName,
        Self::Email,
        Self::PersonalNumber,
        Self::BirthDate,
        Self::Address,
        Self::Phone,
        Self::MacAddress,
        Self::IpAddress,
        Self::Iban,
        Self::AccessedAt,
        Self::SessionDuration,
        Self::DownloadSpeed,
        Self::UploadSpeed,
        Self::ConsumedTraffic,
        Self::UniqueId,
    ];

    /// Names of the columns that this program adds behind all others.
    pub const DERIVED: [&'static str; 3] = ["total_bandwidth", "activity_level", "masked_email"];

    /// The columns no input may lack.
    pub fn required() -> impl Iterator<Item = Self> {
        let optional = |column: &Self| {
            use KnownColumn::{Address, Iban, IpAddress, MacAddress, PersonalNumber, UserName};
            matches!(column, UserName | PersonalNumber | Address | MacAddress | IpAddress | Iban)
        };
        Self::ALL.into_iter().filter(move |column| !optional(column))
    }

    /// Its name in headers, outputs and Athena.
    pub fn name(self) -> &'static str {
        match self {
            Self::PersonName => "person_name",
            Self::UserName => "user_name",
            Self::Email => "email",
            Self::PersonalNumber => "personal_number",
            Self::BirthDate => "birth_date",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::MacAddress => "mac_address",
            Self::IpAddress => "ip_address",
            Self::Iban => "iban",
            Self::AccessedAt => "accessed_at",
            Self::SessionDuration => "session_duration",
            Self::DownloadSpeed => "download_speed",
            Self::UploadSpeed => "upload_speed",
            Self::ConsumedTraffic => "consumed_traffic",
            Self::UniqueId => "unique_id",
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::BirthDate => DataType::Date32,
            Self::AccessedAt => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::SessionDuration => DataType::Int32,
            Self::DownloadSpeed | Self::UploadSpeed | Self::ConsumedTraffic => DataType::Float64,
            _ => DataType::Utf8,
        }
    }
}

/// The column that readers make of the folders `run_date=…` the outputs lie in.
pub const PARTITION: &str = "run_date";

/// Name of the column that only an analysis adds.
const BIRTH_YEAR: &str = "birth_year";

/// A column of the filtered output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputColumn {
    /// One of the known.
    Known(KnownColumn),
    /// The extra column with this index in the union of the window's headers.
    Extra(usize),
    /// `download_speed` + `upload_speed`.
    TotalBandwidth,
    /// The year of `birth_date`; only an analysis has it.
    BirthYear,
    /// `active`, `moderate` or `less_active`.
    ActivityLevel,
    /// The masked e-mail address.
    MaskedEmail,
}

/// The columns of one run's filtered output: the known ones, then the window's extra ones, then the derived.
#[derive(Clone, Debug)]
pub struct OutputColumns {
    /// Names of the extra columns, in header order.
    pub extras: Vec<String>,
    /// The derived columns.
    pub derived: &'static [OutputColumn],
}

/// A header that cannot be in one window with those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitHeader {
    /// Which header it is, from 0.
    pub header: usize,
    /// Why, without a name of a column.
    pub message: String,
}

/// The derived columns of the filtered output.
const DERIVED: &[OutputColumn] =
    &[OutputColumn::TotalBandwidth, OutputColumn::ActivityLevel, OutputColumn::MaskedEmail];

/// The derived columns of an analysis.
const DERIVED_WITH_BIRTH_YEAR: &[OutputColumn] =
    &[OutputColumn::TotalBandwidth, OutputColumn::BirthYear, OutputColumn::ActivityLevel, OutputColumn::MaskedEmail];

impl OutputColumns {
    /// The union over the headers of a window, oldest first.
    ///
    /// # Errors
    ///
    /// Says which header does not fit those before it: a name of it differs only in case from one of theirs, or there
    /// are more than `columns_max` columns with its own.
    pub fn of_window<'h>(
        headers: impl IntoIterator<Item = &'h Header>,
        columns_max: usize,
    ) -> Result<Self, UnfitHeader> {
        let mut columns: HashMap<String, &str> =
            KnownColumn::ALL.iter().map(|column| (column.name().to_owned(), column.name())).collect();
        let mut extras: Vec<String> = Vec::new();
        for (header, Header { names, .. }) in headers.into_iter().enumerate() {
            for (index, name) in names.iter().enumerate() {
                match columns.insert(name.to_lowercase(), name) {
                    None => extras.push(name.clone()),
                    Some(before) if before == name => {}
                    Some(_) => {
                        let message = format!(
                            "the name of column {} differs only in case from that of another batch's column in the window",
                            index + 1
                        );
                        return Err(UnfitHeader { header, message });
                    }
                }
            }
            let count = KnownColumn::ALL.len() + extras.len();
            if count > columns_max {
                let message =
                    format!("the window has {count} columns up to here, and COLUMNS_MAX allows {columns_max}");
                return Err(UnfitHeader { header, message });
            }
        }
        Ok(Self { extras, derived: DERIVED })
    }

    /// The same with `birth_year` among the derived columns; an extra column of that name gives way.
    pub fn with_birth_year(mut self) -> Self {
        self.extras.retain(|name| name != BIRTH_YEAR);
        Self { derived: DERIVED_WITH_BIRTH_YEAR, ..self }
    }

    /// All columns in order.
    pub fn iter(&self) -> impl Iterator<Item = OutputColumn> {
        let known = KnownColumn::ALL.into_iter().map(OutputColumn::Known);
        let extras = (0..self.extras.len()).map(OutputColumn::Extra);
        known.chain(extras).chain(self.derived.iter().copied())
    }

    /// A column's name.
    pub fn name(&self, column: OutputColumn) -> &str {
        match column {
            OutputColumn::Known(known) => known.name(),
            OutputColumn::Extra(index) => &self.extras[index],
            OutputColumn::TotalBandwidth => KnownColumn::DERIVED[0],
            OutputColumn::BirthYear => BIRTH_YEAR,
            OutputColumn::ActivityLevel => KnownColumn::DERIVED[1],
            OutputColumn::MaskedEmail => KnownColumn::DERIVED[2],
        }
    }

    /// The Arrow schema of the filtered output.
    pub fn schema(&self) -> SchemaRef {
        let field = |column| {
            let data_type = match column {
                OutputColumn::Known(known) => known.data_type(),
                OutputColumn::TotalBandwidth => DataType::Float64,
                OutputColumn::BirthYear => DataType::Int32,
                OutputColumn::Extra(_) | OutputColumn::ActivityLevel | OutputColumn::MaskedEmail => DataType::Utf8,
            };
            Field::new(self.name(column), data_type, true)
        };
        Arc::new(Schema::new(self.iter().map(field).collect::<Vec<_>>()))
    }
}

/// The Arrow schema of the grouped output.
pub fn grouped_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("person_name", DataType::Utf8, true),
        Field::new("avg_session_duration", DataType::Float64, true),
        Field::new("sum_consumed_traffic", DataType::Float64, true),
        Field::new("sessions", DataType::Int64, false),
    ]))
}

/// Where one object keeps the columns of the output.
#[derive(Clone, Debug)]
pub struct Layout {
    known: [usize; KnownColumn::ALL.len()],
    extras: Vec<usize>,
    /// The header's names, by which one in the middle of a file is recognised.
    pub names: Arc<[String]>,
    /// Columns of the header.
    pub fields: usize,
    /// Fields in each record: those of the header, and one more, empty, where all records have it.
    pub record_fields: usize,
    /// Where the first record begins in the object's plain text.
    pub header_bytes: usize,
    /// Whether the object's columns are those of the output in the same order, so that whole records can be copied.
    pub is_output_order: bool,
}

/// Stands for a column the object does not have; no record has so many fields.
const ABSENT: usize = usize::MAX;

impl Layout {
    /// The layout of an object with this header.
    pub fn new(header: &Header, columns: &OutputColumns) -> Self {
        let positions = header.positions();
        let position = |name: &str| positions.get(name).copied().unwrap_or(ABSENT);
        let known = KnownColumn::ALL.map(|column| position(column.name()));
        let extras: Vec<usize> = columns.extras.iter().map(|name| position(name)).collect();
        let fields = header.names.len();
        let is_output_order = known.iter().chain(&extras).copied().eq(0..fields);
        let record_fields = fields + usize::from(header.has_surplus_field);
        let names = Arc::clone(&header.names);
        Self { known, extras, names, fields, record_fields, header_bytes: header.bytes, is_output_order }
    }

    /// Index of the field that holds a known column; beyond every record's end when there is none.
    #[inline]
    pub fn known(&self, column: KnownColumn) -> usize {
        self.known[column as usize]
    }

    /// The same for an extra column.
    #[inline]
    pub fn extra(&self, index: usize) -> usize {
        self.extras[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header { names: names.iter().map(ToString::to_string).collect(), ..Header::default() }
    }

    fn of_window(headers: &[Header]) -> Result<OutputColumns, UnfitHeader> {
        OutputColumns::of_window(headers, 20)
    }

    #[test]
    fn headers_whose_columns_clash_or_are_too_many_together_are_refused() {
        let clash = of_window(&[header(&["Shoe"]), header(&["a"]), header(&["b", "shoe"])]).expect_err("a clash");
        assert_eq!(clash.header, 2);
        assert!(clash.message.starts_with("the name of column 2 differs only in case"), "{}", clash.message);
        let many = of_window(&[header(&["a", "b", "c"]), header(&["d", "e"])]).expect_err("21 columns");
        assert_eq!(many.header, 1);
        assert!(many.message.contains("21 columns"), "{}", many.message);
    }

    #[test]
    fn extra_columns_stand_between_the_known_and_the_derived() {
        let columns = of_window(&[header(&["shoe", "email", "b"]), header(&["a", "b", "unique_id"])]).expect("columns");
        let schema = columns.schema();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names[..2], ["person_name", "user_name"]);
        assert_eq!(names[15..], ["unique_id", "shoe", "b", "a", "total_bandwidth", "activity_level", "masked_email"]);
    }

    #[test]
    fn records_are_copied_whole_only_when_the_order_is_the_same() {
        let names = KnownColumn::ALL.map(KnownColumn::name);
        let with_extra = [&names[..], &["shoe"]].concat();
        let swapped = [&names[1..2], &names[..1], &names[2..]].concat();
        let columns = of_window(&[header(&names)]).expect("columns");
        assert!(Layout::new(&header(&names), &columns).is_output_order);
        assert!(!Layout::new(&header(&swapped), &columns).is_output_order);
        assert!(!Layout::new(&header(&names[..15]), &columns).is_output_order);
        let columns = of_window(&[header(&names), header(&with_extra)]).expect("columns");
        assert!(Layout::new(&header(&with_extra), &columns).is_output_order);
        assert!(!Layout::new(&header(&names), &columns).is_output_order, "one field is missing at the end");
    }
}
