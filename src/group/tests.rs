//! Groups of DrivenData's table, and of one with more aggregates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Date32Array, Decimal128Array, Int32Array, RecordBatch, StringArray};

use super::*;
use crate::contract;

/// Index of a column of DrivenData's files.
fn index(name: &str) -> usize {
    contract::drivendata().rows.columns.iter().position(|column| column.name == name).expect("a column")
}

/// A row: name, duration, traffic.
type Row<'r> = (Option<&'r str>, i32, Option<f64>);

/// The groups of rows by name, in as many partitions as the seed says.
fn grouped(rows: &[Row<'_>], seed: Seed) -> Vec<Groups> {
    let duration: ArrayRef = Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.1)));
    let traffic: ArrayRef = Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.2)));
    let columns = [(index("session_duration"), duration), (index("consumed_traffic"), traffic)];
    let arrays = Arrays::of_columns(rows.len(), columns);
    let hash = |row: &Row<'_>| row.0.map(|name| seed.of_text(name.as_bytes()));
    let keys = GroupKeys::Text(rows.iter().map(hash).collect());
    let name = |row: u32, take: &mut dyn FnMut(Option<&[u8]>)| take(rows[row as usize].0.map(str::as_bytes));
    let mut split = SplitRows::default();
    keys.split(0..rows.len() as u32, &seed, &mut split);
    let of_partition = |partition| {
        let mut groups = Groups::new(by_name(), seed.clone());
        groups.add_rows(split.of(partition), &keys, &arrays, 0, name).expect("rows with names");
        groups
    };
    (0..seed.partitions()).map(of_partition).collect()
}

fn by_name() -> &'static GroupTable {
    static TABLE: LazyLock<GroupTable> = LazyLock::new(|| contract::drivendata().groups[0].clone());
    &TABLE
}

/// All groups in order.
fn batch(table: &GroupTable, partitions: &[Groups]) -> RecordBatch {
    let ordered = OrderedGroups::new(table, partitions);
    ordered.batch(0..ordered.len()).expect("a batch")
}

#[test]
fn groups_come_in_the_order_of_their_names_with_the_nameless_first() {
    let rows = [Some("Șerban"), Some("ana"), None, Some("Zoe"), Some("ana")].map(|name| (name, 31, None));
    let groups = grouped(&rows, Seed::random());
    let batch = batch(by_name(), &groups);
    let names: Vec<_> = batch.column(0).as_string::<i32>().iter().collect();
    assert_eq!(names, [None, Some("Zoe"), Some("ana"), Some("Șerban")]);
    let rest = OrderedGroups::new(by_name(), &groups).batch(2..3).expect("a batch");
    assert_eq!(rest.column(0).as_string::<i32>().value(0), "ana");
}

#[test]
fn averages_and_sums_ignore_nulls_and_stay_null_without_any_value() {
    let rows = [
        (Some("a"), 31, Some(0.1)),
        (Some("a"), 32, None),
        (Some("a"), 34, Some(0.2)),
        (Some("b"), i32::MAX, None),
        (Some("b"), i32::MAX, None),
        (Some("c"), 31, Some(-0.0)),
    ];
    let groups = grouped(&rows, Seed::random());
    let batch = batch(by_name(), &groups);
    let doubles = |column: usize| batch.column(column).as_primitive::<Float64Type>().iter().collect::<Vec<_>>();
    assert_eq!(doubles(1), [Some(97.0 / 3.0), Some(f64::from(i32::MAX)), Some(31.0)]);
    assert_eq!(doubles(2), [Some(0.1 + 0.2), None, Some(0.0)]);
    assert!(doubles(2)[2].is_some_and(f64::is_sign_positive), "a sum begins with a positive zero");
    assert_eq!(batch.column(3).as_primitive::<Int64Type>().values(), &[3, 2, 1]);
}

proptest::proptest! {
    #[test]
    fn groups_in_many_partitions_are_those_in_one_to_the_bit(
        rows in proptest::collection::vec(
            (proptest::option::weighted(0.9, "[a-z]{1,2}|[ab]{23,24}"), 0..100_i32, proptest::option::of(-1.0e9..1.0e9_f64)),
            1..300,
        ),
        partitions in 2..12_usize,
    ) {
        let rows: Vec<Row<'_>> = rows.iter().map(|(name, duration, traffic)| (name.as_deref(), *duration, *traffic)).collect();
        let seed = Seed::random();
        let one = grouped(&rows, seed.clone());
        let many = grouped(&rows, seed.with_partitions(partitions));
        proptest::prop_assert_eq!((one.len(), many.len()), (1, partitions));
        proptest::prop_assert_eq!(batch(by_name(), &one), batch(by_name(), &many));
    }
}

/// Names compared when so many are added twice that collide where the seed is the known one.
fn steps(names: u64, seed: Seed) -> usize {
    // A text of this length whose ninth to sixteenth bytes are these makes a factor of its hash zero.
    let name = |number: u64| format!("abcdefgh\u{c}gW\u{1ce}r]q{:-<15}{number:08}", "");
    let names: Vec<String> = (0..names).chain(0..names).map(name).collect();
    let rows: Vec<Row<'_>> = names.iter().map(|name| (Some(&name[..]), 31, None)).collect();
    let groups = grouped(&rows, seed);
    assert_eq!(2 * groups[0].len(), names.len());
    groups[0].steps
}

#[test]
fn names_made_to_collide_take_twice_the_steps_when_there_are_twice_as_many() {
    assert!(steps(2_000, Seed::fixed(0)) > 3 * steps(1_000, Seed::fixed(0)), "they do collide");
    for _ in 0..5 {
        let seed = Seed::random();
        let (once, twice) = (steps(20_000, seed.clone()), steps(40_000, seed));
        assert!(10 * twice <= 22 * once, "{once} steps, {twice} for twice the names");
    }
}

const MANY: &str = r#"
apiVersion: v3.1.0
kind: DataContract
id: many
version: 1.0.0
status: active
customProperties: [{property: input, value: {objects: "batch_{date}.csv"}}]
schema:
  - name: rows
    properties:
      - {name: day, logicalType: date}
      - {name: shop, logicalType: string}
      - {name: amount, logicalType: number, physicalType: "decimal(38,2)"}
  - name: days
    customProperties: [{property: from, value: rows}]
    properties:
      - {name: day, logicalType: date, primaryKey: true, primaryKeyPosition: 1}
      - {name: first_shop, logicalType: string, transformLogic: MIN(shop)}
      - {name: last_shop, logicalType: string, transformLogic: MAX(shop)}
      - {name: total, logicalType: number, physicalType: "decimal(38,2)", transformLogic: SUM(amount)}
      - {name: average, logicalType: number, physicalType: "decimal(38,6)", transformLogic: AVG(amount)}
      - {name: least, logicalType: number, physicalType: "decimal(38,2)", transformLogic: MIN(amount)}
      - {name: shops, logicalType: integer, transformLogic: COUNT(shop)}
      - {name: letter, logicalType: string, primaryKey: true, primaryKeyPosition: 2, transformLogic: "SUBSTR(shop, 1, 1)"}
"#;

#[test]
fn keys_of_several_columns_and_aggregates_of_every_kind_come_out_in_the_order_of_the_keys() {
    let contract = contract::read(MANY, &BTreeMap::new()).expect("a contract");
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(2), None, Some(2), Some(-1), Some(2)]));
    let shops: ArrayRef = Arc::new(StringArray::from(vec![Some("b2"), None, Some("b1"), Some("a"), Some("c")]));
    let amounts = Decimal128Array::from(vec![Some(105), None, Some(-200), Some(1), Some(7)]);
    let amounts: ArrayRef = Arc::new(amounts.with_data_type(ColumnType::Decimal { precision: 38, scale: 2 }.arrow()));
    let arrays = Arrays::of_columns(5, [(0, days), (1, shops), (2, amounts)]);
    let seed = Seed::random();
    let table = &contract.groups[0];
    let keys = GroupKeys::encoded(table, &arrays, &seed).expect("keys");
    let mut groups = Groups::new(table, seed);
    groups.add_rows(&[0, 1, 2, 3, 4], &keys, &arrays, 0, |_, _| {}).expect("rows");
    let batch = batch(table, &[groups]);
    let texts = |column: usize| batch.column(column).as_string::<i32>().iter().collect::<Vec<_>>();
    let decimals = |column: usize| batch.column(column).as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>();
    let days: Vec<_> = batch.column(0).as_primitive::<arrow_array::types::Date32Type>().iter().collect();
    assert_eq!(days, [None, Some(-1), Some(2), Some(2)]);
    assert_eq!(texts(7), [None, Some("a"), Some("b"), Some("c")]);
    assert_eq!(texts(1), [None, Some("a"), Some("b1"), Some("c")]);
    assert_eq!(texts(2), [None, Some("a"), Some("b2"), Some("c")]);
    assert_eq!(decimals(3), [None, Some(1), Some(-95), Some(7)]);
    assert_eq!(decimals(4), [None, Some(10_000), Some(-475_000), Some(70_000)], "half of -0.95 with six decimals");
    assert_eq!(decimals(5), [None, Some(1), Some(-200), Some(7)]);
    assert_eq!(batch.column(6).as_primitive::<Int64Type>().values(), &[0, 1, 2, 1]);
}

#[test]
fn a_sum_that_had_too_many_digits_on_the_way_is_null_as_in_spark() {
    let contract = contract::read(MANY, &BTreeMap::new()).expect("a contract");
    let most = 10_i128.pow(38) - 1;
    for (amounts, sum) in [([most, -1, 1], Some(most)), ([most, 1, -1], None), ([-most, -most, most], None)] {
        let amounts = Decimal128Array::from_iter_values(amounts);
        let amounts = amounts.with_data_type(ColumnType::Decimal { precision: 38, scale: 2 }.arrow());
        let days: ArrayRef = Arc::new(Date32Array::from(vec![1; 3]));
        let shops: ArrayRef = Arc::new(StringArray::from(vec!["a"; 3]));
        let arrays = Arrays::of_columns(3, [(0, days), (1, shops), (2, Arc::new(amounts) as ArrayRef)]);
        let (seed, table) = (Seed::random(), &contract.groups[0]);
        let keys = GroupKeys::encoded(table, &arrays, &seed).expect("keys");
        let mut groups = Groups::new(table, seed);
        groups.add_rows(&[0, 1, 2], &keys, &arrays, 0, |_, _| {}).expect("rows");
        let batch = batch(table, &[groups]);
        assert_eq!(batch.column(3).as_primitive::<Decimal128Type>().iter().next(), Some(sum));
    }
}
