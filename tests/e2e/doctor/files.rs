//! What is on this machine: files, contacts, who may.

use std::fs;

use super::{BOT_TOKEN, Place};

#[test]
fn what_is_open_to_others_is_told_with_its_mode() {
    let more = format!(
        "[discord]\ntoken = \"{BOT_TOKEN}\"\nguilds = [\"100000000000000001\"]\nallow_users = [\"100000000000000001\"]\napi_proxy = \"http://127.0.0.1:1\"\n"
    );
    let place = Place::new(&more);
    place.set_mode("reset-link.toml", 0o644);
    place.set_mode("data/keys/signing.k4.secret", 0o640);
    place.set_mode("data", 0o755);
    place.set_mode("data/contacts.sqlite", 0o644);
    fs::write(place.file("data/audit.jsonl"), "").unwrap();
    place.set_mode("data/audit.jsonl", 0o644);
    place.set_mode("data/ledger", 0o777);
    place.set_mode("data/keys/binding.secret", 0o640);
    let checkup = place.doctor();
    checkup.says("FAIL", "config", "discord.token stands in it");
    checkup.says("FAIL", "keys.signing_key_file", "(mode 0640)");
    checkup.says("FAIL", "keys.binding_secret_file", "(mode 0640)");
    checkup.says("warn", "data.dir", "(mode 0755). To mend: chmod 700");
    checkup.says("warn", "contacts.sqlite_file", "chmod o=");
    checkup.says("warn", "audit.file", "(mode 0644)");
    checkup.says("FAIL", "ledger.dir", "written by everybody");
}

#[test]
fn what_is_in_the_wrong_place_is_told() {
    let place = Place::new("[keys]\ntrusted_key_files = [\"old.k4.public\"]");
    fs::remove_dir_all(place.file("data/ledger")).unwrap();
    fs::write(place.file("data/ledger"), "").unwrap();
    fs::write(place.file("data/keys/binding.secret"), "reset-link-binding.no").unwrap();
    fs::create_dir(place.file("data/audit.jsonl")).unwrap();
    fs::write(place.file("data/keys/signing.k4.secret"), "k4.secret.no").unwrap();
    fs::write(place.file("data/contacts.sqlite"), "not a database, only long enough to look like one")
        .unwrap();
    let checkup = place.doctor();
    checkup.says("FAIL", "keys.trusted_key_files", "old.k4.public");
    checkup.says("FAIL", "ledger.dir", "is no folder");
    checkup.says("FAIL", "audit.file", "is no file");
    checkup.says("FAIL", "keys.signing_key_file", "not a PASERK");
    checkup.says("FAIL", "keys.binding_secret_file", "not a binding secret");
    checkup.says("FAIL", "contacts.sqlite_file", "restore it from a backup");

    // A folder below a file can be neither there nor made.
    let place = Place::new("");
    place.configure("http://127.0.0.1:8080", "[data]\ndir = \"contacts.csv/data\"");
    let checkup = place.doctor();
    for subject in ["data.dir", "ledger.dir", "audit.file", "audit.redeem_file"] {
        checkup.says("FAIL", subject, "contacts.csv/data");
    }
}

#[test]
fn a_ledger_that_began_later_than_it_is_now_is_told_with_its_cure() {
    let place = Place::new("");
    let file = place.file("data/ledger/epoch.json");
    let mut published: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    published["began_at"] = "2999-01-01T00:00:00.000Z".into();
    fs::write(&file, published.to_string()).unwrap();
    let checkup = place.doctor();
    checkup.says("FAIL", "ledger.dir", "the ledger began at 2999-01-01T00:00:00.000Z");
    checkup.says("FAIL", "ledger.dir", "To mend: set the clock right");

    fs::write(&file, "{}").unwrap();
    place.doctor().says("FAIL", "ledger.dir", "not what a ledger publishes");
}

#[test]
fn a_binding_secret_that_is_gone_from_under_a_ledger_is_told() {
    let place = Place::new("");
    fs::remove_file(place.file("data/keys/binding.secret")).unwrap();
    let checkup = place.doctor();
    checkup.says("FAIL", "keys.binding_secret_file", "is gone, and the ledger was started with one");
    checkup.says("FAIL", "keys.binding_secret_file", "put it back");
}

#[test]
fn an_id_protects_whoever_the_directory_takes_for_it() {
    let place =
        Place::new("[contacts]\nprotected = [\"ceo\", \"CEO\", \"c\u{200b}eo\", \"cfo\", \"\u{200b}\"]");
    let checkup = place.doctor();
    checkup.says("ok", "contacts.protected", "ceo is a contact");
    checkup.says("ok", "contacts.protected", "CEO is a contact, whom the directory writes ceo");
    checkup.says("ok", "contacts.protected", r"c\u200beo is a contact, whom the directory writes ceo");
    checkup.says("FAIL", "contacts.protected", "\"cfo\" protects nobody: no contact has this id");
    checkup.says("FAIL", "contacts.protected", r#""\u200b" cannot be a contact's id"#);
    fs::remove_file(place.file("data/contacts.sqlite")).unwrap();
    place.doctor().says("--", "contacts.protected", "cannot be looked into");
}

#[test]
fn ids_that_hold_what_nobody_sees_are_told() {
    let place = Place::new("");
    let csv = place.file("more.csv");
    fs::write(&csv, "id,name,email,language\ngr\u{200b}ace,Grace,,\n").unwrap();
    assert_eq!(place.ask(&["contacts", "import", csv.to_str().unwrap()]).0, Some(0));
    let checkup = place.doctor();
    checkup.says(
        "warn",
        "contacts.ids",
        r"1 id holds characters that nobody sees, spelled out here: gr\u200bace",
    );
}

#[test]
fn who_may_is_told_and_who_cannot_be() {
    let place = Place::new("[[admins]]\nname = \"Alice\"\nconsole = \"no-such-login\"\n");
    let checkup = place.doctor();
    checkup.says("ok", "admins", "1 person, 1 login name");
    checkup.says("warn", "admins.console", "\"no-such-login\"");

    let config = fs::read_to_string(place.config()).unwrap();
    let nobody: String =
        config.lines().take_while(|line| *line != "[console]").collect::<Vec<_>>().join("\n");
    fs::write(place.config(), nobody).unwrap();
    place.doctor().says("warn", "admins", "nobody may issue links");
}
