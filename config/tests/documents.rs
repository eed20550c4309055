//! The settings that documents show are read as they stand.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use reset_link_config::{
    AllInOne, Bot, ConfigErrors, Environment, Overrides, RedeemServer, Settings, from_text,
};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every document but those on chat platforms, where one block builds on another.
fn documents() -> Vec<PathBuf> {
    let chats = ["discord.md", "slack.md", "mattermost.md"];
    let folders = ["docs", "docs/directories"].map(|folder| root().join(folder));
    let listed = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let files = listed.map(|entry| entry.expect("an entry").path());
    let is_read = |file: &PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".md") && !chats.contains(&name)
    };
    let mut documents: Vec<PathBuf> = files.filter(is_read).collect();
    documents.push(root().join("README.md"));
    documents.sort();
    documents
}

/// The blocks of settings in a document, without the indentation of a list that they may stand in.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "```toml" {
            continue;
        }
        let indentation = line.len() - line.trim_start().len();
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        let block: Vec<&str> = block.map(|line| line.get(indentation..).unwrap_or_default()).collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

/// The values of the keys that are meant, where they are texts.
fn values<'a>(block: &'a str, is_meant: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = &'a str> {
    block.lines().filter_map(move |line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?.split('"').next()?;
        is_meant(key.trim()).then_some(value)
    })
}

/// A folder with every file that a block names, and the block with names that lie in it.
fn laid_out(block: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = block.to_owned();
    let sqlite = values(block, |key| key.ends_with("url")).filter_map(|url| url.strip_prefix("sqlite:"));
    for named in values(block, |key| key.ends_with("_file")).chain(sqlite) {
        let path = named.trim_start_matches("//").split('?').next().expect("a path");
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).expect("a name");
        let content = match name {
            name if name.contains("url") => "postgres://user:secret@db.example.com/site",
            name if name.ends_with("png") => "\u{89}PNG",
            _ => "secret",
        };
        let file = folder.path().join(name);
        fs::write(&file, content).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
        text = text.replace(&format!("\"{named}\""), &format!("\"{name}\""));
        text = text.replace(&format!("\"sqlite:{named}\""), &format!("\"sqlite:{name}\""));
    }
    (folder, text)
}

fn read<S: Settings>(folder: &TempDir, text: &str) -> Result<(), ConfigErrors> {
    let name = folder.path().join("reset-link.toml");
    let name = name.to_str().expect("a name");
    from_text::<S>(name, text, &Environment::default(), &Overrides::default()).map(drop)
}

/// What a block on tables leaves to one that stands before it on its page.
const TABLES: &str = "kind = \"sql\"\nurl_file = \"some-url\"\nreader_url_file = \"some-url\"\npreset = ";

/// Reads a block with what every config has, by the role whose settings it shows. `preset` is the one of its page.
fn read_block(block: &str, preset: &str) -> Result<(), ConfigErrors> {
    let (folder, mut text) = laid_out(block);
    let has =
        |line: &str| block.lines().any(|other| other.split('#').next().unwrap_or_default().trim() == line);
    let gives =
        |key: &'static str| values(block, move |other| other == key || other == format!("{key}_file")).next();
    let file = folder.path().join("some-url");
    fs::write(&file, "postgres://user:secret@db.example.com/site").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    if !has("[organisation]") {
        text.push_str("\n[organisation]\nname = \"x\"\nsupport = \"Call us.\"\n");
        if has("[mail]") {
            text.push_str("mail_from = \"a@example.com\"\n");
        }
    }
    if !has("[server]") {
        text.push_str("\n[server]\npublic_url = \"https://reset.example.com\"\n");
    }
    let is_of_tables = block.lines().any(|line| line.starts_with("[contacts"));
    if is_of_tables && gives("kind").is_none() {
        let given = format!("[contacts]\n{TABLES}\"{preset}\"\n");
        text = if has("[contacts]") { text.replace("[contacts]\n", &given) } else { given + &text };
    } else if gives("kind") == Some("ldap") {
        return read::<AllInOne>(&folder, &text);
    } else if gives("kind") == Some("sql") {
        match (gives("url"), gives("reader_url")) {
            (Some(_), None) => return read::<RedeemServer>(&folder, &text),
            (None, Some(_)) => return read::<Bot>(&folder, &text),
            (Some(_), Some(_)) => {}
            (None, None) => panic!("kind = \"sql\" without a URL: {block}"),
        }
    }
    read::<AllInOne>(&folder, &text)
}

#[test]
fn what_documents_show_of_settings_is_read_as_it_stands() {
    let mut read = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        let preset = values(&text, |key| key == "preset").next().unwrap_or("plain");
        for block in blocks(&text) {
            if let Err(errors) = read_block(&block, preset) {
                panic!("{}:\n{block}\n\n{errors}", document.display());
            }
            read += 1;
        }
    }
    assert!(read >= 20, "{read} blocks");
}

#[test]
fn what_is_wrong_in_a_document_is_noticed() {
    for block in [
        "[contacts]\nkind = \"sql\"\npreset = \"djagno\"\nurl_file = \"/etc/reset-link/contacts-writer-url\"",
        "[contacts]\nkind = \"sql\"\npreset = \"django\"\nurl = \"sqlite:/srv/app/db.sqlite3\"\nsqlite_file = \"x\"",
        "[contacts.mapping]\ntabel = \"users\"",
        "[contacts]\nca_fil = \"x.pem\"",
        "[mail]\nhots = \"mail.example.com\"",
    ] {
        assert!(read_block(block, "plain").is_err(), "{block}");
    }
    for block in [
        "[contacts]\nkind = \"sql\"\npreset = \"django\"\nurl_file = \"/etc/reset-link/contacts-writer-url\"",
        "[contacts]\nkind = \"sql\"\npreset = \"django\"\nreader_url = \"sqlite:/srv/app/db.sqlite3\"",
        "[contacts.mapping]\ntable = \"people\"",
    ] {
        read_block(block, "plain").unwrap_or_else(|errors| panic!("{block}: {errors}"));
    }
}
