//! What the built-in contracts and the example are read as.

use super::*;
use crate::trigger::window::BatchDate;

/// The columns of DrivenData's files, and which of them a file may lack.
const COLUMNS: [(&str, &str, bool); 16] = [
    ("person_name", "string", false),
    ("user_name", "string", true),
    ("email", "string", false),
    ("personal_number", "string", true),
    ("birth_date", "date", false),
    ("address", "string", true),
    ("phone", "string", false),
    ("mac_address", "string", true),
    ("ip_address", "string", true),
    ("iban", "string", true),
    ("accessed_at", "timestamp", false),
    ("session_duration", "int", false),
    ("download_speed", "double", false),
    ("upload_speed", "double", false),
    ("consumed_traffic", "double", false),
    ("unique_id", "string", false),
];

const EXAMPLE: &str = include_str!("../../../contracts/examples/leaddata.odcs.yaml");

fn contract(text: &str) -> Contract {
    read(text, &none()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn built_in_contract(name: &str) -> Contract {
    contract(built_in(name).expect(name))
}

#[test]
fn the_small_contract_of_the_tests_is_right() {
    assert_eq!(told(SMALL), Vec::<String>::new());
}

#[test]
fn an_unknown_name_is_no_built_in_contract() {
    assert_eq!(built_in("default"), None);
    assert!(BUILT_IN_NAMES.into_iter().all(|name| built_in(name).is_some()));
}

#[test]
fn the_built_in_contracts_have_the_columns_of_the_program() {
    for name in BUILT_IN_NAMES {
        let rows = built_in_contract(name).rows;
        let columns = rows.columns.iter();
        let columns: Vec<_> =
            columns.map(|column| (column.name.clone(), column.data_type.to_string(), column.is_optional)).collect();
        assert_eq!(columns, COLUMNS.map(|(name, of, optional)| (name.to_owned(), of.to_owned(), optional)), "{name}");
        let derived: Vec<_> =
            rows.derived.iter().map(|derived| (derived.name.as_str(), derived.value.data_type())).collect();
        let expected = [
            ("total_bandwidth", ColumnType::Double),
            ("activity_level", ColumnType::String),
            ("masked_email", ColumnType::String),
        ];
        assert_eq!(derived, expected, "{name}");
        assert!(rows.columns.iter().all(|column| column.source_name == column.name), "{name}");
        assert!(rows.columns.iter().all(|column| column.description.is_some()), "{name}");
        let index = |of: &str| COLUMNS.iter().position(|(name, ..)| *name == of).expect("a column");
        assert_eq!(rows.identity, [index("unique_id")], "{name}");
        assert_eq!(rows.duplicates, KeepDuplicate::First, "{name}");
        assert_eq!(rows.figures.rows_per_date, Some(index("accessed_at")), "{name}");
        assert_eq!(rows.figures.averages, [index("session_duration")], "{name}");
        let filters: Vec<&str> = rows.filters.iter().map(|filter| filter.name.as_str()).collect();
        assert_eq!(filters, ["date", "duration"], "{name}");
    }
}

#[test]
fn the_built_in_contracts_clean_cells_as_the_program_does() {
    for (name, is_glue) in [("drivendata", false), ("glue", true)] {
        for column in built_in_contract(name).rows.columns {
            let is_required = !is_glue && ["unique_id", "accessed_at", "session_duration"].contains(&&*column.name);
            let if_missing = match column.name.as_str() {
                "email" => IfMissing::Fill("unknown@example.com".to_owned()),
                "phone" => IfMissing::Fill("000-000-0000".to_owned()),
                _ if is_required => IfMissing::Reject,
                _ => IfMissing::Null,
            };
            let if_unreadable = if is_required { IfUnreadable::Reject } else { IfUnreadable::Null };
            let csv_text = match column.name.as_str() {
                "birth_date" | "session_duration" => CsvText::Canonical,
                _ => CsvText::Source,
            };
            assert_eq!(column.if_missing, if_missing, "{name} {}", column.name);
            assert_eq!(column.if_unreadable, if_unreadable, "{name} {}", column.name);
            assert_eq!(column.csv_text, csv_text, "{name} {}", column.name);
            assert_eq!((column.form, column.nulls), (CellForm::default(), Vec::new()), "{name} {}", column.name);
        }
    }
}

#[test]
fn the_built_in_contracts_have_the_parameters_that_settings_turn() {
    let date = |text: &str| Value::Date(text.parse::<BatchDate>().expect("a date").days_since_epoch());
    for (name, from, to, masking) in
        [("drivendata", "2024-01-01", date("2024-12-31"), "standard"), ("glue", "2024-01-02", Value::Null, "glue")]
    {
        let expected = [
            ("ACCESSED_FROM", date(from)),
            ("ACCESSED_TO", to),
            ("MIN_SESSION_DURATION", Value::Int(30)),
            ("ACTIVE_ABOVE", Value::Int(120)),
            ("MODERATE_FROM", Value::Int(30)),
            ("MASKING", Value::String(masking.to_owned())),
        ];
        let contract = built_in_contract(name);
        let parameters = contract.parameters.iter().map(|parameter| (&*parameter.variable, parameter.value.clone()));
        assert_eq!(parameters.collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn the_built_in_contracts_differ_in_the_form_of_records() {
    let drivendata = built_in_contract("drivendata");
    assert_eq!(drivendata.records, RecordRules::default());
    let glue = built_in_contract("glue");
    let expected = RecordRules {
        short_and_long: ShortAndLong::Pad,
        text_after_quote: TextAfterQuote::Keep,
        missing: MissingCells::Empty,
        dates: DateRange::Spark,
    };
    assert_eq!(glue.records, expected);
    for contract in [drivendata, glue] {
        assert_eq!(contract.extra_columns, ExtraColumns::Carry);
        assert_eq!(contract.input.dialect, Dialect::default());
        assert_eq!((contract.input.encoding, contract.input.header_line), (Encoding::Utf8, 1));
        assert_eq!((contract.input.comment, contract.input.window_days), (None, 2));
    }
}

#[test]
fn the_built_in_contracts_group_as_the_program_does() {
    for name in BUILT_IN_NAMES {
        let groups = built_in_contract(name).groups;
        assert_eq!(groups.len(), 1, "{name}");
        assert_eq!((&*groups[0].name, &groups[0].keys[..]), ("grouped", &[0][..]), "{name}");
        let columns = groups[0].columns.iter();
        let columns: Vec<_> =
            columns.map(|column| (&*column.name, column.data_type().to_string(), column.is_nullable)).collect();
        let expected = [
            ("person_name", "string", true),
            ("avg_session_duration", "double", true),
            ("sum_consumed_traffic", "double", true),
            ("sessions", "bigint", false),
        ];
        assert_eq!(columns, expected.map(|(name, of, nullable)| (name, of.to_owned(), nullable)), "{name}");
    }
}

#[test]
fn the_example_is_another_feed() {
    let Contract { input, extra_columns, parameters, rows, groups, .. } = contract(EXAMPLE);
    assert_eq!((input.dialect.delimiter, input.window_days), (b';', 7));
    assert_eq!(extra_columns, ExtraColumns::Drop);
    let hundredths = Value::Decimal { unscaled: 100_000, precision: 6, scale: 2 };
    let values: Vec<Value> = parameters.into_iter().map(|parameter| parameter.value).collect();
    assert_eq!(values, [Value::Null, Value::Int(1), Value::Int(20), hundredths]);
    let column = |name: &str| rows.columns.iter().find(|column| column.name == name).expect(name);
    assert_eq!(column("signed_up_on").form.formats, ["dd.MM.yyyy", "yyyy-MM-dd"]);
    assert_eq!(column("signed_up_on").csv_text, CsvText::Canonical);
    let amount = column("order_amount");
    assert_eq!(amount.data_type, ColumnType::Decimal { precision: 12, scale: 2 });
    assert_eq!((amount.form.decimal, &*amount.source_name), (DecimalSign::Comma, "Amount"));
    assert_eq!(amount.nulls, ["-", "n/a"]);
    assert_eq!(column("newsletter").if_missing, IfMissing::Fill("false".to_owned()));
    assert_eq!((rows.identity, rows.duplicates), (vec![0], KeepDuplicate::Last));
    let keys: Vec<(&str, &[usize])> = groups.iter().map(|group| (&*group.name, &*group.keys)).collect();
    assert_eq!(keys, [("campaigns", &[0][..]), ("days", &[0, 1])]);
}

#[test]
fn keys_stand_in_the_order_of_their_positions() {
    let text = SMALL
        .replace("required: true, primaryKey: true", "required: true, primaryKey: true, primaryKeyPosition: 2")
        .replace("{name: amount, ", "{name: amount, primaryKey: true, primaryKeyPosition: 1, ");
    assert_eq!(contract(&text).rows.identity, [2, 0]);
    let keyless = SMALL.replace("required: true, primaryKey: true", "required: true");
    assert_eq!(contract(&keyless).rows.identity, Vec::<usize>::new());
}

#[test]
fn a_parameter_has_the_type_that_its_form_says() {
    let date = |text: &str| Value::Date(text.parse::<BatchDate>().expect("a date").days_since_epoch());
    for (written, value) in [
        ("30", Value::Int(30)),
        ("-30", Value::Int(-30)),
        ("3000000000", Value::BigInt(3_000_000_000)),
        ("1.5", Value::Decimal { unscaled: 15, precision: 2, scale: 1 }),
        ("-0.05", Value::Decimal { unscaled: -5, precision: 2, scale: 2 }),
        ("1e0", Value::Double(1.0)),
        ("2024-02-29", date("2024-02-29")),
        ("true", Value::Boolean(true)),
        ("open", Value::Null),
        ("null", Value::Null),
        ("~", Value::Null),
        ("glue", Value::String("glue".to_owned())),
        ("'30'", Value::String("30".to_owned())),
        ("'open'", Value::String("open".to_owned())),
        ("'2024-02-29'", Value::String("2024-02-29".to_owned())),
        ("2024-2-29", Value::String("2024-2-29".to_owned())),
    ] {
        let text = SMALL.replace("least: 30", &format!("least: 30, other: {written}"));
        assert_eq!(contract(&text).parameters[1].value, value, "{written}");
        assert_eq!(contract(&text).parameters[1].variable, "PARAM_OTHER");
    }
}

#[test]
fn cells_of_declared_forms_are_canonical_in_csv_unless_the_contract_says_otherwise() {
    for (property, csv_text) in [
        (
            "{name: amount, logicalType: number, customProperties: [{property: decimal, value: ','}]}",
            CsvText::Canonical,
        ),
        ("{name: amount, logicalType: number, customProperties: [{property: decimal, value: '.'}]}", CsvText::Source),
        ("{name: amount, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}", CsvText::Canonical),
        (
            "{name: amount, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}, customProperties: \
             [{property: csvText, value: source}]}",
            CsvText::Source,
        ),
    ] {
        let text = SMALL.replace("{name: amount, logicalType: number}", property);
        assert_eq!(contract(&text).rows.columns[2].csv_text, csv_text, "{property}");
    }
}
