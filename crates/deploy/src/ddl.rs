//! The tables for Athena as its own statements.

use drivendata_transform::error::Result;
use drivendata_transform::sinks::format::ReadBy;

use super::Feed;
use super::athena::{self, AthenaColumn, AthenaTable, RUN_DATES};

/// A statement for each table, with `;` after it.
///
/// # Errors
///
/// Two tables would have the same name.
pub fn tables(feed: &Feed<'_>) -> Result<String> {
    let tables = athena::tables(feed.contract)?;
    let statements: Vec<String> = tables.iter().map(|table| statement(table, feed)).collect();
    Ok(statements.join("\n"))
}

fn statement(table: &AthenaTable, feed: &Feed<'_>) -> String {
    let AthenaTable { name, description, files, folder, columns } = table;
    let (database, description) = (&feed.database, text(description));
    let columns: Vec<String> = columns.iter().map(column).collect();
    let columns = columns.join(",\n");
    let location = format!("s3://{}/{}{folder}", feed.bucket, feed.output_prefix);
    let (reader, skip_header) = match files {
        ReadBy::Name => ("STORED AS PARQUET", ""),
        ReadBy::Position => (
            "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '\"', 'escapeChar' = '\\\\')
STORED AS TEXTFILE",
            "\n  'skip.header.line.count' = '1',",
        ),
    };
    format!(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`{name}` (
{columns}
)
COMMENT {description}
PARTITIONED BY (`run_date` date)
{reader}
LOCATION '{location}'
TBLPROPERTIES (
  'classification' = '{classification}',{skip_header}
  'projection.enabled' = 'true',
  'projection.run_date.type' = 'date',
  'projection.run_date.format' = 'yyyy-MM-dd',
  'projection.run_date.range' = '{RUN_DATES}',
  'storage.location.template' = '{location}run_date=${{run_date}}/'
);
",
        classification = files.classification(),
    )
}

fn column(column: &AthenaColumn) -> String {
    let AthenaColumn { name, data_type, comment } = column;
    let comment = comment.as_deref().map(|comment| format!(" COMMENT {}", text(comment))).unwrap_or_default();
    format!("  `{}` {data_type}{comment}", name.replace('`', "``"))
}

/// A text between quotes, as Hive takes it.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
