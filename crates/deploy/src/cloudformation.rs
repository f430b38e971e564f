//! The tables for Athena as resources of CloudFormation.

use super::athena::{self, AthenaColumn, AthenaTable, RUN_DATES};
use super::yaml::{quoted, scalar};
use super::{Feed, Places};
use drivendata_transform::error::Result;
use drivendata_transform::sinks::format::ReadBy;

/// The tables, below `Resources`. They refer to a parameter `BucketName`, unless a bucket is given, and to a resource
/// `Database`.
///
/// # Errors
///
/// Two tables would have the same name.
pub fn tables(feed: &Feed<'_>, places: &Places) -> Result<String> {
    let bucket = places.bucket.as_deref().unwrap_or("${BucketName}");
    let tables = athena::tables(feed.contract)?;
    let resources: Vec<String> = tables.iter().map(|table| resource(table, bucket, &feed.output_prefix)).collect();
    Ok(resources.join("\n"))
}

fn resource(table: &AthenaTable, bucket: &str, output_prefix: &str) -> String {
    let AthenaTable { name, description, files, folder, columns } = table;
    let (resource, classification) = (table.resource(), files.classification());
    let (description, location) = (quoted(description), format!("s3://{bucket}/{output_prefix}{folder}"));
    let skip_header = match files {
        ReadBy::Name => "",
        ReadBy::Position => "          skip.header.line.count: \"1\"\n",
    };
    let reader = reader(*files);
    let columns: String = columns.iter().map(column).collect();
    format!(
        "  {resource}:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableInput:
        Name: {name}
        Description: {description}
        TableType: EXTERNAL_TABLE
        PartitionKeys:
          - {{ Name: run_date, Type: date }}
        Parameters:
          EXTERNAL: \"TRUE\"
          classification: {classification}
{skip_header}          projection.enabled: \"true\"
          projection.run_date.type: date
          projection.run_date.format: yyyy-MM-dd
          projection.run_date.range: {RUN_DATES}
          storage.location.template: !Sub {location}run_date=${{!run_date}}/
        StorageDescriptor:
          Location: !Sub {location}
{reader}          Columns:
{columns}"
    )
}

fn reader(files: ReadBy) -> &'static str {
    match files {
        ReadBy::Name => {
            "          InputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat
          SerdeInfo:
            SerializationLibrary: org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe
"
        }
        ReadBy::Position => {
            "          InputFormat: org.apache.hadoop.mapred.TextInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat
          SerdeInfo:
            SerializationLibrary: org.apache.hadoop.hive.serde2.OpenCSVSerde
            Parameters: { separatorChar: \",\", quoteChar: '\"', escapeChar: \"\\\\\" }
"
        }
    }
}

fn column(column: &AthenaColumn) -> String {
    let AthenaColumn { name, data_type, comment } = column;
    let comment = comment.as_deref().map(|comment| format!(", Comment: {}", quoted(comment))).unwrap_or_default();
    format!("            - {{ Name: {}, Type: {}{comment} }}\n", scalar(name), scalar(data_type))
}
