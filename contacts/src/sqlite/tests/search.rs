use super::*;

/// Texts in which something is special: to SQL, to `LIKE`, to Unicode, or to what reads up to a NUL.
const PIECES: [&str; 14] =
    ["a", "A", "b", "\u{e9}", "e\u{301}", "\u{301}", " ", "-", "%", "_", "\\", "ß", "'", "が"];

/// SQL sorts out most rows before they are compared: never one that matches.
#[tokio::test]
async fn no_row_is_missed_whatever_stands_in_it_and_whatever_is_typed() {
    let pairs: Vec<String> =
        PIECES.iter().flat_map(|one| PIECES.iter().map(move |other| format!("{one}{other}"))).collect();
    let everybody: Vec<_> = pairs
        .iter()
        .enumerate()
        .map(|(n, pair)| {
            let name = format!("{pair}{}", PIECES[n % PIECES.len()]);
            ContactEntry::new(id(&format!("{pair}{n}")), name).with_email(format!("\t{pair}@x"))
        })
        .collect();
    let directory = TestDirectory::new(&everybody).await;
    directory
        .behind_our_back("UPDATE contacts SET name = 'b' || char(0) || 'b' WHERE rowid % 7 = 0")
        .await
        .unwrap();
    let all = directory.operations.list(None, 1000).await.unwrap();
    for typed in pairs.iter().map(String::as_str).chain(PIECES).chain(["b\0b", "\0", "@"]) {
        let mut expected = Vec::new();
        for record in &all {
            let (id, name) = (record.entry.id.as_str(), record.entry.name.as_str());
            if crate::matching::matches(typed, id, name, record.entry.expose_email()) {
                expected.push(id.to_owned());
            }
        }
        let mut hits = directory.hits(typed, usize::MAX).await;
        hits.sort();
        assert_eq!(hits, expected, "{typed:?}");
    }
}

#[tokio::test]
async fn a_search_that_was_cut_short_found_the_best() {
    let everybody: Vec<_> =
        (0..60).map(|n| contact(&format!("{}-{n}", if n % 2 == 0 { "x" } else { "n" }))).collect();
    let directory = TestDirectory::new(&everybody).await;
    for typed in ["", "n", "name of x", "X-4"] {
        let all = directory.hits(typed, 1000).await;
        assert!(all.len() > 5, "{typed}");
        for limit in [0, 1, 5, all.len(), all.len() + 1] {
            assert_eq!(directory.hits(typed, limit).await, all[..limit.min(all.len())], "{typed} {limit}");
        }
    }
}

#[tokio::test]
async fn contacts_written_by_another_program_are_found_by_what_they_are_now() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org"), contact("bob")]).await;
    directory
        .behind_our_back(
            "INSERT INTO contacts (id, name, email) VALUES ('GRACE', 'Gr\u{e1}ce Hopper', 'hopper@example.org');
             UPDATE contacts SET id = 'king', name = 'Augusta' WHERE id = 'ada';
             UPDATE contacts SET active = 0 WHERE id = 'bob'",
        )
        .await
        .unwrap();
    for (typed, found) in
        [("gra", "GRACE"), ("HOPPER@", "GRACE"), ("ki", "king"), ("aug", "king"), ("ada@", "king")]
    {
        assert_eq!(directory.hits(typed, 25).await, [found], "{typed}");
    }
    for typed in ["b", "Name of"] {
        assert!(directory.hits(typed, 25).await.is_empty(), "{typed}");
    }
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_never_offered() {
    let directory = TestDirectory::new(&[contact("bob")]).await;
    directory
        .behind_our_back("PRAGMA ignore_check_constraints = 1; INSERT INTO contacts (id, name) VALUES ('a' || char(10), 'n')")
        .await
        .unwrap();
    let error = directory.lookup.search("a", 25).await.unwrap_err();
    assert!(error.to_string().contains("control characters"), "{error}");
    assert_eq!(directory.hits("b", 25).await, ["bob"]);
}
