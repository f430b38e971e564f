//! The words of a batch: Romanian names, streets and towns, and how a name looks in a user name.
//!
//! The e-mail domains are reserved ones (RFC 2606): nobody can receive what is sent there.

/// A first or last name in its three spellings.
#[derive(Debug)]
pub(super) struct Name {
    /// As people write it: `Ioniță`.
    pub(super) written: &'static str,
    /// In lower case: `ioniță`.
    pub(super) lower: String,
    /// In lower case and without diacritics: `ionita`.
    pub(super) ascii: String,
}

/// The names that people are made of.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) first: Vec<Name>,
    pub(super) last: Vec<Name>,
}

impl Names {
    pub(super) fn new() -> Self {
        let spell = |names: &'static str| names.split_whitespace().map(Name::new).collect();
        Self { first: spell(FIRST_NAMES), last: spell(LAST_NAMES) }
    }
}

impl Name {
    fn new(written: &'static str) -> Self {
        let lower = written.to_lowercase();
        let plain = |letter| match letter {
            'ă' | 'â' => 'a',
            'î' => 'i',
            'ș' => 's',
            'ț' => 't',
            other => other,
        };
        let ascii = lower.chars().map(plain).collect();
        Self { written, lower, ascii }
    }
}

const FIRST_NAMES: &str = "
    Adela Adina Adriana Alexandra Alina Ana Ana-Maria Anca Andra Andreea Anghelina Antonia Augustina Aurelia Aurica
    Bianca Brândușa Camelia Carina Carmen Catinca Catrinel Cătălina Cecilia Cezara Claudia Codruța Constanța Corina
    Cosmina Crenguța Crina Cristina Daciana Dana Daniela Daria Delia Denisa Despina Diana Dida Doina Dorina Draga
    Dumitra Ecaterina Elena Eliza Emanuela Emilia Eugenia Eva Evelina Fabia Felicia Filofteia Flavia Floare Florentina
    Florina Gabriela Geanina Georgeta Georgiana Gina Gherghina Ileana Ilinca Ioana Iolanda Irina Isabela Iulia Lăcrămioara
    Larisa Laura Lavinia Lidia Ligia Liliana Livia Loredana Lorena Luana Lucia Luminița Măriuca Mădălina Mălina Mărioara
    Magdalena Manuela Mara Marcela Margareta Maria Mariana Marilena Marina Marta Mihaela Mirela Miruna Monica Nadia
    Natalia Nicoleta Nicolina Nidia Noemi Oana Octavia Olga Olimpia Ortansa Otilia Ozana Paraschiva Patricia Paula
    Petronela Petruța Rada Raluca Ramona Rodica Roxana Ruxandra Sabina Sanda Sânziana Silvia Simona Smaranda Sofia Sorina
    Stana Stela Suzana Ștefana Ștefania Tabita Tamara Tatiana Teodora Teodosia Tudora Țuca Valentina Valeria Vasilica
    Veronica Veta Victoria Violeta Viorica Voichița Xenia Zamfira Zina Zoe
    Achim Adam Adelin Adi Adrian Albert Aleodor Alexandru Alin Anatolie Andrei Angel Anghel Anton Aristide Arsenie
    Augustin Aurel Avram Axinte Barbu Bartolomeu Bogdan Caius Călin Casian Cătălin Cezar Ciprian Claudiu Codin Codrin
    Constantin Corneliu Cosmin Costache Costin Crin Cristian Dacian Damian Dan Daniel Darius David Decebal Demostene
    Denis Dinu Dorel Dorian Dorin Dragoș Dumitru Eduard Emanoil Emil Eremia Eugen Eusebiu Fabian Filip Flavius Florea
    Florian Florin Francisc Gabriel Gelu George Gheorghe Gicu Grațian Grigore Haralambie Horațiu Horea Horia Iacob
    Iancu Ianis Ieremia Ilarie Ilie Inochentie Ioan Ion Ionică Ionuț Iosif Irinel Iulian Iurie Iustin Laurențiu Lazăr
    Leon Leonard Liviu Lorin Luca Lucian Manole Marcel Marian Marin Marius Martin Matei Maxim Mihai Mihail Mihnea Mircea
    Miron Mitică Mitruț Mugur Mugurel Nae Narcis Nechifor Nelu Nichifor Nicoară Nicodim Nicolae Nicu Nicușor Norbert
    Norman Octav Octavian Olimpian Olimpiu Oliviu Ovidiu Pamfil Panait Panagachie Paul Pavel Pătru Petre Petrică
    Petru Petruț Pompiliu Radu Rafael Rareș Raul Răducu Răzvan Relu Remus Robert Romeo Romulus Sabin Sandu Sava
    Sebastian Sergiu Sever Severin Silvian Silviu Simi Simion Sinică Sorin Stan Stancu Stelian Șerban Ștefan Teodor
    Teofil Theodor Tiberiu Timotei Titus Todor Toma Traian Tudor Țicu Valentin Valeriu Valter Vasile Vasilică Veniamin
    Vicențiu Victor Vincențiu Viorel Visarion Vlad Vladimir Vlaicu Voicu Zamfir Zeno";

const LAST_NAMES: &str = "
    Aanei Achim Adam Albu Aldea Alexandrescu Alexe Andrei Anghel Antal Anton Apostol Ardelean Ardeleanu Avram Axinte
    Baciu Bălan Bălașa Balint Banu Barbu Bănică Bejan Blaga Boboc Bogdan Botezatu Bratu Brătianu Bucur Bucătaru Buzatu
    Câmpeanu Căldăraru Călin Călinescu Căpățână Cazacu Cernat Chelaru Chiriac Chiriță Ciobanu Ciocan Coman Constantin
    Constantinescu Cosma Costache Costea Costin Covaci Crăciun Cristea Croitoru Cucu Damian Dan Danciu Dăscălescu David
    Diaconescu Diaconu Dima Dinu Dobre Dobrescu Dogaru Dragomir Drăgan Drăghici Dumitrache Dumitrașcu Dumitrescu Dumitru
    Duță Enache Ene Eremia Farcaș Fătu Filimon Filip Florea Florescu Fodor Frățilă Gabor Gavrilă Gheorghe Gheorghiță
    Gheorghiu Gherman Ghiță Grecu Grigoraș Grigore Grigorescu Groza Grosu Haiduc Hanganu Herman Hodorogea Horvath Hriscu
    Iacob Iancu Ichim Ignat Ilie Iliescu Ioniță Ion Ionescu Iordache Iordan Iorga Iosif Irimia Ispas Istrate Ivan Ivașcu
    Jianu Jitaru Kiss Kovacs Lăcătuș Lazăr Leonte Luca Lungu Lupașcu Lupu Macovei Maftei Manea Manole Marcu Mareș Marian
    Marin Marinescu Martin Matache Matei Maxim Măcelaru Mănăilă Mihai Mihăilă Mihăilescu Mihalache Miclea Micu Mirea Miron
    Mitrea Mitu Mocanu Moise Moldovan Moldoveanu Morar Moraru Muntean Munteanu Mureșan Mușat Nagy Neacșu Neagoe Neagu
    Neamțu Nechita Nedelcu Negoiță Negrea Negru Negruțiu Nemeș Nica Nicolae Nicolescu Nicoară Niculae Niță Nistor Nițu
    Oancea Olariu Olaru Oltean Olteanu Oprea Opriș Pană Panait Pantea Paraschiv Păduraru Pârvu Pașca Pavel Păun Petcu
    Petre Petrea Petrescu Petrișor Pintea Pîrlea Pop Popa Popescu Popovici Pricop Preda Predescu Prodan Puiu Pușcaș
    Radu Rădulescu Răileanu Rotaru Roman Roșca Roșu Rus Rusu Sabău Sandu Sârbu Sava Savu Scurtu Sima Simion Simionescu
    Sîrbu Solomon Stan Stanciu Stancu Stănescu Stănilă Stoian Stoica Stroe Suciu Surdu Szabo Szasz Șandru Șerban Șerbănescu
    Șoimu Ștefan Ștefănescu Știrbu Tamaș Tanase Tănase Tănăsescu Toader Tofan Toma Toth Trandafir Trif Trifan Tudor
    Tudorache Tudose Turcu Țăranu Țepeș Țigănilă Ungureanu Ursache Ursu Vaida Varga Vasile Vasilescu Văcărescu Văduva
    Velicu Vintilă Visan Vișan Vlad Vlădescu Vlăsceanu Voicu Voinea Vulpe Zaharia Zamfir";

/// Streets, as they stand in an address.
pub(super) const STREETS: [&str; 48] = [
    "1 Decembrie",
    "Albinei",
    "Amurgului",
    "Aviatorilor",
    "Bărăganului",
    "Bisericii",
    "Brândușei",
    "Brazilor",
    "Cărămidarilor",
    "Castanilor",
    "Cireșilor",
    "Crângului",
    "Dacia",
    "Dealului",
    "Dragoș Vodă",
    "Eroilor",
    "Fântânii",
    "Florilor",
    "Gării",
    "Ghioceilor",
    "Griviței",
    "Horea",
    "Independenței",
    "Islazului",
    "Izvorului",
    "Înfrățirii",
    "Lalelelor",
    "Liliacului",
    "Livezii",
    "Mărășești",
    "Mihai Viteazu",
    "Morii",
    "Nicolae Iorga",
    "Nucului",
    "Oituz",
    "Pădurii",
    "Păcii",
    "Plopilor",
    "Primăverii",
    "Republicii",
    "Salcâmilor",
    "Școlii",
    "Teilor",
    "Trandafirilor",
    "Unirii",
    "Viilor",
    "Zambilelor",
    "Zorilor",
];

/// Towns.
pub(super) const TOWNS: [&str; 40] = [
    "Alba Iulia",
    "Arad",
    "Bacău",
    "Baia Mare",
    "Bistrița",
    "Botoșani",
    "Brașov",
    "Brăila",
    "București",
    "Buzău",
    "Călărași",
    "Cluj-Napoca",
    "Constanța",
    "Craiova",
    "Deva",
    "Focșani",
    "Galați",
    "Giurgiu",
    "Hunedoara",
    "Iași",
    "Mediaș",
    "Onești",
    "Oradea",
    "Piatra Neamț",
    "Pitești",
    "Ploiești",
    "Reșița",
    "Roman",
    "Satu Mare",
    "Sibiu",
    "Slatina",
    "Slobozia",
    "Suceava",
    "Târgoviște",
    "Târgu Jiu",
    "Târgu Mureș",
    "Timișoara",
    "Tulcea",
    "Vaslui",
    "Zalău",
];

/// Where e-mail goes: plain, with a hyphen, with a subdomain.
pub(super) const EMAIL_DOMAINS: [&str; 8] = [
    "example.com",
    "example.net",
    "example.org",
    "email.example",
    "e-mail.example",
    "posta.example",
    "mail.example.com",
    "ro.example",
];

/// Bank codes of an IBAN.
pub(super) const BANKS: [&str; 8] = ["BACX", "BRDE", "BTRL", "CECE", "INGB", "PIRB", "RNCB", "RZBR"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_tens_of_thousands_of_people_and_all_differ() {
        let names = Names::new();
        for list in [&names.first, &names.last] {
            let distinct: HashSet<&str> = list.iter().map(|name| name.written).collect();
            assert_eq!(distinct.len(), list.len());
        }
        assert!((30_000..=200_000).contains(&(names.first.len() * names.last.len())));
    }

    #[test]
    fn every_name_has_a_spelling_without_diacritics() {
        let names = Names::new();
        for name in names.first.iter().chain(&names.last) {
            assert!(name.ascii.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name:?}");
        }
        assert_eq!(Name::new("Țăranu-Înșir").ascii, "taranu-insir");
        assert_eq!(Name::new("Ștefănescu").lower, "ștefănescu");
    }
}
