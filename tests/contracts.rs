//! A contract with every type from its file to the CSV outputs: what a user reads there, cell by cell. `make parity` compares
//! random contracts with Spark.

use std::fs;

use crate::common::runs::Lake;

const FIRST: &str = "\
No|day|big|share|amount|open|seen|ignored
1|12/31/2023|10|1,5|2.345|true|2024-01-31 23:59:59.5|x
007|2024-02-29|-1|,25||f|2024-02-01|x
3|02/30/2024|9223372036854775808|1.5|-1|no||x
4|||| |yes|2023-12-31 23:59:59|x
5|||||maybe|2024-03-01|x
six|||||y|2024-03-01|x
";

const LAST: &str = "\
note|No|big|share|amount|open|seen|day
'it''s a | and a \"'|7|-9223372036854775808|NaN|99999.99|1|2024-02-01T00:00:00+02:00|2024-03-01
1900-01-01|8|0|-0|10000|n|2099-01-01|01/01/2024
2024-05-05|9|0|0|1|t|2024-02-01|01/01/2024
,|10||-0|1e2|f|2024-02-05|01/02/2024
|3|1|2,5|-1.005||2024-02-02|2024-01-01
";

const ROWS: &str = "\
number,big,share,amount,open,day,seen,note,twice,label
1,10,1.5,2.35,true,2023-12-31,2024-01-31 23:59:59.5,,4.70,none/1
7,-9223372036854775808,NaN,,1,2024-03-01,2024-02-01T00:00:00+02:00,\"it's a | and a \"\"\",,\"it's a | and a \"\"/7\"
8,0,-0.0,,n,2024-01-01,2024-02-03 04:05:06,,,none/8
10,,-0.0,100.00,f,2024-01-02,2024-02-05,\",\",200.00,\",/10\"
3,1,2.5,-1.01,,2024-01-01,2024-02-02,,-2.02,none/3
";

const BY_OPEN: &str = "\
open,month,rows,notes,total,average,least_share,last_day,last_label
,2,1,0,-1.01,-1.010000,2.5,2024-01-01,none/3
false,2,2,1,100.00,100.000000,-0.0,2024-01-02,none/8
true,1,2,1,2.35,2.350000,1.5,2024-03-01,none/1
";

#[tokio::test]
async fn a_contract_with_every_type_gives_the_rows_and_groups_that_it_describes() {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-14.csv", FIRST.as_bytes());
    lake.write("raw_data/batch_2024-09-15.csv", LAST.as_bytes());
    let settings = [("CONTRACT", "tests/contracts/types.odcs.yaml"), ("MAX_REJECTED_RATIO", "1")];
    lake.run("2024-09-15", &settings).await.expect("a run");
    let output = |key: &str| fs::read_to_string(lake.output(key)).expect("an output");
    assert_eq!(output("rows/csv/run_date=2024-09-15/rows.csv"), ROWS);
    assert_eq!(output("by_open/csv/run_date=2024-09-15/by_open.csv"), BY_OPEN);
    let rejected = output("rejected/run_date=2024-09-15/rejected.csv");
    let why: Vec<&str> =
        rejected.lines().skip(1).filter_map(|line| line.split_once("raw_data/")).map(|(_, rest)| rest).collect();
    let why: Vec<Vec<&str>> = why.iter().map(|line| line.split(',').take(5).collect()).collect();
    assert_eq!(
        why,
        [
            ["batch_2024-09-14.csv", "5", "214", "open", "unreadable"],
            ["batch_2024-09-14.csv", "6", "239", "number", "unreadable"],
        ]
    );
    let manifest: serde_json::Value =
        serde_json::from_str(&output("runs/run_date=2024-09-15/manifest.json")).expect("a manifest");
    let balance = &manifest["balance"];
    let counts = ["read", "written", "duplicates", "rejected", "filtered_by_seen", "filtered_by_note"];
    assert_eq!(counts.map(|name| balance[name].as_u64()), [11, 5, 2, 2, 1, 1].map(Some));
}
