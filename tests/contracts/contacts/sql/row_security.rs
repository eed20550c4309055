//! Row-level security of PostgreSQL: rows that an account does not see are not taken for rows that are not there.

use contacts::{SetPassword, SqlContactLookup, views_sql};
use reset_link_tests::harness::databases::DatabaseKind::Postgres;
use reset_link_tests::harness::databases::DatabaseRole;

use super::people::{PLAIN, People, found, said, set, set_on, unreachable, version};

const ROWS: &str = "('ada', 'Ada', 'ada@example.org', NULL), ('bob', 'Bob', 'bob@example.org', NULL)";

/// With sessions, whose table has row-level security and no policy.
async fn with_sessions() -> People {
    let people = People::of(Postgres, PLAIN, ROWS).await.also_run("DELETE FROM {sessions} WHERE {who} = :id");
    let writer = people.database.account(DatabaseRole::Writer);
    people
        .database
        .run(&format!(
            "CREATE TABLE sessions (who VARCHAR(64)); INSERT INTO sessions VALUES ('ada'), ('bob'); \
             GRANT SELECT, DELETE ON sessions TO {writer}; ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;"
        ))
        .await;
    people
}

async fn sessions(people: &People) -> Vec<Option<String>> {
    people.database.rows("SELECT who FROM sessions ORDER BY 1").await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn sessions_that_row_security_hides_are_told_at_start_with_the_policy_that_lacks() {
    let people = with_sessions().await;
    let writer = people.database.account(DatabaseRole::Writer);
    let lacks = |text: &str| text.split("To mend: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let text = people.refused().await;
    assert!(text.contains("row-level security hides rows of public.sessions"), "{text}");
    for policy in [
        // Some rows, reading alone, another role's.
        "CREATE POLICY one ON sessions USING (who = 'bob')",
        "CREATE POLICY two ON sessions FOR SELECT USING (true)",
        "CREATE POLICY three ON sessions FOR DELETE TO postgres USING (true)",
    ] {
        people.database.run(policy).await;
        assert_eq!(lacks(&people.refused().await), lacks(&text), "{policy}");
    }
    people.database.run(&lacks(&text)).await;
    let redeemer = people.writer().await;
    assert_eq!(set(&redeemer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    assert_eq!(sessions(&people).await, [Some("bob".to_owned())]);

    // Whatever is permitted, a restrictive policy takes away again, from one moment to the next.
    let expected = version(&redeemer, "bob").await;
    people.database.run("CREATE POLICY four ON sessions AS RESTRICTIVE USING (who <> 'bob')").await;
    let text = unreachable(set_on(&redeemer, "bob", &expected, "second battery staple").await);
    assert!(text.contains("restrictive"), "{text}");
    assert_eq!(version(&redeemer, "bob").await, expected);
    assert_eq!(sessions(&people).await, [Some("bob".to_owned())]);
    people.database.run(&format!("DROP POLICY four ON sessions; CREATE POLICY five ON sessions AS RESTRICTIVE TO {writer} USING (true)")).await;
    assert_eq!(set(&redeemer, "bob", "second battery staple").await.unwrap(), SetPassword::Set);
}

/// The table of contacts itself: what is seen and cannot be changed would be taken for a link that came too late.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn a_policy_to_read_is_none_to_write() {
    let people = People::of(Postgres, PLAIN, ROWS).await;
    let writer = people.database.account(DatabaseRole::Writer);
    people
        .database
        .run("ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY reading ON people FOR SELECT USING (true)")
        .await;
    let text = people.refused().await;
    assert!(
        text.contains(&format!(
            "row-level security hides rows of public.people from {}",
            writer.replace('"', "")
        )),
        "{text}"
    );
    people
        .database
        .run("CREATE POLICY most ON people FOR UPDATE USING (true) WITH CHECK (id <> 'ada')")
        .await;
    assert_eq!(people.refused().await, text);
    people.database.run("CREATE POLICY writing ON people FOR UPDATE USING (true)").await;
    assert_eq!(set(&people.writer().await, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    // Whoever decides whether an e-mail is shared is let in by no policy.
    let text = said(SqlContactLookup::open(&people.of_role(DatabaseRole::Reader)).await);
    assert!(text.contains("row-level security"), "{text}");
}

/// A view reads as its owner, who is exempt unless FORCE or the view itself says otherwise.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn views_of_the_owner_see_every_row() {
    let mut people = with_sessions().await;
    let writer = people.database.account(DatabaseRole::Writer);
    let [of_reader, of_writer] =
        [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| people.of_role(role));
    people.database.run(&views_sql(&of_reader, &of_writer).await.unwrap()).await;
    people
        .database
        .run(&format!(
            "ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY reset_link ON sessions TO {writer} USING (true);"
        ))
        .await;
    people.settings.uses_views = true;
    assert_eq!(found(&people.lookup().await, "ada").await.as_deref(), Some("ada"));
    let redeemer = people.writer().await;
    assert_eq!(set(&redeemer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    assert_eq!(sessions(&people).await, [Some("bob".to_owned())]);
    for (hides, shows) in [
        ("ALTER TABLE people FORCE ROW LEVEL SECURITY", "ALTER TABLE people NO FORCE ROW LEVEL SECURITY"),
        (
            "ALTER VIEW reset_link_redeem SET (security_invoker = on)",
            "ALTER VIEW reset_link_redeem RESET (security_invoker)",
        ),
    ] {
        people.database.run(hides).await;
        let text = people.refused().await;
        assert!(text.contains("row-level security hides rows of public.people"), "{text}");
        people.database.run(shows).await;
        people.writer().await;
    }
}
