//! Our words in the custom properties of the contract.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        "- {property: input, value: {objects: \"day_{date}*.csv\"}}\n",
        "",
        &["1:1: the contract needs the custom property `input` with `objects`, such as batch_{date}*.csv"],
    ),
    (
        "day_{date}*.csv",
        "day.csv",
        &[
            "7:40: `objects` cannot be `day.csv`: the date is not complete: write {date}, {yyyyMMdd}, or {yyyy}, {MM} and {dd}",
        ],
    ),
    (
        r#"*.csv"}}"#,
        r#"*.csv", delimeter: ";"}}"#,
        &["7:59: `input` has no key `delimeter`; did you mean `delimiter`?"],
    ),
    (
        r#"*.csv"}}"#,
        r#"*.csv", delimiter: ";;"}}"#,
        &[
            r#"7:70: `delimiter` must be one ASCII character that is no letter, digit or line end, such as ";" or "\t", and it is `;;`"#,
        ],
    ),
    (r#"*.csv"}}"#, r#"*.csv", delimiter: '"'}}"#, &["7:70: `delimiter` and `quote` must be two different characters"]),
    (
        r#"*.csv"}}"#,
        r#"*.csv", encoding: utf8}}"#,
        &[
            "7:69: `encoding` must be one of `utf-8`, `utf-16`, `windows-1250`, `windows-1252`, `iso-8859-1`, `iso-8859-2` (did you mean `utf-8`?), and it is the text `utf8`",
        ],
    ),
    (
        r#"*.csv"}}"#,
        r#"*.csv", headerLine: 0, windowDays: 367}}"#,
        &["7:71: `headerLine` must be 1 to 1000, and it is 0", "7:86: `windowDays` must be 1 to 366, and it is 367"],
    ),
    (r#"*.csv"}}"#, r#"*.csv", comment: ''}}"#, &["7:68: `comment` must be a text in one line, such as \"#\""]),
    (r#"*.csv"}}"#, r#"*.csv", comment: "a\nb"}}"#, &["7:68: `comment` must be a text in one line, such as \"#\""]),
    (
        "{property: parameters, ",
        "{property: paramters, ",
        &[
            "8:16: unknown custom property `paramters`; did you mean `parameters`? There are input, parameters, checks, records, extraColumns",
        ],
    ),
    (
        "{property: parameters, ",
        "{property: filters, value: []}\n  - {property: parameters, ",
        &["8:16: `filters` belongs to the custom properties of a schema"],
    ),
    (
        "{property: parameters, ",
        "{property: input, value: {objects: \"x_{date}.csv\"}}\n  - {property: parameters, ",
        &["8:16: the custom property `input` is in line 7, too; keep one"],
    ),
    (
        "{property: parameters, ",
        "{property: records, value: {missing: nothing, dates: [spark]}}\n  - {property: parameters, ",
        &[
            "8:42: `missing` must be one of `blank`, `empty`, and it is the text `nothing`",
            "8:58: `dates` must be one of `calendar`, `spark`, and it is a list",
        ],
    ),
    (
        "{property: parameters, ",
        "{property: extraColumns, value: kept}\n  - {property: parameters, ",
        &["8:37: `extraColumns` must be one of `carry`, `drop`, `reject`, and it is the text `kept`"],
    ),
    (
        "least: 30",
        "least: 30, Least: 1",
        &["8:47: a parameter cannot be called `Least`; a small letter is expected, then small letters, digits and _"],
    ),
    ("least: 30", "least: 30, lake: 1", &["8:47: a parameter cannot be called `lake`, because LAKE is a setting"]),
    (
        "least: 30",
        "least: 30, window_days: 1",
        &["8:47: a parameter cannot be called `window_days`, because WINDOW_DAYS is a setting"],
    ),
    ("least: 30", "least: 30, other: [1]", &["8:54: `other` must be a single value, and it is a list"]),
    (
        "least: 30",
        "least: 30, other: 2024-02-30",
        &["8:54: `other` cannot be `2024-02-30`: the calendar has no such date"],
    ),
    (
        "least: 30",
        "least: 30, other: 99999999999999999999",
        &["8:54: `other` cannot be `99999999999999999999`: whole numbers have at most 64 bits"],
    ),
    ("least: 30", "least: 30, other: .inf", &["8:54: `other` cannot be `.inf`: a finite number is expected"]),
];
