//! Which columns hold data about persons, by their names.

use super::rename::words;

/// Words that names of such columns have.
const WORDS: [&str; 44] = [
    "email",
    "mail",
    "phone",
    "telephone",
    "tel",
    "telefon",
    "mobile",
    "mobil",
    "fax",
    "name",
    "firstname",
    "lastname",
    "surname",
    "fullname",
    "nume",
    "prenume",
    "person",
    "customer",
    "client",
    "contact",
    "user",
    "username",
    "login",
    "iban",
    "account",
    "card",
    "address",
    "adresa",
    "street",
    "birth",
    "birthday",
    "birthdate",
    "born",
    "dob",
    "ip",
    "mac",
    "ssn",
    "cnp",
    "passport",
    "personal",
    "gender",
    "sex",
    "salary",
    "religion",
];

/// Words beside which `name` is the name of a thing.
const THINGS: [&str; 8] = ["product", "file", "column", "campaign", "table", "category", "brand", "event"];

/// Words behind which a number or a code stands, not what somebody is called.
const NUMBERS: [&str; 6] = ["id", "uuid", "no", "number", "key", "count"];

/// Whether a column of this name may tell about a person.
pub(super) fn is_personal(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_number_of = |word: &&String| matches!(word.as_str(), "customer" | "client" | "user" | "person");
    let only_numbers = words.last().is_some_and(|last| NUMBERS.contains(&last.as_str()))
        && words.iter().filter(|word| WORDS.contains(&word.as_str())).all(|word| is_number_of(&word));
    has(&WORDS) && !has(&THINGS) && !only_numbers
}
