//! Variables that replace the values of parameters.

use super::*;

/// The value of the parameter `least`, written so in the contract and overridden so, or the mistake.
fn overridden(of_contract: &str, variable: &str) -> Result<Value, String> {
    let text = SMALL.replace("least: 30", &format!("other: {of_contract}, least: 30"));
    let overrides = BTreeMap::from([("PARAM_OTHER".to_owned(), variable.to_owned())]);
    match read(&text, &overrides) {
        Ok(contract) => Ok(contract.parameters[0].value.clone()),
        Err(mistakes) => {
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert_eq!((mistakes[0].line, mistakes[0].column), (0, 0));
            Err(mistakes[0].to_string())
        }
    }
}

#[test]
fn a_variable_replaces_a_value_of_its_type() {
    for (of_contract, variable, value) in [
        ("30", "40", Value::Int(40)),
        ("30", " 40 ", Value::Int(40)),
        ("30", "3000000000", Value::BigInt(3_000_000_000)),
        ("30", "0.5", Value::Decimal { unscaled: 5, precision: 1, scale: 1 }),
        ("0.5", "2", Value::Int(2)),
        ("1e0", "2.5", Value::Double(2.5)),
        ("30", "open", Value::Null),
        ("open", "2024-01-31", Value::Date(19_753)),
        ("2024-01-01", "2024-01-31", Value::Date(19_753)),
        ("standard", "glue", Value::String("glue".to_owned())),
        ("standard", "30", Value::String("30".to_owned())),
        ("true", "false", Value::Boolean(false)),
        ("30", "", Value::Int(30)),
        ("30", "  ", Value::Int(30)),
    ] {
        assert_eq!(overridden(of_contract, variable), Ok(value), "{of_contract} {variable:?}");
    }
}

#[test]
fn a_variable_of_another_type_is_a_mistake_that_names_it() {
    for (of_contract, variable, mistake) in [
        ("30", "many", "variable PARAM_OTHER cannot be `many`; a number or `open` is expected, as in the contract"),
        ("30", "1e0", "variable PARAM_OTHER cannot be `1e0`; a number or `open` is expected, as in the contract"),
        ("1e0", "true", "variable PARAM_OTHER cannot be `true`; a number or `open` is expected, as in the contract"),
        ("true", "1", "variable PARAM_OTHER cannot be `1`; true or false or `open` is expected, as in the contract"),
        (
            "2024-01-01",
            "31.01.2024",
            "variable PARAM_OTHER cannot be `31.01.2024`; a date as YYYY-MM-DD or `open` is expected, as in the contract",
        ),
        ("2024-01-01", "2024-02-30", "variable PARAM_OTHER cannot be `2024-02-30`; the calendar has no such date"),
        (
            "30",
            "99999999999999999999",
            "variable PARAM_OTHER cannot be `99999999999999999999`; whole numbers have at most 64 bits",
        ),
    ] {
        assert_eq!(overridden(of_contract, variable), Err(mistake.to_owned()), "{of_contract} {variable:?}");
    }
}

#[test]
fn a_variable_without_a_parameter_is_a_mistake() {
    let text = built_in("drivendata").expect("a contract");
    for (variable, mistake) in [
        (
            "PARAM_LEAST",
            "variable PARAM_LEAST overrides no parameter of the contract; there are ACCESSED_FROM, ACCESSED_TO, MIN_SESSION_DURATION, ACTIVE_ABOVE, MODERATE_FROM, MASKING",
        ),
        (
            "PARAM_MASKING",
            "variable PARAM_MASKING overrides no parameter of the contract; there are ACCESSED_FROM, ACCESSED_TO, MIN_SESSION_DURATION, ACTIVE_ABOVE, MODERATE_FROM, MASKING",
        ),
        ("ACCESSED_T0", "variable ACCESSED_T0 overrides no parameter of the contract; did you mean ACCESSED_TO?"),
    ] {
        let overrides = BTreeMap::from([(variable.to_owned(), "1".to_owned())]);
        let mistakes = read(text, &overrides).expect_err(variable);
        assert_eq!(mistakes, [Mistake { line: 0, column: 0, message: mistake.to_owned() }]);
    }
}

#[test]
fn expressions_are_typed_with_what_the_variables_say() {
    let text = SMALL.replace("transformLogic: length * 2", "transformLogic: 'length * :least'");
    assert_eq!(told(&text), Vec::<String>::new());
    let overrides = BTreeMap::from([("PARAM_LEAST".to_owned(), "3000000000".to_owned())]);
    let mistakes = read(&text, &overrides).expect_err("bigint");
    assert!(
        mistakes[0].message.starts_with("the expression is bigint, and the column is declared int"),
        "{mistakes:?}"
    );
}
