//! The executable on Slack in Socket Mode, from outside: what it opens, logs and exits with. It reaches the fake by a proxy.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use reset_link_tests::fakes::kit::proxy;
use reset_link_tests::fakes::slack::{FakeSlack, Fault, Lasts};
use reset_link_tests::harness::binary::{Process, command, free_address};
use reset_link_tests::harness::{APP, Harness};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::{BOB, SOON, TEAM, plan, workspace};

/// As when the disk or the network fails.
const FAILED: Option<i32> = Some(5);

/// A config with a bot on the fake; nothing runs yet.
struct Place {
    folder: TempDir,
    listen: SocketAddr,
    /// Where the bot would listen.
    bot_listen: SocketAddr,
    fake: FakeSlack,
    proxy: String,
}

impl Place {
    async fn new() -> Self {
        let fake = FakeSlack::start(workspace(&Harness::planned(plan()).await)).await;
        let folder = TempDir::new().unwrap();
        let (listen, bot_listen) = (free_address(), free_address());
        let made = command(["init", "--dir", folder.path().to_str().unwrap()], "");
        assert!(made.status.success(), "{made:?}");
        let [bot_token, app_token, _] = APP;
        for (name, content) in
            [("slack-bot-token", bot_token), ("slack-app-token", app_token), ("ca.pem", fake.authority())]
        {
            let file = folder.path().join(name);
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        }
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\n\
             [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n\
             [bot]\nlisten = \"{bot_listen}\"\n\
             [slack]\nbot_token_file = \"slack-bot-token\"\napp_token_file = \"slack-app-token\"\nteam = \"{TEAM}\"\nallow_users = [\"{BOB}\"]\n"
        );
        fs::write(folder.path().join("reset-link.toml"), config).unwrap();
        let (csv, config) = (folder.path().join("contacts.csv"), folder.path().join("reset-link.toml"));
        fs::write(&csv, "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\n").unwrap();
        let imported =
            command(["contacts", "import", csv.to_str().unwrap(), "--config", config.to_str().unwrap()], "");
        assert!(imported.status.success(), "{imported:?}");
        let proxy = proxy::to(fake.address()).await;
        Self { folder, listen, bot_listen, fake, proxy }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("reset-link.toml")
    }

    /// Everything is logged that ever is.
    async fn run(&self) -> Process {
        let authority = self.folder.path().join("ca.pem");
        let variables = [
            ("RUST_LOG", "trace"),
            ("HTTPS_PROXY", &self.proxy),
            ("https_proxy", &self.proxy),
            ("SSL_CERT_FILE", authority.to_str().unwrap()),
        ];
        Process::configured_with(&self.config(), self.listen, &variables).await
    }
}

#[tokio::test]
async fn in_socket_mode_no_port_is_opened_for_slack_and_no_token_is_logged() {
    let place = Place::new().await;
    place.fake.break_method("apps.connections.open", Fault::Status(503), Lasts::UntilMended);
    let mut process = place.run().await;
    process.logged("no connection to Slack").await;
    place.fake.requests_that(2, "apps.connections.open", SOON).await.unwrap();
    let refused = TcpStream::connect(place.bot_listen).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(process.terminate().await.success());
    let logged = process.stderr();
    assert!(!logged.contains("the bot listens"), "{logged}");
    for token in APP {
        assert!(!logged.contains(token), "{logged}");
    }
}

#[tokio::test]
async fn in_socket_mode_a_proxy_that_the_environment_names_leads_to_slack() {
    let place = Place::new().await;
    let mut process = place.run().await;
    place.fake.connected(SOON).await.unwrap();
    let asked = place.fake.slash(BOB, super::GENERAL, "/reset-link", "contact:ada");
    asked.answer_that(SOON, |answer| answer.shown().contains("direct message")).await.unwrap();
    let link = super::link_in(&place.fake.direct_messages(BOB)[0]).unwrap();
    assert!(link.starts_with(&format!("http://{}/r/v4.public.", place.listen)));
    assert!(process.terminate().await.success());
    let logged = process.stderr();
    for secret in APP.iter().copied().chain(["v4.public."]) {
        assert!(!logged.contains(secret), "{logged}");
    }
}

#[tokio::test]
async fn an_app_level_token_that_is_revoked_ends_the_process_with_a_cure() {
    let place = Place::new().await;
    place.fake.revoke_app_token();
    let mut process = place.run().await;
    assert_eq!(process.ended().await.code(), FAILED);
    let said = process.stderr();
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("Slack does not take the app-level token (invalid_auth)"), "{said}");
    assert!(last.contains("To mend: ") && last.contains("slack.app_token_file"), "{said}");
}
