use std::fmt::Write as _;

use keys::{ContactId, NormalisedEmail};
use tempfile::TempDir;

use crate::{
    ContactEntry, ContactLookup, EmailSharing, Found, ImportError, ImportOptions, Imported, Progress,
    SqliteContactLookup, SqliteOperations, import_csv,
};

const HEADER: &str = "id,name,email,language\n";

async fn empty() -> (TempDir, SqliteOperations) {
    let folder = tempfile::tempdir().unwrap();
    let directory = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
    (folder, directory)
}

async fn finding(directory: &SqliteOperations) -> SqliteContactLookup {
    SqliteContactLookup::open(directory.path()).await.unwrap()
}

async fn import(directory: &SqliteOperations, text: impl AsRef<[u8]>) -> Result<Imported, ImportError> {
    import_csv(text.as_ref(), directory, ImportOptions::default(), |_| {}).await
}

/// Id, name, e-mail and language of everybody, in the order of the ids.
async fn everybody(directory: &SqliteOperations) -> Vec<[String; 4]> {
    let records = directory.list(None, 1000).await.unwrap();
    let texts = |entry: ContactEntry| {
        let (email, language) = (entry.expose_email().unwrap_or("-").to_owned(), entry.language.clone());
        [entry.id.as_str().to_owned(), entry.name, email, language.unwrap_or_else(|| "-".to_owned())]
    };
    records.into_iter().map(|record| texts(record.entry)).collect()
}

/// What a file makes of an empty directory.
async fn made_of(file: impl AsRef<[u8]>) -> Vec<[String; 4]> {
    let (_folder, directory) = empty().await;
    import(&directory, file).await.unwrap();
    everybody(&directory).await
}

/// The lines and reasons of the rows that a file was refused for.
async fn refused(text: impl AsRef<[u8]>) -> Vec<(u64, String)> {
    let (_folder, directory) = empty().await;
    let Err(ImportError::Rows(bad)) = import(&directory, text).await else { panic!("it was imported") };
    assert_eq!(directory.count().await.unwrap(), 0);
    assert_eq!(bad.total, bad.first.len());
    bad.first.into_iter().map(|row| (row.line, row.reason)).collect()
}

fn id(text: &str) -> ContactId {
    ContactId::new(text).unwrap()
}

#[tokio::test]
async fn every_column_of_a_file_arrives() {
    let (_folder, directory) = empty().await;
    let text = "\u{feff}name,id,language,email\r\n\"King, Ada\",ada,pt-BR, Ada@Example.org \r\nさくら 山田,さくら,,\r\n";
    let imported = import(&directory, text).await.unwrap();
    assert_eq!(imported, Imported { added: 2, without_email: 1, ..Imported::default() });
    let ada = ContactEntry::new(id("ada"), "King, Ada").with_email("Ada@Example.org").with_language("pt-BR");
    assert_eq!(directory.show(&id("ada")).await.unwrap().unwrap().entry, ada);
    assert_eq!(
        directory.show(&id("さくら")).await.unwrap().unwrap().entry,
        ContactEntry::new(id("さくら"), "さくら 山田")
    );
}

#[tokio::test]
async fn importing_again_changes_what_the_file_changed_and_nothing_else() {
    let (_folder, directory) = empty().await;
    import(&directory, format!("{HEADER}a,A,a@example.org,en\nb,B,,\nc,C,,\nd,D,,\n")).await.unwrap();
    directory.put(&[ContactEntry::new(id("c"), "C").inactive()]).await.unwrap();
    sqlx::query("UPDATE contacts SET password_hash = '$argon2id$' || id")
        .execute(&directory_pool(&directory).await)
        .await
        .unwrap();

    let again =
        import(&directory, format!("{HEADER}a,A,a2@example.org,en\nb,B,,\nc,C2,,\ne,E,,\n")).await.unwrap();
    assert_eq!((again.added, again.updated, again.unchanged), (1, 2, 1));
    let records = directory.list(None, 10).await.unwrap();
    assert_eq!(records.iter().filter(|record| record.has_password).count(), 4);
    assert_eq!(records.len(), 5);
    assert!(!directory.show(&id("c")).await.unwrap().unwrap().entry.active);
    let Found::One(a) = finding(&directory).await.find("a").await.unwrap() else { panic!() };
    assert_eq!(a.primary_email.as_deref(), Some("a2@example.org"));
    let old = NormalisedEmail::new("a@example.org").unwrap();
    let sharing = finding(&directory).await.others_with_email(&old, &id("z")).await.unwrap();
    assert_eq!(sharing, EmailSharing::With(vec![]));
}

/// Another program's connection.
async fn directory_pool(directory: &SqliteOperations) -> sqlx::SqlitePool {
    sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(directory.path()))
        .await
        .unwrap()
}

#[tokio::test]
async fn the_operator_learns_whose_links_will_be_handed_over() {
    let (_folder, directory) = empty().await;
    directory.put(&[ContactEntry::new(id("there"), "There").with_email("Shared@example.org")]).await.unwrap();
    let text = "a,A,shared@EXAMPLE.org,\nb,B,n/a,\nc,C,,\nd,D,d@example.org,\ne,E,e@example.org,\nf,F,E@example.org,\n";
    let imported = import(&directory, format!("{HEADER}{text}")).await.unwrap();
    let wanted =
        Imported { added: 6, unusable_email: 1, without_email: 1, shared_email: 3, ..Imported::default() };
    assert_eq!(imported, wanted);
    assert_eq!(directory.show(&id("b")).await.unwrap().unwrap().entry.expose_email(), Some("n/a"));
}

#[tokio::test]
async fn one_bad_row_and_nothing_is_imported() {
    let (_folder, directory) = empty().await;
    let good: String = (0..3000).fold(HEADER.to_owned(), |mut text, n| {
        writeln!(text, "c{n},C,,").unwrap();
        text
    });
    assert!(import(&directory, format!("{good}bad,,,\n")).await.is_err());
    assert_eq!(directory.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_bad_row_is_named_by_line_and_reason() {
    let long_id = "x".repeat(65);
    let long_name = "é".repeat(201);
    for (row, reason) in [
        (",Ada,,", "cannot be empty"),
        (&*format!("{long_id},Ada,,"), "at most 64 bytes"),
        ("a\u{1}b,Ada,,", "the id holds a control character"),
        ("ada, ,,", "the name is empty"),
        ("ada,\"Ada\nLovelace\",,", "the name holds a control character"),
        ("ada,Ada,\"a\tb\",", "the email holds a control character"),
        (&*format!("ada,{long_name},,"), "longer than 200"),
        ("ada,Ada,,english!", "language tag"),
        ("ada,Ada,,e", "language tag"),
        ("ada,Ada,,en__GB", "language tag"),
        ("\u{200b}\u{feff},Ada,,", "nothing that anybody can see"),
        ("ada,\u{200b},,", "the name is empty"),
        ("ada,Ada,", "3 columns"),
        ("ada,Love,lace,,en", "5 columns"),
    ] {
        let found = refused(format!("{HEADER}first,First,,\n{row}\nlast,Last,,\n")).await;
        let [(3, found)] = found.as_slice() else { panic!("{row}: {found:?}") };
        assert!(found.contains(reason), "{row}: {found}");
    }
    let found = refused(b"id,name,email,language\nada,Ad\xe9,,\n").await;
    assert_eq!(found, [(2, "the name is not UTF-8 text".to_owned())]);
}

#[tokio::test]
async fn longest_texts_are_imported() {
    let (_folder, directory) = empty().await;
    let text = format!("{HEADER}{},{},,sr-Latn-RS\n", "x".repeat(64), "é".repeat(200));
    assert_eq!(import(&directory, text).await.unwrap().added, 1);
}

#[tokio::test]
async fn the_same_contact_twice_in_a_file_is_refused() {
    let found = refused(format!("{HEADER}ada,Ada,,\nbob,Bob,,\nada,Ada,,\nBOB,Bob,,\n")).await;
    let wanted = [
        (4, "the same id is on line 2".to_owned()),
        (5, "the id differs from the one on line 3 only in case or Unicode form".to_owned()),
    ];
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn an_id_that_looks_like_another_in_the_directory_is_refused() {
    let (_folder, directory) = empty().await;
    import(&directory, format!("{HEADER}ceo,Boss,,\n")).await.unwrap();
    let error = import(&directory, format!("{HEADER}cfo,Other,,\nCEO,Boss,,\n")).await.unwrap_err();
    assert!(error.to_string().contains("line 3: the id differs from `ceo`"), "{error}");
    assert_eq!(directory.count().await.unwrap(), 1);
}

#[tokio::test]
async fn lines_are_counted_as_an_editor_counts_them() {
    for (text, line) in [
        (format!("{HEADER}a,A,,\nbad,,,\n"), 3),
        (format!("{HEADER}a,A,,\nbad,,,\n").replace('\n', "\r\n"), 3),
        (format!("{HEADER}a,A,,\nbad,,,\n").replace('\n', "\r"), 3),
        (format!("\n{HEADER}\n\na,A,,\n\nbad,,,"), 7),
        (format!("\r\n{HEADER}\r\n\r\na,A,,\r\n\r\nbad,,,"), 7),
    ] {
        let found = refused(&text).await;
        assert_eq!(found, [(line, "the name is empty".to_owned())], "{text:?}");
    }
    // A row that goes over several lines is named by its first; the ones behind it keep their own numbers.
    let found = refused(format!("{HEADER}a,\"A\n\nA\",,\nbad,,,\n")).await;
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 5]);
}

#[tokio::test]
async fn twenty_bad_rows_are_named_and_the_others_counted() {
    let (_folder, directory) = empty().await;
    let text: String = (0..25).fold(HEADER.to_owned(), |mut text, n| {
        writeln!(text, "c{n},,,").unwrap();
        text
    });
    let Err(error) = import(&directory, text).await else { panic!() };
    let text = error.to_string();
    assert!(
        text.starts_with("25 rows cannot be imported, so nothing was:\n  line 2: the name is empty\n"),
        "{text}"
    );
    assert!(text.ends_with("line 21: the name is empty\n  … and 5 more"), "{text}");
}

#[tokio::test]
async fn a_header_that_is_not_ours_is_refused_by_name() {
    for (header, reason) in [
        ("", "nothing there"),
        ("\n\n", "nothing there"),
        ("id,name,email\n", "`language` is missing"),
        (
            "id,name,email,language,phone\n",
            "line 1: the column `phone` is not known (`--ignore-extra-columns` skips",
        ),
        ("id,phone,name,,email,language\n", "the columns `phone`, 4 (without a name) are not known"),
        ("sep=;\n\nid;name;email\n", "line 3: the column `language` is missing"),
        ("id,name,email,language,\u{1b}[31mred\n", "`\\u001b[31mred` is not known"),
        ("id,name,e-mail,language\n", "`e-mail` is not known"),
        ("id,name,email,language,id\n", "`id` is there twice"),
        ("id|name|email|language\n", "`id|name|email|language` is not known"),
        ("42,Ada,ada@example.org,en\n", "`42` is not known"),
    ] {
        let (_folder, directory) = empty().await;
        let error = import(&directory, header).await.unwrap_err();
        assert!(matches!(error, ImportError::Header { .. }), "{header:?}");
        assert!(error.to_string().contains(reason), "{header:?}: {error}");
    }
}

#[tokio::test]
async fn an_error_never_quotes_an_email() {
    let (_folder, directory) = empty().await;
    for text in [
        "ada@example.org,Ada,ada@example.org,en\n".to_owned(),
        format!("{HEADER}ada,Ada,en,ada@example.org\n"),
        format!("{HEADER}ada,Ada,ada@example.org\n"),
        format!("{HEADER}ada,,ada@example.org,\n"),
    ] {
        let error = import(&directory, text).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains('@'), "{error}");
    }
}

#[tokio::test]
async fn a_file_without_rows_imports_nobody() {
    let (_folder, directory) = empty().await;
    assert_eq!(import(&directory, HEADER).await.unwrap(), Imported::default());
}

#[tokio::test]
async fn what_spreadsheets_write_is_read() {
    let wanted = [
        ["00123".to_owned(), "Zoë".to_owned(), "zoe@example.org".to_owned(), "de-AT".to_owned()],
        ["ada".to_owned(), "Ada".to_owned(), "-".to_owned(), "-".to_owned()],
    ];
    let plain = "id,name,email,language\n00123,Zoë,zoe@example.org,de_AT\nada,Ada,,\n";
    let utf16 = |unit: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{}", plain.replace(',', "\t").replace('\n', "\r\n"))
            .encode_utf16()
            .flat_map(unit)
            .collect::<Vec<u8>>()
    };
    for (what, file) in [
        ("plain", plain.as_bytes().to_vec()),
        ("capitals", plain.replace("id,name,email,language", "ID, Name ,E\u{ad}mail,LANGUAGE").into_bytes()),
        ("semicolons", plain.replace(',', ";").into_bytes()),
        ("tabs", plain.replace(',', "\t").into_bytes()),
        ("a line that names the separator", format!("sep=;\r\n{}", plain.replace(',', ";")).into_bytes()),
        ("the same in quotes", format!("\u{feff}\"sep=|\"\n{}", plain.replace(',', "|")).into_bytes()),
        ("empty rows", plain.replace('\n', "\n,,,\n \n,,\u{a0},\n").into_bytes()),
        ("an empty column at the end", plain.replace('\n', ",\n").into_bytes()),
        ("the same in rows alone", plain.replace(",\n", ",,,\n").into_bytes()),
        ("an id kept from being a number", plain.replace("00123", "=\"00123\"").into_bytes()),
        ("the same in quotes", plain.replace("00123", "\"=\"\"00123\"\"\"").into_bytes()),
        ("a last Ctrl-Z", format!("{plain}\u{1a}").into_bytes()),
        ("UTF-16, little end first", utf16(u16::to_le_bytes)),
        ("UTF-16, big end first", utf16(u16::to_be_bytes)),
    ] {
        assert_eq!(made_of(&file).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn columns_that_are_not_ours_are_skipped_where_that_is_asked_for() {
    let (_folder, directory) = empty().await;
    let text = "phone,id,name,,email,language,ada@example.org,\n1,ada,Ada,x,,,y,\n2,bob,Bob,,,,,\n";
    assert!(matches!(import(&directory, text).await, Err(ImportError::Header { .. })));
    let options = ImportOptions { ignore_extra_columns: true };
    let imported = import_csv(text.as_bytes(), &directory, options, |_| {}).await.unwrap();
    assert_eq!(imported.added, 2);
    assert_eq!(imported.ignored_columns, ["`phone`", "4 (without a name)", "`an e-mail`"]);
    // A field behind the last column is no column that anybody has named.
    let text = format!("{HEADER}ada,Ada,,,x\n");
    let refused = import_csv(text.as_bytes(), &directory, options, |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("line 2: it has 5 columns instead of 4"), "{refused}");
}

#[tokio::test]
async fn ids_that_differ_only_in_what_nobody_sees_are_refused() {
    let found = refused(format!("{HEADER}ceo,A,,\nce\u{200b}o,B,,\n\u{feff}CEO,C,,\n")).await;
    let wanted = [
        (3, "the id differs from the one on line 2 only in characters that nobody sees".to_owned()),
        (4, "the id differs from the one on line 2 only in case or Unicode form".to_owned()),
    ];
    assert_eq!(found, wanted);

    let (_folder, directory) = empty().await;
    // Alone it makes nobody doubt; and another program may have written it.
    import(&directory, format!("{HEADER}ce\u{ad}o,A,,\n")).await.unwrap();
    let again = import(&directory, format!("{HEADER}ce\u{ad}o,A2,,\n")).await.unwrap();
    assert_eq!((again.added, again.updated), (0, 1));
    let error = import(&directory, format!("{HEADER}ceo,A,,\n")).await.unwrap_err().to_string();
    let reason = r"line 2: the id differs from `ce\u00ado`, which is in the directory, only in characters that nobody sees";
    assert!(error.contains(reason), "{error}");
}

#[tokio::test]
async fn a_look_alike_of_what_another_program_has_just_written_is_refused() {
    let (_folder, directory) = empty().await;
    let other_program = directory_pool(&directory).await;
    sqlx::query("INSERT INTO contacts (id, name) VALUES ('ceo', 'Boss')")
        .execute(&other_program)
        .await
        .unwrap();
    let error = import(&directory, format!("{HEADER}CEO,Boss,,\n")).await.unwrap_err();
    assert!(error.to_string().contains("line 2: the id differs from `ceo`"), "{error}");
}

#[tokio::test]
async fn others_may_write_while_a_file_is_read() {
    let (_folder, directory) = empty().await;
    let other_program = directory_pool(&directory).await;
    let (file, mut typing) = std::io::pipe().unwrap();
    let (staged, some_are_staged) = std::sync::mpsc::channel();
    let writing = std::thread::spawn(move || {
        use std::io::Write as _;
        let rows = (0..5_000).map(|n| format!("c{n},C,,\n")).collect::<String>();
        typing.write_all(format!("{HEADER}{rows}").as_bytes()).unwrap();
        some_are_staged.recv().unwrap();
        // The file has not ended: whoever had to wait for the import now would wait for good.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let insert = sqlx::query("INSERT INTO contacts (id, name) VALUES ('x', 'X')");
        let written = runtime.block_on(async { insert.execute(&other_program).await });
        typing.write_all(b"y,Y,,\n").unwrap();
        written.map(|_| ())
    });
    let options = ImportOptions::default();
    let imported = import_csv(file, &directory, options, |_| staged.send(()).unwrap_or(())).await.unwrap();
    writing.join().unwrap().unwrap();
    assert_eq!(imported.added, 5_001);
    assert_eq!(directory.count().await.unwrap(), 5_002);
}

#[tokio::test]
async fn a_quote_that_nobody_closed_is_named_and_does_not_fill_the_memory() {
    let (_folder, directory) = empty().await;
    let text = format!("{HEADER}ada,Ada,,\nbob,\"Bob,,\n{}", "c,C,,\n".repeat(400_000));
    let error = import(&directory, text).await.unwrap_err().to_string();
    assert!(error.contains("line 3: the row does not end (perhaps a quote is not closed)"), "{error}");
    assert_eq!(directory.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_large_file_is_imported_whole_and_tells_its_progress() {
    let (_folder, directory) = empty().await;
    let text: String = (0..20_000).fold(HEADER.to_owned(), |mut text, n| {
        writeln!(text, "c{n},Contact {n},c{n}@example.org,en").unwrap();
        text
    });
    let (mut read, mut written, mut indexed) = (Vec::new(), Vec::new(), Vec::new());
    let imported =
        import_csv(text.as_bytes(), &directory, ImportOptions::default(), |progress| match progress {
            Progress::Read(rows) => read.push(rows),
            Progress::Written(rows) => written.push(rows),
            Progress::Indexed(rows) => indexed.push(rows),
        })
        .await
        .unwrap();
    assert_eq!(imported, Imported { added: 20_000, ..Imported::default() });
    for heard in [&read, &written, &indexed] {
        assert!(heard.is_sorted() && heard.len() > 1, "{heard:?}");
        assert_eq!(heard.last(), Some(&20_000));
    }
    assert_eq!(directory.count().await.unwrap(), 20_000);
    assert_eq!(
        import(&directory, text).await.unwrap(),
        Imported { unchanged: 20_000, ..Imported::default() }
    );
}
