//! Columns of the files, and derived ones.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        "{name: amount,",
        "{name: Length,",
        &["14:16: a column `Length` is in line 13, too; Athena and Spark take names that differ only in case for one"],
    ),
    (
        "{name: amount,",
        "{name: run_date,",
        &["14:16: a column cannot be called `run_date`, which is the name of the outputs' partition"],
    ),
    ("{name: amount,", "{name: 'a:b',", &["14:16: the column `a:b` holds ':', which Hive and Athena do not allow"]),
    (
        "{name: amount,",
        "{name: 'amount ',",
        &["14:16: the column `amount ` must have a name without white space around it"],
    ),
    (
        "{name: amount,",
        "{name: amount, physicalName: length,",
        &["14:38: the column `length` of the file is read in line 13, too"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount}",
        &["14:9: the column `amount` needs a logicalType: string, integer, number, boolean, date or timestamp"],
    ),
    (
        "{name: amount,",
        "{name: amount, physicalType: float,",
        &[
            "14:38: unknown physicalType `float`; there are string, int, bigint, double, decimal(p,s), boolean, date and timestamp",
        ],
    ),
    (
        "{name: amount,",
        "{name: amount, physicalType: int,",
        &["14:38: physicalType `int` belongs to logicalType `integer`, and the property says `number`"],
    ),
    (
        "{name: amount,",
        "{name: amount, physicalType: 'decimal(39,2)',",
        &["14:38: `decimal(39,2)` must have 1 to 38 digits, and at most as many after the point"],
    ),
    (
        "{name: amount,",
        "{name: amount, physicalType: 'decimal(5,6)',",
        &["14:38: `decimal(5,6)` must have 1 to 38 digits, and at most as many after the point"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, customProperties: [{property: fill, value: none}]}",
        &["14:88: the fill `none` cannot be read as double"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, required: true, customProperties: [{property: fill, value: 0}]}",
        &["14:104: `required` rejects the row of a missing cell, and `fill` replaces the cell; keep one of them"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, required: true, customProperties: [{property: optional, value: true}]}",
        &["14:55: a column that is `optional` cannot be `required`: without it no row would be left"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, required: true, customProperties: [{property: onUnreadable, value: 'null'}]}",
        &[
            "14:112: `required` rejects a cell that cannot be read, and `onUnreadable: null` keeps its row; keep one of them",
        ],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: string, customProperties: [{property: onUnreadable, value: reject}]}",
        &["14:96: `onUnreadable` is for other types than string: any text is one"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: string, customProperties: [{property: decimal, value: ','}]}",
        &["14:91: `decimal` is for columns of numbers (double, decimal), and the column is string"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, customProperties: [{property: formats, value: [dd.MM.yyyy]}]}",
        &["14:91: `formats` are for dates and timestamps, and the column is double"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: date, customProperties: [{property: formats, value: [dd.MM, dd.MM.yyyy, dd.MM.yyyy]}]}",
        &[
            "14:90: the format `dd.MM` cannot be used: there is no year (yyyy)",
            "14:109: the format `dd.MM.yyyy` is there twice",
        ],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}, customProperties: [{property: fill, value: 2024-01-01}]}",
        &["14:128: the fill `2024-01-01` cannot be read as date in one of its formats"],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, customProperties: [{property: optionel, value: true}]}",
        &[
            "14:75: unknown custom property `optionel`; did you mean `optional`? There are fill, optional, onUnreadable, csvText, formats, decimal, nulls, privacy",
        ],
    ),
    (
        "{name: amount, logicalType: number}",
        "{name: amount, logicalType: number, customProperties: [{property: nulls, value: ['-', '-']}]}",
        &["14:95: `-` is in `nulls` twice"],
    ),
    (
        "transformLogic: length * 2}",
        "transformLogic: lenght * 2}",
        &["16:80: there is no column lenght here; did you mean length?"],
    ),
    (
        "transformLogic: length * 2}",
        "transformLogic: twice * 2}",
        &[
            "16:80: `twice` is derived here or further down; a derived column uses columns of the file and derived ones before it",
        ],
    ),
    (
        "transformLogic: length * 2}",
        "transformLogic: length * later}\n      - {name: later, transformLogic: length + 1}",
        &[
            "16:89: `later` is derived here or further down; a derived column uses columns of the file and derived ones before it",
        ],
    ),
    (
        "transformLogic: length * 2}",
        "transformLogic: length * 2}\n      - {name: last, logicalType: string}",
        &[
            "17:9: the column `last` of the file stands after the derived column `twice`, but derived columns are published last; move it before them",
        ],
    ),
    (
        "transformLogic: length * 2}",
        "transformLogic: length * 2, required: true, primaryKey: true, customProperties: [{property: fill, value: 1}]}",
        &[
            "16:102: a derived column cannot be `required`; require the columns it is derived from",
            "16:120: a derived column cannot be a part of the key, which is read before it is derived",
            "16:156: `fill` belongs to a column of the files, and this is a derived column",
        ],
    ),
    (
        "physicalType: int, transformLogic",
        "transformLogic",
        &[
            "16:61: the expression is int, and the column is declared bigint; declare logicalType `integer` with physicalType `int`, or write CAST(… AS bigint)",
        ],
    ),
    (
        "transformLogic: length * 2}",
        r#"transformLogic: "length *\n  lenght * \x32"}"#,
        &["16:93: there is no column lenght here; did you mean length?"],
    ),
    (
        "transformLogic: length * 2}",
        "transformLogic: 'length + LENGTH(''it''''s'') + :most'}",
        &["16:112: there is no parameter most; the parameters are least, since"],
    ),
    (
        "{name: twice, logicalType: integer, physicalType: int, transformLogic: length * 2}",
        "name: twice\n        transformLogic: >-\n          length\n          + lenght",
        &["19:13: there is no column lenght here; did you mean length?"],
    ),
    (
        "{name: twice, logicalType: integer, physicalType: int, transformLogic: length * 2}",
        "name: twice\n        transformLogic: |\n          length\n            + lenght",
        &["19:15: there is no column lenght here; did you mean length?"],
    ),
];
