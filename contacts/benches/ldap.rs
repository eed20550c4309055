//! What a look-up costs in an LDAP directory with a thousand entries and with a hundred thousand, in the same run.
//!
//! `cargo bench -p reset-link-contacts --bench ldap` needs Debian's slapd. It starts one of its own with two databases, indexed as docs/directories/openldap.md
//! says, in a folder that is gone at the end, and prints medians of both, taken in turn. The limit: what both processes have of the processor for an entry among
//! many is at most 1.2 times what it is among few. With another number behind `--` so many entries stand for the hundred thousand.
#![expect(clippy::print_stdout, reason = "a benchmark's report")]

use std::fs;
use std::io::{BufWriter, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use config::{LdapAccountSettings, LdapContacts, LdapFlavour, Secret};
use keys::{ContactId, NormalisedEmail};
use reset_link_contacts::{ContactLookup as _, EmailSharing, Found, LdapContactLookup};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
const ROUNDS: usize = 101;
const CALLS: usize = 10;
const LIMIT: f64 = 1.2;
const PASSWORD: &str = "password of the reader";

/// A server that ends with it.
struct Slapd(Child);

impl Drop for Slapd {
    fn drop(&mut self) {
        // One that is gone already needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A directory with so many contacts.
struct Directory {
    lookup: LdapContactLookup,
    contacts: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let many = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(MANY);
    let folder = tempfile::tempdir().expect("a folder");
    let sizes = [("few", FEW), ("many", many)];
    let conf = write_settings(folder.path(), sizes.map(|(name, _)| name));
    for (name, contacts) in sizes {
        load(folder.path(), &conf, name, contacts);
    }
    let (slapd, url) = start(&conf);
    let [few, many] = [open(&url, sizes[0]).await, open(&url, sizes[1]).await];
    let server = slapd.0.id();

    let mut is_good = true;
    let mut report = |what: &str, (of_few, of_many, ratio): (Duration, Duration, f64)| {
        println!("{what:40} {of_few:>10.2?} {of_many:>10.2?}  {ratio:.2} (limit {LIMIT})");
        is_good &= ratio <= LIMIT;
    };
    report("by id", in_turn(server, &few, &many, by_id).await);
    report("who else has an e-mail", in_turn(server, &few, &many, by_email).await);
    report("both, as for a link that is issued", in_turn(server, &few, &many, as_for_a_link).await);
    report("an id that nobody has", in_turn(server, &few, &many, nobody).await);
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn by_id(directory: &Directory, n: usize) {
    let id = format!("user{}", n * 7_919 % directory.contacts);
    let found = directory.lookup.find(&id).await.expect("an answer");
    assert!(matches!(found, Found::One(contact) if contact.id.as_str() == id));
}

async fn by_email(directory: &Directory, n: usize) {
    let n = n * 7_919 % directory.contacts;
    let email = NormalisedEmail::new(&format!("user{n}@example.org")).expect("an address");
    let except = ContactId::new(format!("user{n}")).expect("an id");
    let others = directory.lookup.others_with_email(&email, &except).await.expect("an answer");
    assert_eq!(others, EmailSharing::With(Vec::new()));
}

async fn as_for_a_link(directory: &Directory, n: usize) {
    by_id(directory, n).await;
    by_email(directory, n).await;
}

async fn nobody(directory: &Directory, n: usize) {
    assert!(matches!(directory.lookup.find(&format!("nobody{n}")).await, Ok(Found::Nobody)));
}

/// The medians of the times, and the median of the ratios of what both processes took of the processor: how long a call waits for a busy machine says nothing.
async fn in_turn(
    server: u32,
    few: &Directory,
    many: &Directory,
    ask: impl AsyncFn(&Directory, usize),
) -> (Duration, Duration, f64) {
    let (mut of_few, mut of_many, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (few_took, few_worked) = timed(server, few, round, &ask).await;
        let (many_took, many_worked) = timed(server, many, round, &ask).await;
        of_few.push(few_took);
        of_many.push(many_took);
        ratios.push(many_worked.as_secs_f64() / few_worked.as_secs_f64());
    }
    of_few.sort();
    of_many.sort();
    ratios.sort_by(f64::total_cmp);
    (of_few[ROUNDS / 2], of_many[ROUNDS / 2], ratios[ROUNDS / 2])
}

/// How long a call took, and how long all threads of both processes worked meanwhile.
async fn timed(
    server: u32,
    directory: &Directory,
    round: usize,
    ask: &impl AsyncFn(&Directory, usize),
) -> (Duration, Duration) {
    let worked = || worked("self") + worked(&server.to_string());
    let (begun, before) = (Instant::now(), worked());
    for call in 0..CALLS {
        ask(directory, round * CALLS + call).await;
    }
    (begun.elapsed() / CALLS as u32, worked() - before)
}

/// What a process's threads have had of the processor (proc_pid_schedstat, in nanoseconds).
fn worked(process: &str) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("Linux").flatten();
    let schedstats = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    let nanoseconds = schedstats.filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok());
    Duration::from_nanos(nanoseconds.sum())
}

/// The server's settings: a database for each name.
fn write_settings(folder: &Path, names: [&str; 2]) -> String {
    let schema =
        ["core", "cosine", "inetorgperson"].map(|name| format!("include /etc/ldap/schema/{name}.schema"));
    let mut conf =
        format!("{}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n", schema.join("\n"));
    for name in names {
        let data = folder.join(name);
        fs::create_dir(&data).expect("a folder");
        conf += &format!(
            "database mdb\nsuffix \"dc={name},dc=org\"\ndirectory {}\nmaxsize 2147483648\ndbnosync\n\
             index objectClass eq\nindex uid,mail eq,sub\nindex cn sub\noverlay ppolicy\n\
             access to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n",
            data.display()
        );
    }
    let file = folder.join("slapd.conf");
    fs::write(&file, conf).expect("a file");
    file.display().to_string()
}

fn load(folder: &Path, conf: &str, name: &str, contacts: usize) {
    let begun = Instant::now();
    let ldif = folder.join(format!("{name}.ldif"));
    let mut file = BufWriter::new(fs::File::create(&ldif).expect("a file"));
    write!(
        file,
        "dn: dc={name},dc=org\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: {name}\n\n\
         dn: cn=bot,dc={name},dc=org\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: bot\nuserPassword: {PASSWORD}\n\n\
         dn: ou=people,dc={name},dc=org\nobjectClass: organizationalUnit\nou: people\n\n"
    )
    .expect("room");
    for n in 0..contacts {
        write!(
            file,
            "dn: uid=user{n},ou=people,dc={name},dc=org\nobjectClass: inetOrgPerson\nuid: user{n}\ncn: Name {n}\nsn: {n}\n\
             mail: user{n}@example.org\npwdChangedTime: 20200101000000Z\n\n"
        )
        .expect("room");
    }
    drop(file);
    let suffix = format!("dc={name},dc=org");
    let slapadd =
        Command::new("/usr/sbin/slapadd").args(["-q", "-f", conf, "-b", &suffix, "-l"]).arg(&ldif).status();
    assert!(slapadd.expect("slapadd").success());
    println!("{contacts} entries: loaded in {:.1?}", begun.elapsed());
}

fn start(conf: &str) -> (Slapd, String) {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).expect("a port").port();
    let url = format!("ldap://127.0.0.1:{port}");
    let mut slapd = Command::new("/usr/sbin/slapd");
    let slapd = slapd.args(["-f", conf, "-h", &url, "-d", "0"]).stderr(Stdio::null()).spawn().expect("slapd");
    let slapd = Slapd(slapd);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "slapd did not come up");
        std::thread::sleep(Duration::from_millis(20));
    }
    (slapd, url)
}

async fn open(url: &str, (name, contacts): (&str, usize)) -> Directory {
    let account = LdapAccountSettings {
        dn: format!("cn=bot,dc={name},dc=org"),
        password: Secret::new(PASSWORD),
        key: "contacts.reader_dn",
    };
    let base = format!("ou=people,dc={name},dc=org");
    let settings = LdapContacts::new(LdapFlavour::OpenLdap, url, &base, account);
    Directory { lookup: LdapContactLookup::open(&settings).await.expect("a directory"), contacts }
}
