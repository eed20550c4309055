//! What each role needs, as a type of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::contacts_by_role::{CommonContacts, refuse_odd_halves, refuse_timeout_beyond_lease};
use crate::key::Role;
use crate::layers::Layers;
use crate::secret::GivenSecret;
use crate::sections::admins::{self, ConfiguredAdmin};
use crate::sections::console::{self, Console};
use crate::sections::contacts::{self, Contacts, ProtectedContacts};
use crate::sections::data::{self, Data};
use crate::sections::discord::{self, Discord};
use crate::sections::keys::{self, CommonKeys, PublicKeys, SigningKeys};
use crate::sections::ledger::{self, Ledger};
use crate::sections::limits::{self, IssuingLimits, RequestLimits};
use crate::sections::links::{self, Links};
use crate::sections::log::{self, Log};
use crate::sections::mail::{self, Mail};
use crate::sections::mattermost::{self, Mattermost};
use crate::sections::organisation::{self, Organisation};
use crate::sections::passwords::{self, Passwords};
use crate::sections::self_service::{self, Forgot, SelfServicePages};
use crate::sections::server::{self, Server};
use crate::sections::slack::{self, Slack};
use crate::sections::{audit, bot};
use crate::web_address::PublicUrl;

/// What the bot needs: it decides, mints links, mails them or hands them over.
#[derive(Debug, Clone)]
pub struct Bot {
    /// In whose name mails speak.
    pub organisation: Organisation,
    /// `server.public_url`: what every link begins with.
    pub public_url: PublicUrl,
    /// Where everything that has no path of its own is kept.
    pub data: Data,
    /// The key that signs links, and those whose links are accepted.
    pub keys: SigningKeys,
    /// How long a link lives, and what becomes of one that cannot be e-mailed.
    pub links: Links,
    /// How many links and searches.
    pub limits: IssuingLimits,
    /// `self_service.forgot`: what becomes of a contact who says on the page that they forgot their password.
    pub forgot: Forgot,
    /// Absent: no mail server is configured, every link is handed over.
    pub mail: Option<Mail>,
    /// The contact directory.
    pub contacts: Contacts,
    /// For whom a link needs more than one admin.
    pub protected: ProtectedContacts,
    /// `ledger.dir`: where the redeem server publishes for which ledger links are made.
    pub ledger_dir: PathBuf,
    /// `audit.file`: where it writes what happened.
    pub audit_file: PathBuf,
    /// A chat on standard input.
    pub console: Console,
    /// Persons with accounts on several platforms.
    pub admins: Vec<ConfiguredAdmin>,
    /// Absent: no bot on Discord.
    pub discord: Option<Discord>,
    /// Absent: no app on Slack.
    pub slack: Option<Slack>,
    /// Absent: no bot on Mattermost.
    pub mattermost: Option<Mattermost>,
    /// `bot.listen`: for chat platforms that call us. Nothing listens there unless such a platform is on.
    pub listen: SocketAddr,
    /// How much is logged.
    pub log: Log,
    /// Every secret that was given, the redeem server's too where both are in one process, for whoever looks whether others can read it.
    pub secrets: Vec<GivenSecret>,
}

/// What the redeem server needs: it takes links and sets passwords, and cannot make a link.
#[derive(Debug, Clone)]
pub struct RedeemServer {
    /// In whose name pages speak.
    pub organisation: Organisation,
    /// Where it listens, and how it is reached.
    pub server: Server,
    /// Where everything that has no path of its own is kept.
    pub data: Data,
    /// The keys whose links are accepted.
    pub keys: PublicKeys,
    /// How many requests.
    pub limits: RequestLimits,
    /// Pages on which contacts help themselves.
    pub self_service: SelfServicePages,
    /// The contact directory.
    pub contacts: Contacts,
    /// The rules for a new password.
    pub passwords: Passwords,
    /// Which links have been used.
    pub ledger: Ledger,
    /// `audit.redeem_file`: where it writes what happened.
    pub audit_file: PathBuf,
    /// How much is logged.
    pub log: Log,
}

/// What a process needs that is both. What both need is the same in both.
#[derive(Debug, Clone)]
pub struct AllInOne {
    /// What the bot needs.
    pub bot: Bot,
    /// What the redeem server needs.
    pub redeem_server: RedeemServer,
}

/// A type of settings, by whose role a config is read. Sealed: there are [`AllInOne`], [`Bot`] and [`RedeemServer`].
pub trait Settings: Sized + private::Read {}

impl Settings for AllInOne {}
impl Settings for Bot {}
impl Settings for RedeemServer {}

pub(crate) mod private {
    use crate::key::Role;
    use crate::layers::Layers;

    /// How the sections of a role are read.
    pub trait Read: Sized {
        /// Whose settings these are.
        const ROLE: Role;

        /// Reads every section, so that all problems are found. `None` only where a problem is on record.
        fn read(layers: &mut Layers) -> Option<Self>;
    }
}

impl private::Read for AllInOne {
    const ROLE: Role = Role::AllInOne;

    fn read(layers: &mut Layers) -> Option<Self> {
        let common = Common::read(layers);
        let signing = SigningKeys::read(&mut layers.section(keys::TABLE), &common.keys, &common.data.dir);
        let public = PublicKeys::beside(&mut layers.section(keys::TABLE), &signing);
        let mut section = layers.section(audit::TABLE);
        let audit_file = audit::bot_file(&mut section, &common.data.dir);
        let redeem_audit_file = audit::redeem_file(&mut section, &common.data.dir);
        audit::refuse_one_for_both(&mut section, &audit_file, &redeem_audit_file);
        let bot = read_bot(layers, &common, signing, audit_file);
        let redeem_server = read_redeem_server(layers, &common, public, redeem_audit_file);
        let (mut bot, redeem_server) = (bot?, redeem_server?);
        refuse_odd_halves(layers, &bot.contacts, &redeem_server.contacts);
        bot.secrets = layers.secrets.clone();
        Some(Self { bot, redeem_server })
    }
}

impl private::Read for Bot {
    const ROLE: Role = Role::Bot;

    fn read(layers: &mut Layers) -> Option<Self> {
        let common = Common::read(layers);
        let signing = SigningKeys::read(&mut layers.section(keys::TABLE), &common.keys, &common.data.dir);
        let audit_file = audit::bot_file(&mut layers.section(audit::TABLE), &common.data.dir);
        read_bot(layers, &common, signing, audit_file)
    }
}

impl private::Read for RedeemServer {
    const ROLE: Role = Role::RedeemServer;

    fn read(layers: &mut Layers) -> Option<Self> {
        let common = Common::read(layers);
        let public = PublicKeys::alone(&mut layers.section(keys::TABLE), &common.keys, &common.data.dir);
        let audit_file = audit::redeem_file(&mut layers.section(audit::TABLE), &common.data.dir);
        read_redeem_server(layers, &common, public, audit_file)
    }
}

/// What both halves need. It is read once, so that each of its problems is told once.
struct Common {
    organisation: Option<Organisation>,
    public_url: Option<PublicUrl>,
    data: Data,
    keys: CommonKeys,
    forgot: Forgot,
    contacts: CommonContacts,
    ledger_dir: PathBuf,
    log: Log,
}

impl Common {
    fn read(layers: &mut Layers) -> Self {
        let organisation = Organisation::read(&mut layers.section(organisation::TABLE));
        let public_url = server::public_url(&mut layers.section(server::TABLE));
        let data = Data::read(&mut layers.section(data::TABLE));
        Self {
            organisation,
            public_url,
            keys: CommonKeys::read(&mut layers.section(keys::TABLE), &data.dir),
            forgot: self_service::forgot(&mut layers.section(self_service::TABLE)),
            contacts: CommonContacts::read(layers, &data.dir),
            ledger_dir: ledger::dir(&mut layers.section(ledger::TABLE), &data.dir),
            log: Log::read(&mut layers.section(log::TABLE)),
            data,
        }
    }
}

fn read_bot(layers: &mut Layers, common: &Common, keys: SigningKeys, audit_file: PathBuf) -> Option<Bot> {
    let links = Links::read(&mut layers.section(links::TABLE));
    let limits = IssuingLimits::read(&mut layers.section(limits::TABLE));
    let mail = layers.optional(mail::TABLE, Mail::read);
    let contacts = common.contacts.for_bot(layers);
    let protected = ProtectedContacts::read(&mut layers.section(contacts::TABLE));
    let console = Console::read(&mut layers.section(console::TABLE));
    let admins: Vec<_> = layers.each(admins::TABLE, ConfiguredAdmin::read).into_iter().flatten().collect();
    let discord = layers.optional(discord::TABLE, Discord::read);
    let listen = bot::listen(&mut layers.section(bot::TABLE));
    let slack = layers.optional(slack::TABLE, Slack::read);
    let mattermost = layers.optional(mattermost::TABLE, Mattermost::read);
    admins::refuse_doubles(&mut layers.section(admins::TABLE), &admins);
    let has_account = |account: fn(&ConfiguredAdmin) -> Option<&String>| {
        admins.iter().any(|admin| account(admin).is_some())
    };
    let chats = [
        discord.read().map(|discord| (discord.in_common(), has_account(|admin| admin.discord.as_ref()))),
        slack.read().map(|slack| (slack.in_common(), has_account(|admin| admin.slack.as_ref()))),
        mattermost
            .read()
            .map(|mattermost| (mattermost.in_common(), has_account(|admin| admin.mattermost.as_ref()))),
    ];
    let chats: Vec<_> = chats.into_iter().flatten().collect();
    for (chat, has_account) in &chats {
        if !chat.names_somebody && !has_account {
            chat.refuse_nobody(&mut layers.section(chat.table));
        }
    }
    if !chats.iter().any(|(chat, _)| chat.has_approvals) {
        links.refuse_approval(&mut layers.section(links::TABLE));
    }
    if common.forgot == Forgot::Ask && !console.enabled && !chats.iter().any(|(chat, _)| chat.has_requests) {
        self_service::refuse_asking(&mut layers.section(self_service::TABLE));
    }
    if let Some(place) = layers.section_place(mail::TABLE).cloned() {
        organisation::require_sender(&mut layers.section(organisation::TABLE), place);
    }
    Some(Bot {
        organisation: common.organisation.clone()?,
        public_url: common.public_url.clone()?,
        data: common.data.clone(),
        keys,
        links,
        limits,
        forgot: common.forgot,
        mail: mail.unless_refused()?,
        contacts: contacts?,
        protected,
        ledger_dir: common.ledger_dir.clone(),
        audit_file,
        console,
        admins,
        discord: discord.unless_refused()?,
        slack: slack.unless_refused()?,
        mattermost: mattermost.unless_refused()?,
        listen,
        log: common.log.clone(),
        secrets: layers.secrets.clone(),
    })
}

fn read_redeem_server(
    layers: &mut Layers,
    common: &Common,
    keys: PublicKeys,
    audit_file: PathBuf,
) -> Option<RedeemServer> {
    let server = Server::read(&mut layers.section(server::TABLE), common.public_url.clone());
    let limits = RequestLimits::read(&mut layers.section(limits::TABLE));
    let self_service = SelfServicePages::read(&mut layers.section(self_service::TABLE), common.forgot);
    let contacts = common.contacts.for_redeem_server(layers);
    let passwords = Passwords::read(&mut layers.section(passwords::TABLE));
    let ledger = Ledger::read(&mut layers.section(ledger::TABLE), common.ledger_dir.clone());
    if let Some(contacts) = &contacts {
        refuse_timeout_beyond_lease(layers, contacts, ledger.lease);
    }
    Some(RedeemServer {
        organisation: common.organisation.clone()?,
        server: server?,
        data: common.data.clone(),
        keys,
        limits,
        self_service,
        contacts: contacts?,
        passwords,
        ledger,
        audit_file,
        log: common.log.clone(),
    })
}
