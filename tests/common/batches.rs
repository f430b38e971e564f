//! Small batches made by hand.

/// The header of a complete batch.
pub const HEADER: &str = "person_name,user_name,email,personal_number,birth_date,address,phone,mac_address,ip_address,iban,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,unique_id";

/// A batch of these rows.
pub fn batch(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

/// A row that passes the filter.
pub fn row(person_name: &str, id: u32) -> String {
    row_with(person_name, id, "100")
}

/// The same with another session duration.
pub fn row_with(person_name: &str, id: u32, session_duration: &str) -> String {
    format!(
        "{person_name},user,user@example.com,0123,1990-01-01,\"Str. Mare, 1\",0700,00:11,10.0.0.1,RO49,2024-09-14 08:00:00,{session_duration},10.5,2.25,1000,{id:08x}-0000-4000-8000-000000000000"
    )
}

/// A generated batch, and what the generator says of it.
pub fn generated(date: &str, rows: u64) -> (Vec<u8>, drivendata_generate::Generated) {
    use drivendata_generate::{GenerateOptions, generate};
    let mut bytes = Vec::new();
    let options = GenerateOptions::new(date.parse().expect("a date"), rows, 7);
    let generated = generate(&options, &mut bytes).expect("a batch");
    (bytes, generated)
}

/// A batch of the people `name 0` to `name 2`, one row per id, with one row that is filtered out and one rejected.
pub fn people(name: &str, ids: std::ops::Range<u32>) -> Vec<u8> {
    let mut rows: Vec<String> = ids.clone().map(|id| row(&format!("{name} {}", id % 3), id)).collect();
    rows.push(row_with(name, ids.end, "30"));
    rows.push(row_with(name, ids.end + 1, "long"));
    batch(&rows)
}
