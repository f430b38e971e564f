//! The kinds of servers that ODCS v3.1.0 knows, and what must and may stand in each.

use super::super::yaml::Node;
use super::shape::{Field, Object, Shape, field, needed, object};
use super::standard::{CUSTOM, ROLE};

/// An entry of `servers`.
pub(super) static SERVER: Object = Object {
    more: fields_of,
    ..object(
        "a server",
        &[
            field("id", Shape::Id),
            needed("server", Shape::Text),
            needed("type", Shape::OneOf(TYPES)),
            field("description", Shape::Text),
            field("environment", Shape::Text),
            field("roles", Shape::List(&Shape::Object(&ROLE))),
            field("customProperties", CUSTOM),
        ],
    )
};

const TYPES: &[&str] = &[
    "api",
    "athena",
    "azure",
    "bigquery",
    "clickhouse",
    "cloudsql",
    "custom",
    "databricks",
    "db2",
    "denodo",
    "dremio",
    "duckdb",
    "glue",
    "hive",
    "impala",
    "informix",
    "kafka",
    "kinesis",
    "local",
    "mysql",
    "oracle",
    "postgres",
    "postgresql",
    "presto",
    "pubsub",
    "redshift",
    "s3",
    "sftp",
    "snowflake",
    "sqlserver",
    "synapse",
    "trino",
    "vertica",
    "zen",
];

fn fields_of(server: &Node) -> &'static [Field] {
    let kind = server.get("type").and_then(Node::scalar).map_or("", |scalar| &scalar.text);
    match kind {
        "api" => const { &[must("location")] },
        "athena" => const { &[must("stagingDir"), must("schema"), may("catalog"), may("regionName")] },
        "azure" => const { &[must("location"), must("format"), may("delimiter")] },
        "bigquery" => const { &[must("project"), must("dataset")] },
        "clickhouse" | "mysql" | "synapse" => {
            const { &[must("host"), must("database"), needed("port", Shape::Integer)] }
        }
        "cloudsql" | "postgres" | "postgresql" | "vertica" => {
            const { &[must("host"), must("database"), must("schema"), needed("port", Shape::Integer)] }
        }
        "databricks" => const { &[must("catalog"), must("schema"), may("host")] },
        "db2" => const { &[must("host"), must("database"), may("schema"), needed("port", Shape::Integer)] },
        "denodo" => const { &[must("host"), may("database"), needed("port", Shape::Integer)] },
        "dremio" => const { &[must("host"), may("schema"), needed("port", Shape::Integer)] },
        "duckdb" => const { &[must("database"), may("schema")] },
        "glue" => const { &[must("account"), must("database"), may("location"), may("format")] },
        "hive" | "impala" | "informix" | "zen" => const { &[must("host"), must("database"), PORT] },
        "kafka" => const { &[must("host"), may("format")] },
        "kinesis" => const { &[may("region"), may("format")] },
        "local" => const { &[must("path"), must("format")] },
        "oracle" => const { &[must("host"), must("serviceName"), needed("port", Shape::Integer)] },
        "presto" => const { &[must("host"), may("catalog"), may("schema")] },
        "pubsub" => const { &[must("project")] },
        "redshift" => const { &[must("database"), must("schema"), may("host"), may("region"), may("account")] },
        "s3" => const { &[must("location"), may("endpointUrl"), may("format"), may("delimiter")] },
        "sftp" => const { &[must("location"), may("format"), may("delimiter")] },
        "snowflake" => {
            const { &[must("account"), must("database"), must("schema"), may("host"), may("warehouse"), PORT] }
        }
        "sqlserver" => const { &[must("host"), must("database"), must("schema"), PORT] },
        "trino" => const { &[must("host"), must("catalog"), must("schema"), needed("port", Shape::Integer)] },
        // Of `custom`; a kind that there is not is told by its own mistake, and nothing of it is known.
        _ => {
            const {
                &[
                    may("account"),
                    may("catalog"),
                    may("database"),
                    may("dataset"),
                    may("delimiter"),
                    may("endpointUrl"),
                    may("format"),
                    may("host"),
                    may("location"),
                    may("path"),
                    PORT,
                    may("project"),
                    may("region"),
                    may("regionName"),
                    may("schema"),
                    may("serviceName"),
                    may("stagingDir"),
                    may("warehouse"),
                    may("stream"),
                ]
            }
        }
    }
}

const PORT: Field = field("port", Shape::Integer);

const fn must(key: &'static str) -> Field {
    needed(key, Shape::Text)
}

const fn may(key: &'static str) -> Field {
    field(key, Shape::Text)
}
