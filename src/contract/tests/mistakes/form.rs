//! The form of the standard's keys and values.

use super::Case;

pub(super) const CASES: &[Case] = &[
    ("apiVersion: v3.1.0", "apiVersion: v3.0.2", &["1:13: `apiVersion` must be `v3.1.0`, and it is the text `v3.0.2`"]),
    ("kind: DataContract\n", "", &["1:1: the contract needs the key `kind`"]),
    (
        "version: 1.0.0",
        "version: 1.0",
        &[r#"4:10: `version` must be a text, which needs quotes here: "1.0", and it is the number `1.0`"#],
    ),
    ("status: active", "status:", &["5:1: `status` must be a text, and it is nothing"]),
    ("status: active", "status: active\nstaus: old", &["6:1: the contract has no key `staus`; did you mean `status`?"]),
    (
        "status: active",
        "status: active\nwholly: other",
        &[
            "6:1: the contract has no key `wholly`; there are apiVersion, kind, id, name, version, status, tenant, domain, dataProduct, description, tags, authoritativeDefinitions, contractCreatedTs, servers, schema, support, price, team, roles, slaDefaultElement, slaProperties, customProperties",
        ],
    ),
    ("status: active", "status: active\nstatus: draft", &["6:1: the key `status` is in line 5, too; keep one"]),
    ("status: active", "status: active\ntags: loud", &["6:7: `tags` must be a list, and it is the text `loud`"]),
    (
        "status: active",
        "status: active\nservers: [{server: a, type: s3}]",
        &["6:11: a server needs the key `location`"],
    ),
    (
        "status: active",
        "status: active\nservers: [{server: a, type: s4, location: x}]",
        &[
            "6:29: `type` must be one of `api`, `athena`, `azure`, `bigquery`, `clickhouse`, `cloudsql`, `custom`, `databricks`, `db2`, `denodo`, `dremio`, `duckdb`, `glue`, `hive`, `impala`, `informix`, `kafka`, `kinesis`, `local`, `mysql`, `oracle`, `postgres`, `postgresql`, `presto`, `pubsub`, `redshift`, `s3`, `sftp`, `snowflake`, `sqlserver`, `synapse`, `trino`, `vertica`, `zen`, and it is the text `s4`",
        ],
    ),
    (
        "status: active",
        "status: active\nprice: {priceAmount: much}",
        &["6:22: `priceAmount` must be a number, and it is the text `much`"],
    ),
    (
        "status: active",
        "status: active\nteam: {members: [{name: Ana}]}",
        &["6:18: a member of the team needs the key `username`"],
    ),
    (
        "status: active",
        "status: active\nslaProperties: [{property: latency, value: [1]}]",
        &["6:44: `value` must be a single value, and it is a list"],
    ),
    ("schema:\n", "schema:\n  - rows\n", &["10:5: each item of `schema` must be a mapping, and it is the text `rows`"]),
    (
        "- {name: born, logicalType: date}",
        "- {name: born, logicalType: date, requird: true}",
        &["15:41: a property has no key `requird`; did you mean `required`?"],
    ),
    (
        "- {name: born, logicalType: date}",
        "- {name: born, logicalType: date, required: 'true'}",
        &["15:51: `required` must be `true` or `false`, and it is the text `true`"],
    ),
    (
        "- {name: born, logicalType: date}",
        "- {name: born, logicalType: time}",
        &[
            "15:35: `logicalType` must be one of `string`, `integer`, `number`, `boolean`, `date`, `timestamp`, and it is the text `time`",
        ],
    ),
    (
        "- {name: born, logicalType: date}",
        "- {name: born, logicalType: date, logicalTypeOptions: {pattern: x}}",
        &[
            "15:62: `logicalTypeOptions` of a date has no key `pattern`; there are format, minimum, maximum, exclusiveMinimum, exclusiveMaximum",
        ],
    ),
    (
        "- {name: born, logicalType: date}",
        "- {name: born, logicalType: date, quality: [{metric: rows, mustBe: 1}]}",
        &[
            "15:60: `metric` must be one of `nullValues`, `missingValues`, `invalidValues`, `duplicateValues`, `rowCount`, and it is the text `rows`",
        ],
    ),
    (
        "- {name: born, logicalType: date}",
        "- {logicalType: date}",
        &[
            "15:9: a property needs the key `name`",
            "21:16: the rows have no column `born`, so this key needs a `transformLogic`; there are id, length, amount, twice",
        ],
    ),
];
