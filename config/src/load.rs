//! From a file, an environment and a command line to a [`Config`].

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::given::{Entry, Given};
use crate::layers::Layers;
use crate::problem::{ConfigErrors, Place, Problem, Refusal};
use crate::sections::{
    Audit, Bot, ConfiguredAdmin, Console, Contacts, Data, Discord, ForProtected, HandOver, Keys, Ledger,
    Limits, Links, Log, Mail, Mattermost, Organisation, Passwords, Server, Slack, check_that_they_differ,
};
use crate::{Config, document};

/// What the command line sets over file and environment. Defaults that derive from `data.dir` follow it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--data DIR`, relative to the working directory.
    pub data: Option<PathBuf>,
    /// `--listen ADDR`.
    pub listen: Option<SocketAddr>,
}

impl Config {
    /// Reads a config file, with the environment over it and the command line over both.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once; of a file that is missing or no TOML, only that.
    pub fn load(file: &Path, environment: &Environment, overrides: &Overrides) -> Result<Self, ConfigErrors> {
        let refuse = |place, refusal| Err(Problem::new(place, "", refusal).into());
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) => return refuse(Place::File(file.to_owned()), unreadable(&error)),
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::read(file, text, environment, overrides),
            Err(error) => {
                let before = bytes.iter().take(error.valid_up_to());
                let line = before.filter(|byte| **byte == b'\n').count() + 1;
                refuse(
                    Place::Line { file: file.to_owned(), line },
                    Refusal::new("is not UTF-8", "save the file in UTF-8"),
                )
            }
        }
    }

    /// The same from the text of a file called `name`; relative paths in it are relative to the folder of `name`.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn from_text(
        name: &str,
        text: &str,
        environment: &Environment,
        overrides: &Overrides,
    ) -> Result<Self, ConfigErrors> {
        Self::read(Path::new(name), text, environment, overrides)
    }

    /// The configuration that the environment alone gives, as in a container that has no file. Relative paths are relative to the working directory.
    ///
    /// # Errors
    ///
    /// Everything that is wrong or missing, at once.
    pub fn from_environment(environment: &Environment, overrides: &Overrides) -> Result<Self, ConfigErrors> {
        let mut layers = Layers::new(Place::EnvironmentAlone);
        layers.overlay(environment);
        layers.override_with(overrides);
        Self::settle(layers)
    }

    /// The configuration for trying the product out: nothing to set up, loopback only, no mail, `login` as the one
    /// admin on the console.
    ///
    /// # Errors
    ///
    /// Where `listen` is not loopback, or `login` is empty.
    pub fn try_out(data_dir: &Path, listen: SocketAddr, login: &str) -> Result<Self, ConfigErrors> {
        if !listen.ip().is_loopback() {
            let refusal = Refusal::new(
                format!(
                    "{listen} can be reached from other machines, and try-out mode is for this machine only"
                ),
                "use 127.0.0.1 or [::1], or write a config with `reset-link init`",
            );
            return Err(Problem::new(Place::CommandLine("--listen"), "server.listen", refusal).into());
        }
        let mut layers = Layers::new(Place::TryOut);
        let url = format!("http://{listen}");
        for (section, key, value) in [
            ("organisation", "name", "Example Help Desk"),
            ("organisation", "support", "Call the example help desk: +44 20 7946 0000."),
            ("server", "public_url", url.as_str()),
        ] {
            layers.put(section, key, Entry { place: Place::TryOut, given: value.into() });
        }
        let allowed = Given::List(vec![(0, login.into())]);
        layers.put("console", "enabled", Entry { place: Place::TryOut, given: Given::Boolean(true) });
        layers.put("console", "allow", Entry { place: Place::TryOut, given: allowed });
        layers.override_with(&Overrides { data: Some(data_dir.to_owned()), listen: Some(listen) });
        Self::settle(layers)
    }

    fn read(
        file: &Path,
        text: &str,
        environment: &Environment,
        overrides: &Overrides,
    ) -> Result<Self, ConfigErrors> {
        let mut layers = Layers::new(Place::File(file.to_owned()));
        document::read(file, text, &mut layers)?;
        layers.overlay(environment);
        layers.override_with(overrides);
        Self::settle(layers)
    }

    /// Reads every section, so that all problems are found, and then has a configuration or the problems.
    fn settle(mut layers: Layers) -> Result<Self, ConfigErrors> {
        let organisation = Organisation::read(&mut layers.section("organisation"));
        let server = Server::read(&mut layers.section("server"));
        let data = Data::read(&mut layers.section("data"));
        let keys = Keys::read(&mut layers.section("keys"), &data.dir);
        let links = Links::read(&mut layers.section("links"));
        let limits = Limits::read(&mut layers.section("limits"));
        let with_mail = layers.section_place("mail").cloned();
        let mail = with_mail.as_ref().map(|_| Mail::read(&mut layers.section("mail")));
        let contacts = Contacts::read(&mut layers.section("contacts"), &data.dir);
        let passwords = Passwords::read(&mut layers.section("passwords"));
        let ledger = Ledger::read(&mut layers.section("ledger"), &data.dir);
        let audit = Audit::read(&mut layers.section("audit"), &data.dir);
        let console = Console::read(&mut layers.section("console"));
        let log = Log::read(&mut layers.section("log"));
        let admins: Vec<_> = layers.each("admins", ConfiguredAdmin::read).into_iter().flatten().collect();
        let on_discord = layers.section_place("discord").cloned();
        let discord = on_discord.as_ref().map(|_| Discord::read(&mut layers.section("discord")));
        let bot = Bot::read(&mut layers.section("bot"));
        let on_slack = layers.section_place("slack").cloned();
        let slack = on_slack.as_ref().map(|_| Slack::read(&mut layers.section("slack")));
        let on_mattermost = layers.section_place("mattermost").cloned();
        let mattermost = on_mattermost.as_ref().map(|_| Mattermost::read(&mut layers.section("mattermost")));
        let chats = [
            discord.as_ref().and_then(Option::as_ref).map(|discord| Chat {
                section: "discord",
                keys: ["allow_roles", "allow_users"],
                names_somebody: discord.names_somebody()
                    || admins.iter().any(|admin| admin.discord.is_some()),
                has_approvals: discord.approvals_channel.is_some(),
            }),
            slack.as_ref().and_then(Option::as_ref).map(|slack| Chat {
                section: "slack",
                keys: ["allow_groups", "allow_users"],
                names_somebody: slack.names_somebody() || admins.iter().any(|admin| admin.slack.is_some()),
                has_approvals: slack.approvals_channel.is_some(),
            }),
            mattermost.as_ref().and_then(Option::as_ref).map(|mattermost| Chat {
                section: "mattermost",
                keys: ["allow_users", "allow_users"],
                names_somebody: !mattermost.allow_users.is_empty()
                    || admins.iter().any(|admin| admin.mattermost.is_some()),
                has_approvals: mattermost.approvals_channel.is_some(),
            }),
        ];
        let chats: Vec<Chat> = chats.into_iter().flatten().collect();
        check_persons(&mut layers, &admins, &chats);
        check_approvals(&mut layers, &links, &chats);
        if let Some(place) = with_mail.filter(|_| !layers.section("organisation").has("mail_from")) {
            let refusal = Refusal::new(
                "is not set, and [mail] needs a sender",
                layers.how_to_give("organisation", "mail_from", "Help Desk <help@example.com>"),
            );
            layers.refuse(Problem::new(place, "organisation.mail_from", refusal));
        }
        ConfigErrors::none_of(layers.problems)?;
        Ok(Self {
            organisation: organisation.expect(READ),
            server: server.expect(READ),
            data,
            keys,
            links,
            limits,
            mail: mail.map(|mail| mail.expect(READ)),
            contacts,
            passwords,
            ledger,
            audit,
            console,
            admins,
            discord: discord.map(|discord| discord.expect(READ)),
            bot,
            slack: slack.map(|slack| slack.expect(READ)),
            mattermost: mattermost.map(|mattermost| mattermost.expect(READ)),
            log,
        })
    }
}

/// What the chat platforms have in common.
struct Chat {
    section: &'static str,
    /// Who may, beside persons.
    keys: [&'static str; 2],
    names_somebody: bool,
    has_approvals: bool,
}

/// Nobody is two persons, and a chat in which nobody may do anything is a mistake.
fn check_persons(layers: &mut Layers, admins: &[ConfiguredAdmin], chats: &[Chat]) {
    let origin = layers.section("admins").place.clone();
    let mut refuse = |key, refusal| layers.refuse(Problem::new(origin.clone(), key, refusal));
    check_that_they_differ(admins, &mut refuse);
    for chat in chats.iter().filter(|chat| !chat.names_somebody) {
        let mut section = layers.section(chat.section);
        if chat.keys.iter().any(|key| section.is_refused(key)) {
            continue;
        }
        let [groups, users] = chat.keys;
        let one = groups.trim_start_matches("allow_").trim_end_matches('s');
        let groups_too =
            if groups == users { String::new() } else { format!("{groups} = [\"<{one} id>\"] or ") };
        let cure = format!(
            "add {groups_too}{users} = [\"<user id>\"], or {} = \"<user id>\" to an [[admins]]",
            chat.section
        );
        section.refuse(groups, Refusal::new("names nobody who may issue links", cure));
    }
}

/// Where a second person must agree, there is a place to ask them.
fn check_approvals(layers: &mut Layers, links: &Links, chats: &[Chat]) {
    if chats.iter().any(|chat| chat.has_approvals) {
        return;
    }
    let wanted = [
        ("hand_over", links.hand_over == HandOver::Approve),
        ("for_protected", links.for_protected == ForProtected::Approve),
    ];
    for (key, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
        let cause = "is \"approve\", and no chat has a place where a second person is asked";
        let cure = "set approvals_channel of a chat ([discord], [slack] or [mattermost]) to a channel's id, or choose another value";
        layers.section("links").refuse(key, Refusal::new(cause, cure));
    }
}

/// Why a section is there once no problem is on record.
const READ: &str = "a section is read, or a problem is on record";

fn unreadable(error: &std::io::Error) -> Refusal {
    let cure = "name another file with --config or RESET_LINK_CONFIG";
    match error.kind() {
        ErrorKind::NotFound => {
            Refusal::new("no such file", format!("`reset-link init` writes one, or {cure}"))
        }
        kind => Refusal::new(format!("cannot be read ({kind})"), format!("mend that, or {cure}")),
    }
}
