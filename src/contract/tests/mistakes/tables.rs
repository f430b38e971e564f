//! Tables, keys, filters, figures and groups.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        "customProperties: [{property: from, value: rows}]",
        "tags: []",
        &[
            "19:5: a table of rows is in line 10, too; a table of groups says with the custom property `from` what it is made of",
        ],
    ),
    (
        "customProperties: [{property: from, value: rows}]",
        "customProperties: [{property: from, value: raws}]",
        &["23:48: groups are made of the table of rows, `rows`, and not of `raws`"],
    ),
    (
        "    customProperties:\n      - {property: filters,",
        "    customProperties:\n      - {property: from, value: groups}\n      - {property: filters,",
        &["1:1: `schema` needs a table of rows: a schema without the custom property `from`"],
    ),
    (
        "- name: groups",
        "- name: rejected",
        &["19:11: a table cannot be called `rejected`, because the program keeps its own things there"],
    ),
    ("- name: groups", "- name: rows", &["19:11: a table `rows` is in line 10, too"]),
    (
        "- name: groups",
        "- name: Groups",
        &["19:11: a table cannot be called `Groups`; a small letter is expected, then small letters, digits and _"],
    ),
    (
        "customProperties: [{property: from, value: rows}]",
        "customProperties: [{property: from, value: rows}, {property: duplicates, value: {keep: last}}]",
        &["23:66: `duplicates` belongs to the table of rows, and this is a table of groups"],
    ),
    (
        "required: true, primaryKey: true",
        "primaryKey: true, customProperties: [{property: optional, value: true}]",
        &["12:106: a column of the key cannot be `optional`"],
    ),
    (
        "{name: amount,",
        "{name: amount, primaryKey: true,",
        &[
            "12:9: the key has 2 columns, so `id` needs its `primaryKeyPosition`",
            "14:9: the key has 2 columns, so `amount` needs its `primaryKeyPosition`",
        ],
    ),
    (
        "{name: amount,",
        "{name: amount, primaryKeyPosition: 2,",
        &["14:44: `primaryKeyPosition` needs `primaryKey: true`"],
    ),
    (
        "required: true, primaryKey: true",
        "required: true, primaryKey: true, primaryKeyPosition: 0",
        &["12:95: `primaryKeyPosition` counts from 1, and it is 0"],
    ),
    (
        "- {name: length, logicalType: integer,",
        "- {name: length, primaryKey: true, primaryKeyPosition: 1, logicalType: integer,",
        &["12:9: the key has 2 columns, so `id` needs its `primaryKeyPosition`"],
    ),
    (
        r#"keep: "length > :least""#,
        r#"keep: "length + :least""#,
        &["18:56: a filter keeps rows where its condition is true, and this is int"],
    ),
    (
        "name: long, keep",
        "name: Long, keep",
        &["18:44: a filter cannot be called `Long`; a small letter is expected, then small letters, digits and _"],
    ),
    (
        r#"name: long, keep: "length > :least"}"#,
        r#"name: long, keep: "length > 1"}, {name: long, keep: "length > 2"}"#,
        &["18:78: a filter `long` is in line 18, too"],
    ),
    (
        "name: long, keep",
        "named: long, keep",
        &["18:37: a filter needs the key `name`", "18:38: a filter has no key `named`; did you mean `name`?"],
    ),
    (
        "      - {property: filters,",
        "      - {property: figures, value: {rowsPerDate: length, averages: [amont, twice, id]}}\n      - {property: filters,",
        &[
            "18:50: a column of dates or timestamps is expected, and `length` is int",
            "18:69: the files have no column `amont`; did you mean `amount`?",
            "18:76: the files have no column `twice`; there are id, length, amount, born",
            "18:83: a column of numbers is expected, and `id` is string",
        ],
    ),
    (
        "{name: born, logicalType: date, primaryKey: true}",
        "{name: bron, logicalType: date, primaryKey: true}",
        &["21:16: the rows have no column `bron`, so this key needs a `transformLogic`; did you mean `born`?"],
    ),
    (
        "{name: born, logicalType: date, primaryKey: true}",
        "{name: born, logicalType: timestamp, primaryKey: true}",
        &[
            "21:16: the expression is date, and the column is declared timestamp; declare logicalType `date` with physicalType `date`, or write CAST(… AS timestamp)",
        ],
    ),
    (
        "{name: born, logicalType: date, primaryKey: true}",
        "{name: born, logicalType: date, primaryKey: true, required: true}",
        &["21:69: this key can be null, unless it is a column that is `required` in the table of rows"],
    ),
    (
        "{name: born, logicalType: date, primaryKey: true}",
        "{name: born, logicalType: date}",
        &[
            "19:5: a table of groups needs a key: at least one property with `primaryKey: true`",
            "21:9: the column `born` needs `primaryKey: true`, or a `transformLogic` with AVG, SUM, COUNT, MIN or MAX",
        ],
    ),
    (
        "transformLogic: COUNT(*)}",
        "transformLogic: length}",
        &["22:60: a column of a table of groups is one of AVG(x), SUM(x), COUNT(x), COUNT(*), MIN(x), MAX(x)"],
    ),
    (
        "transformLogic: COUNT(*)}",
        "transformLogic: COUNT(*)}\n      - {name: mean, required: true, transformLogic: AVG(length)}",
        &["23:32: of the aggregates only COUNT is never null; take `required` away"],
    ),
    (
        "{name: rows, logicalType: integer,",
        "{name: rows, logicalType: number,",
        &[
            "22:59: the expression is bigint, and the column is declared double; declare logicalType `integer` with physicalType `bigint`, or write CAST(… AS double)",
        ],
    ),
];
