use std::fs;

use super::sources::{root, rust_files};

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents =
        vec!["README.md".to_owned(), "CHANGELOG.md".to_owned(), "contacts/CONTRACT.md".to_owned()];
    documents.extend(fs::read_dir(root().join("docs")).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.ends_with(".md").then(|| format!("docs/{name}"))
    }));
    let mut checked = 0;
    for document in documents {
        let text = read(&document);
        let folder = root().join(&document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            assert!(folder.join(target).exists(), "{document}: {link} leads nowhere");
            checked += 1;
        }
    }
    assert!(checked > 5);
}

#[test]
fn what_the_documents_say_of_settings_is_true() {
    let known: Vec<_> =
        config::known_keys().map(|known| format!("{}.{}", known.section, known.key)).collect();
    let sections: Vec<_> = config::known_keys().map(|known| known.section).collect();
    let mut checked = 0;
    for document in [
        "README.md",
        "docs/ARCHITECTURE.md",
        "docs/OPERATIONS.md",
        "docs/LOGGING.md",
        "docs/THREAT-MODEL.md",
        "docs/mattermost.md",
        "docs/discord.md",
        "docs/slack.md",
    ] {
        let text = read(document);
        for quoted in text.split('`').skip(1).step_by(2) {
            // A section may stand within another one: `contacts.mapping`.
            let is_setting = !sections.contains(&quoted)
                && quoted.rsplit_once('.').is_some_and(|(section, key)| {
                    sections.contains(&section)
                        && !key.is_empty()
                        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                });
            // `config.rs`-like names are no settings.
            if is_setting
                && !quoted.ends_with(".rs")
                && !quoted.ends_with(".toml")
                && !quoted.ends_with(".sqlite")
                && !quoted.ends_with(".jsonl")
            {
                assert!(
                    known.iter().any(|known| known == quoted),
                    "{document}: there is no setting {quoted}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 5);
}

/// What another program says, in words that are not ours.
const WORDS_OF_LIBRARIES: &[&str] =
    &["invalid peer certificate", "certificate not valid for name", "certificate expired"];

/// Whatever a page tells that `doctor` says is what the code says.
#[test]
fn what_the_pages_of_directories_say_that_doctor_says_stands_in_the_code() {
    let code: String = rust_files()
        .into_iter()
        .filter(|(file, _)| file.starts_with("contacts/src/ldap/") && !file.contains("/tests"))
        .map(|(_, text)| text)
        .collect();
    let mut checked = 0;
    for page in ["openldap", "389ds", "active-directory"] {
        let text = read(&format!("docs/directories/{page}.md"));
        let (_, table) = text.split_once("| when `doctor` says | then |").unwrap();
        for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
            let first = row.split(" | ").next().unwrap();
            for quoted in first.split('`').skip(1).step_by(2) {
                // What stands between is a name or a number; in front may be the setting that is meant.
                for part in quoted.split('…').flat_map(|part| part.split(": ")).map(str::trim) {
                    let is_known = code.contains(part) || WORDS_OF_LIBRARIES.contains(&part);
                    assert!(is_known, "docs/directories/{page}.md: doctor does not say \"{part}\"");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "{checked}");
}
