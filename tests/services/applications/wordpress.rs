//! Debian's WordPress, which is older than 6.8, with its own sign-in.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use reqwest::Client;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reset_link_tests::harness::binary::free_address;
use reset_link_tests::harness::databases::{DatabaseRole, TestDatabase};
use reset_link_tests::wait;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use url::Url;

use super::application::{Application, script};
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, OTHER, ResetLink};

const INSTALLED: &str = "/usr/share/wordpress";

/// Characters that WordPress puts a backslash before when a form brings them, and space that it takes away.
const QUOTED: &str = r#"  it's a "quoted" back\slash \' \\ "#;

/// A site of its own, in PHP's web server.
struct WordPress {
    address: SocketAddr,
    users: Application,
    browser: Client,
    _server: Child,
    _folder: TempDir,
}

impl WordPress {
    /// Installed by its own page; ada is 2.
    async fn on(database: &TestDatabase) -> Self {
        let folder = TempDir::new().unwrap();
        lay_out(folder.path());
        let address = free_address();
        let url = Url::parse(&database.url(DatabaseRole::Owner)).unwrap();
        let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let settings = json!({ "host": host, "name": database.name(), "user": url.username(), "password": url.password() });
        let php = |arguments: &[&str]| {
            let prepend = format!("auto_prepend_file={}", script("wordpress/prepend.php").display());
            let mut php = Command::new("php");
            php.args(["-d", &prepend, "-d", "sendmail_path=/bin/true", "-d", "log_errors=0"]).args(arguments);
            php.env("TEST_SITE", folder.path()).env("TEST_URL", format!("http://{address}"));
            php.env("TEST_DATABASE", settings.to_string()).kill_on_drop(true);
            php
        };
        let root = folder.path().to_str().unwrap();
        let mut server = php(&["-q", "-S", &address.to_string(), "-t", root]);
        let server = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait::until("PHP's web server", async || TcpStream::connect(address).await.is_ok()).await;
        let browser = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        install(&browser, address).await;
        let users = Application::start(&mut php(&[script("wordpress/users.php").to_str().unwrap()]));
        let mut wordpress = Self { address, users, browser, _server: server, _folder: folder };
        let fields =
            json!({ "user_login": "ada", "user_email": "ada@example.org", "display_name": "Ada Lovelace" });
        let created = wordpress.users.ask("create", json!({ "password": OLD, "fields": fields })).await;
        assert_eq!(created, 2);
        wordpress
    }

    /// By the form of `wp-login.php`; the cookies of the session, where it lets in.
    async fn signs_in(&self, login: &str, password: &str) -> Option<String> {
        let form = [("log", login), ("pwd", password), ("testcookie", "1")];
        let request = self.browser.post(format!("http://{}/wp-login.php", self.address)).form(&form);
        let answer =
            request.header(COOKIE, "wordpress_test_cookie=WP%20Cookie%20check").send().await.unwrap();
        let cookies = answer.headers().get_all(SET_COOKIE).iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().unwrap().split(';').next());
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        (answer.status() == 302).then_some(cookies)
    }

    async fn is_signed_in(&self, cookies: &str) -> bool {
        let request = self.browser.get(format!("http://{}/wp-admin/profile.php", self.address));
        let answer = request.header(COOKIE, cookies).send().await.unwrap();
        let is_sent_to_sign_in =
            answer.headers().get(LOCATION).is_some_and(|to| to.to_str().unwrap().contains("wp-login.php"));
        assert!(answer.status() == 200 || is_sent_to_sign_in, "{answer:?}");
        answer.status() == 200
    }

    async fn takes_reset_key(&mut self, key: &str) -> bool {
        self.users.is("takes_reset_key", json!({ "login": "ada", "key": key })).await
    }
}

/// The folder of a site: all of it is Debian's, but for its config and its content.
fn lay_out(site: &Path) {
    for entry in fs::read_dir(INSTALLED).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "wp-config.php" && entry.file_name() != "wp-content" {
            symlink(entry.path(), site.join(entry.file_name())).unwrap();
        }
    }
    fs::copy(script("wordpress/wp-config.php"), site.join("wp-config.php")).unwrap();
    fs::create_dir_all(site.join("wp-content/mu-plugins")).unwrap();
    fs::copy(script("wordpress/mu-quiet.php"), site.join("wp-content/mu-plugins/quiet.php")).unwrap();
}

async fn install(browser: &Client, address: SocketAddr) {
    let form = [
        ("weblog_title", "A site"),
        ("user_name", "admin"),
        ("admin_password", OTHER),
        ("admin_password2", OTHER),
        ("admin_email", "admin@example.org"),
        ("blog_public", "0"),
    ];
    let page = browser.post(format!("http://{address}/wp-admin/install.php?step=2")).form(&form);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h1>Success!</h1>"), "{page}");
}

async fn reset_link_on(database: &TestDatabase, access: Access) -> ResetLink {
    reset_link_with(database, access, &[0]).await
}

/// With these blocks of settings.
async fn reset_link_with(database: &TestDatabase, access: Access, blocks: &[usize]) -> ResetLink {
    let page = Page::of("wordpress");
    // Debian 12's is 6.1.
    let settings = page.settings(blocks).replace("scheme = \"wordpress\"\n", "");
    ResetLink::run(database, access, &page, &settings, &[]).await
}

async fn stored(database: &TestDatabase) -> String {
    database.value("SELECT user_pass FROM wp_users WHERE ID = 2").await.unwrap()
}

async fn sessions(database: &TestDatabase) -> Vec<Option<String>> {
    let sessions = "SELECT user_id FROM wp_usermeta WHERE meta_key = 'session_tokens' ORDER BY user_id";
    database.rows(sessions).await.into_iter().flatten().collect()
}

#[tokio::test]
#[ignore = "needs MariaDB and WordPress (tests/with-services)"]
async fn wordpress_takes_the_new_password_at_its_own_sign_in() {
    let database = TestDatabase::mariadb().await;
    let wordpress = WordPress::on(&database).await;
    assert!(stored(&database).await.starts_with("$P$"));
    let mut reset_link = reset_link_on(&database, Access::Table).await;
    let mut before = OLD;
    for password in [NEW, QUOTED] {
        assert!(wordpress.signs_in("ada", before).await.is_some());
        reset_link.reset("2", password).await;
        assert!(stored(&database).await.starts_with("$2y$"), "an older WordPress knows nothing of $wp$");
        assert!(wordpress.signs_in("ada", password).await.is_some(), "{password}");
        assert!(wordpress.signs_in("ada", before).await.is_none(), "{before}");
        before = password;
    }
}

async fn sessions_and_reset_links_end(access: Access) {
    let database = TestDatabase::mariadb().await;
    let mut wordpress = WordPress::on(&database).await;
    let of_ada = wordpress.signs_in("ada", OLD).await.unwrap();
    let of_admin = wordpress.signs_in("admin", OTHER).await.unwrap();
    let key = wordpress.users.text("reset_key", json!({ "id": 2 })).await;
    assert!(wordpress.is_signed_in(&of_ada).await && wordpress.is_signed_in(&of_admin).await);
    assert!(wordpress.takes_reset_key(&key).await);
    assert_eq!(sessions(&database).await, [Some("1".to_owned()), Some("2".to_owned())]);

    reset_link_on(&database, access).await.reset("2", NEW).await;
    assert_eq!(sessions(&database).await, [Some("1".to_owned())]);
    assert!(!wordpress.is_signed_in(&of_ada).await && wordpress.is_signed_in(&of_admin).await);
    let key_of_before = database.value("SELECT user_activation_key FROM wp_users WHERE ID = 2").await;
    assert_eq!(key_of_before.as_deref(), Some(""));
}

/// Somebody's sign-in name may be the number of somebody else.
async fn sessions_of_a_sign_in_name_end(access: Access) {
    let database = TestDatabase::mariadb().await;
    let wordpress = WordPress::on(&database).await;
    database.run("UPDATE wp_users SET user_login = '1' WHERE ID = 2;").await;
    wordpress.signs_in("1", OLD).await.unwrap();
    wordpress.signs_in("admin", OTHER).await.unwrap();
    reset_link_with(&database, access, &[0, 1]).await.reset("1", NEW).await;
    assert_eq!(sessions(&database).await, [Some("1".to_owned())]);
    assert!(wordpress.signs_in("1", NEW).await.is_some());
}

#[tokio::test]
#[ignore = "needs MariaDB and WordPress (tests/with-services)"]
async fn contacts_of_wordpress_may_go_by_their_sign_in_names() {
    sessions_of_a_sign_in_name_end(Access::Table).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and WordPress (tests/with-services)"]
async fn contacts_of_wordpress_may_go_by_their_sign_in_names_in_views() {
    sessions_of_a_sign_in_name_end(Access::Views).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and WordPress (tests/with-services)"]
async fn a_change_by_wordpress_kills_a_link() {
    let database = TestDatabase::mariadb().await;
    let mut wordpress = WordPress::on(&database).await;
    let mut reset_link = reset_link_on(&database, Access::Table).await;
    let link = reset_link.link("2").await;
    wordpress.users.ask("set_password", json!({ "id": 2, "password": NEW })).await;
    reset_link.refuses(&link).await;
    assert!(wordpress.signs_in("ada", NEW).await.is_some());
}

#[tokio::test]
#[ignore = "needs MariaDB and WordPress (tests/with-services)"]
async fn sessions_and_reset_links_of_wordpress_end() {
    sessions_and_reset_links_end(Access::Table).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and WordPress (tests/with-services)"]
async fn sessions_and_reset_links_of_wordpress_end_where_a_view_is_written() {
    sessions_and_reset_links_end(Access::Views).await;
}
