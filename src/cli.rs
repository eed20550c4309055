//! The command line: what may be typed, and what its help says.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};

/// Password resets from chat: a signed link that works once, for 15 minutes, with no token table.
///
/// Without a command it runs. Settings come from the file that --config names, else from ./reset-link.toml, else from /etc/reset-link/reset-link.toml, else
/// from RESET_LINK_ variables alone. Where there is none of these it runs in try-out mode: sample contacts, a console on standard input, everything in
/// ./try-out, reachable from this machine only.
#[derive(Debug, Parser)]
#[command(name = "reset-link", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where settings and data come from.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct SettingsArgs {
    /// The config file; - for none, and RESET_LINK_ variables alone. A file that is named and missing is an error [default: ./reset-link.toml, else
    /// /etc/reset-link/reset-link.toml]
    #[arg(long, value_name = "FILE", env = "RESET_LINK_CONFIG", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub(crate) config: Option<PathBuf>,
    /// The folder for keys, contacts, ledger and audit, over what the config file says [default in try-out mode: try-out]
    #[arg(long, value_name = "DIR", env = "RESET_LINK_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Try-out mode, whatever config file there is
    #[arg(long)]
    pub(crate) try_out: bool,
}

#[derive(Debug, Clone, Args, Default)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Where the redeem server listens, over what the config file says. In try-out mode the public URL follows from it
    #[arg(long, value_name = "ADDR", env = "RESET_LINK_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the bot and the redeem server in one process
    Run(RunArgs),
    /// Write a commented reset-link.toml and make the signing key
    Init {
        /// The folder to write into
        #[arg(long, value_name = "DIR", default_value = ".")]
        dir: PathBuf,
    },
    /// Check everything that can be wrong with settings, files, mail, the page's address and chats
    ///
    /// It changes nothing, and sends no mail. It works before the first start, and while reset-link runs; run it as the user that reset-link runs as. One line
    /// for each thing that was checked: ok, warn or FAIL (with what mends it), or -- where it could not be checked because of another one.
    ///
    /// Exit codes: 0 nothing failed; 1 something did; 2 wrong settings or arguments.
    Doctor {
        /// Answer as JSON: findings (subject, verdict, text, cure), failed, warned, not_checked, invitation
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Issue one link from a shell: same rules, same limits, same audit
    ///
    /// Who you are is your login name on this machine; it must stand in [console] allow, or be the console of an [[admins]].
    ///
    /// Exit codes: 0 the link was e-mailed; 3 it was handed over and is in the output; 4 no link was issued; 2 wrong settings or arguments; 5 something failed.
    #[command(
        after_help = "Examples:\n  reset-link issue --contact ada\n  reset-link issue --contact \"Ada Lovelace\" --json --config /etc/reset-link/reset-link.toml"
    )]
    Issue {
        /// The contact's id
        #[arg(long, value_name = "ID", allow_hyphen_values = true)]
        contact: Option<String>,
        /// An id without --contact: told how to write it.
        #[arg(hide = true)]
        bare: Option<String>,
        /// Answer as JSON: outcome (mailed, handed_over, refused), reasons, link (when handed over), link_id, expires
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Say what became of a contact's links: the same as /reset-status in chat
    ///
    /// Who you are is your login name on this machine; it must stand in [console] allow.
    ///
    /// Exit codes: 0 said; 4 refused; 2 wrong settings or arguments; 5 something failed.
    Status {
        /// The contact's id
        id: String,
        /// Answer as JSON: outcome (status, refused, failed), reasons, contact, links, the oldest first
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Withdraw all links of a contact that are still good: the same as /reset-revoke in chat
    ///
    /// It works beside a running `reset-link run`, which does it then, and without one. Who you are is your login name on this machine; it must stand in
    /// [console] allow.
    ///
    /// Exit codes: 0 withdrawn; 4 refused; 2 wrong settings or arguments; 5 something failed, and the links may still be good.
    Revoke {
        /// The contact's id
        id: String,
        /// Answer as JSON: outcome (revoked, refused, failed), reasons, contact, in_progress
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Say what a link says, whether it is genuine, and whether it is still good
    ///
    /// The link is read from standard input, or asked for on a terminal; never from the command line, which everybody on this machine can read.
    ///
    /// The signature is checked here with the public key alone; whether the link is still good is asked of the redeem server with a GET, which never uses a
    /// link up.
    ///
    /// Exit codes: 0 genuine and still good; 1 not; 2 wrong settings or arguments; 5 genuine, but the redeem server did not answer.
    Verify {
        /// Only -, for standard input
        #[arg(value_name = "-")]
        link: Option<String>,
        /// A k4.public file to check with, on a machine that has neither config nor secret; may be given several times. No config is read then, and the
        /// redeem server is the one that the link names
        #[arg(long, value_name = "FILE")]
        public_key: Vec<PathBuf>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// The keys that links are signed with
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The record of who reset whom
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The contact directory
    #[command(subcommand)]
    Contacts(ContactsCommand),
    /// The mail server
    #[command(subcommand)]
    Mail(MailCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the public key (PASERK k4.public) and its id (k4.pid): with it anyone can check a link, nobody can make one
    Show {
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that each line of the audit follows from the one before it, and that no two disagree
    ///
    /// With FILEs it needs no config file, no key and no data folder. A consistent chain shows no line changed, removed or slipped in between others. It does
    /// not show that the newest lines were cut off, that the last line was changed while nobody wrote, or that the whole file was computed anew: note the last
    /// hash elsewhere, and compare with --expect.
    ///
    /// Exit codes: 0 consistent; 1 not, or an expected hash is not there; 2 wrong settings or arguments; 5 a file cannot be read.
    Verify {
        /// The files to check, each on its own [default: the two that the settings name]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A last hash that was noted before: it must be the hash of some line. May be given several times
        #[arg(long, value_name = "HASH", allow_hyphen_values = true)]
        expect: Vec<String>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContactsCommand {
    /// Add or update contacts from a CSV file: id,name,email,language; all or nothing, passwords stay as they are
    ///
    /// Commas, `;` or tabs between the columns; UTF-8, or UTF-16 with a byte order mark, as spreadsheets write them.
    Import {
        /// The file
        file: PathBuf,
        /// Skip columns that are not ours, instead of refusing the file
        #[arg(long)]
        ignore_extra_columns: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Show what reset-link sees of the contacts, and whether it may do what it must and nothing more
    ///
    /// For contacts in tables of another application ([contacts] kind = "sql"): both accounts, the mapping, a sample of what is stored, indexes, and what ends
    /// sessions; with an ID that contact as well. Nobody is changed: what must fail is tried on no row. Statements that mend something are printed, and are for
    /// the account to which the tables belong.
    ///
    /// Exit codes: 0 nothing failed; 1 something did, or nobody has this id; 2 wrong settings or arguments; 5 the contacts cannot be read.
    Check {
        /// The contact's id
        #[arg(allow_hyphen_values = true)]
        id: Option<String>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Print the SQL of the views with which neither account needs to read a password hash
    ///
    /// It is for the account to which the table belongs. Set views = true below [contacts] once it has run.
    Views {
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// List e-mails that several contacts have: their links are handed over
    Duplicates {
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// List all contacts
    List {
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Show one contact
    Show {
        /// The contact's id
        id: String,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Say whether the password on standard input is the contact's, in whichever directory: exit code 0 or 1
    CheckPassword {
        /// The contact's id
        id: String,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// Send a test mail step by step, and say which step fails and what usually mends it
    Test {
        /// Where to send it
        address: String,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

pub(crate) fn parse() -> Cli {
    Cli::parse()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_runs() {
        let cli = Cli::try_parse_from(["reset-link", "--data", "d", "--listen", "127.0.0.1:0"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.run.settings.data, Some(PathBuf::from("d")));
        assert!(cli.run.listen.is_some());
        assert!(!cli.run.settings.try_out);
    }

    #[test]
    fn a_hash_and_an_id_may_begin_with_a_hyphen() {
        for arguments in [
            ["reset-link", "audit", "verify", "--expect", "-Hx"],
            ["reset-link", "issue", "--json", "--contact", "-1"],
        ] {
            assert!(Cli::try_parse_from(arguments).is_ok(), "{arguments:?}");
        }
    }
}
