//! Two hundred commands at once.

use std::collections::HashSet;
use std::time::Duration;

use contacts::ContactEntry;
use keys::ContactId;
use reset_link_tests::fakes::discord::{FakeDiscord, FakeUser, InteractionHandle};
use reset_link_tests::harness::{Harness, Plan};

use super::{GUILD, HELP_DESK, SOON, Stage, guilds, link_in, plan};

const COMMANDS: usize = 200;
const CONTACTS: usize = 40;
const ADMINS: usize = 40;

/// The first of them on the help desk.
const DESK: u64 = 210_000_000_000_000_000;

fn admin(number: usize) -> u64 {
    DESK + u64::try_from(number % ADMINS).unwrap()
}

fn contact(number: usize) -> ContactEntry {
    let id = ContactId::new(format!("burst-{number}")).unwrap();
    ContactEntry::new(id, format!("Burst {number}")).with_email(format!("burst-{number}@example.org"))
}

/// Many contacts, a large help desk, and generous limits.
async fn crowd(plan: Plan, in_production: bool) -> Stage {
    let harness = Harness::planned(Plan { per_admin: 10_000, per_contact: 10_000, ..plan }).await;
    harness.put((0..CONTACTS).map(contact).collect()).await;
    let mut settings = guilds(&harness);
    for number in 0..ADMINS {
        let user = admin(number);
        settings.users.push(FakeUser::new(user, &format!("desk{number}")));
        settings.guilds[0] = settings.guilds[0].clone().member(user, &[HELP_DESK]);
    }
    let fake = FakeDiscord::start(settings).await;
    let bot = if in_production {
        harness.on_discord_com(&fake, &[GUILD]).await
    } else {
        harness.on_discord(&fake, &[GUILD]).await
    };
    fake.registered(GUILD, "reset-link", SOON).await.unwrap();
    Stage { harness, fake, bot: Some(bot) }
}

impl Stage {
    fn burst(&self) -> Vec<InteractionHandle> {
        let typed = |number: usize| format!("burst-{}", number % CONTACTS);
        let ask =
            |number| self.fake.slash(admin(number), GUILD, "reset-link", &[("contact", &typed(number))]);
        (0..COMMANDS).map(ask).collect()
    }

    /// Every one of them once, and each with a link of its own.
    async fn are_answered(&self, asked: &[InteractionHandle], in_answer: &str) {
        for one in asked {
            let answer = one.answer(SOON).await.unwrap();
            assert!(answer.content().contains(in_answer), "{}", answer.content());
        }
        self.harness.finish_notices().await;
        assert!(asked.iter().all(|one| one.callbacks() == 1));
        let issued = self.harness.events("issued");
        let ids: HashSet<&str> = issued.iter().map(|line| line["link_id"].as_str().unwrap()).collect();
        assert_eq!((issued.len(), ids.len()), (COMMANDS, COMMANDS));
    }

    /// So many links by direct message, no two alike.
    fn have_links_by_direct_message(&self) {
        let direct = (0..ADMINS).flat_map(|number| self.fake.direct_messages(admin(number)));
        let links: Vec<String> = direct.map(|message| link_in(&message).unwrap()).collect();
        assert_eq!(links.len(), COMMANDS);
        assert_eq!(links.iter().collect::<HashSet<_>>().len(), COMMANDS);
    }
}

#[expect(clippy::print_stdout, reason = "how fast it is, is for people to see; no test depends on it")]
async fn are_acknowledged(asked: &[InteractionHandle]) {
    for one in asked {
        one.acknowledged(SOON).await.unwrap();
    }
    let slowest = asked.iter().flat_map(InteractionHandle::arrivals).max().unwrap();
    println!("{COMMANDS} commands at once: the last was acknowledged after {slowest:?}");
}

#[tokio::test]
async fn all_of_a_burst_are_acknowledged_and_answered_once() {
    let stage = crowd(plan(), false).await;
    let asked = stage.burst();
    are_acknowledged(&asked).await;
    stage.are_answered(&asked, "direct message").await;
    stage.have_links_by_direct_message();
}

#[tokio::test]
async fn a_burst_is_answered_where_discord_limits_each_answer_by_itself() {
    let stage = crowd(plan(), true).await;
    for (method, route) in [("POST", "/channels/*/messages"), ("PATCH", "/webhooks/*/*/messages/@original")] {
        stage.fake.limit(method, route, 5, Duration::from_secs(2));
    }
    let asked = stage.burst();
    are_acknowledged(&asked).await;
    stage.are_answered(&asked, "direct message").await;
    stage.have_links_by_direct_message();
}

#[tokio::test]
async fn a_burst_is_acknowledged_whether_or_not_the_directory_answers() {
    let stage = crowd(plan(), false).await;
    stage.harness.directory.keeps_waiting(true);
    let asked = stage.burst();
    are_acknowledged(&asked).await;
    assert!(stage.harness.events("issued").is_empty());
    stage.harness.directory.keeps_waiting(false);
    stage.are_answered(&asked, "direct message").await;
}

#[tokio::test]
async fn a_burst_is_acknowledged_whether_or_not_the_mail_server_answers() {
    let stage = crowd(Plan { mail: true, ..plan() }, false).await;
    stage.harness.mailer.keeps_waiting(true);
    let asked = stage.burst();
    are_acknowledged(&asked).await;
    assert!(asked.iter().all(|one| one.answer_now().unwrap().is_thinking()));
    stage.harness.mailer.keeps_waiting(false);
    stage.are_answered(&asked, "mail.example.org").await;
    assert_eq!(stage.harness.mailer.mails().len(), COMMANDS);
}
