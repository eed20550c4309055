//! Try-out mode: which folder is its own, where it listens, its settings.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use config::AllInOne;
use keys::whole_file;
use reset_link::exit_error::ExitError;
use reset_link::os_user;
use tokio::net::TcpListener;

use crate::cli::SettingsArgs;

/// Where it keeps everything unless `--data` says otherwise. Not `data`, which is what a config makes.
const FOLDER: &str = "try-out";

/// Where it listens unless something else does.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// How many ports from that one on are tried before any free one will do.
const PORTS: u16 = 20;

/// Where `run` listens, from which the public URL follows: other commands read it here. It also marks a folder as the try-out's own.
const LISTEN_FILE: &str = "try-out-listen";

pub(crate) fn data(args: &SettingsArgs) -> PathBuf {
    args.data.clone().unwrap_or_else(|| PathBuf::from(FOLDER))
}

/// Refuses a folder that is not the try-out's own: its console is open to whoever starts it, and contacts that a config made are real.
///
/// # Errors
/// Where something is in the folder and the mark is not.
pub(crate) fn check(data: &Path) -> Result<(), ExitError> {
    let is_its_own = data.join(LISTEN_FILE).exists()
        || match fs::read_dir(data) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
    if is_its_own {
        return Ok(());
    }
    Err(ExitError::misused(format!(
        "{}: this folder is not the try-out's: a config file made it, or something else did; name that config file with --config, or another folder with --data",
        data.display()
    )))
}

/// Makes the folder and marks it, before anything else comes to stand in it.
pub(crate) fn claim(data: &Path, listen: SocketAddr) -> Result<(), ExitError> {
    if data.join(LISTEN_FILE).exists() {
        return Ok(());
    }
    remember(data, listen)
}

/// Remembers where it listens, for other commands and for the next start: the links of before go on leading here.
pub(crate) fn remember(data: &Path, listen: SocketAddr) -> Result<(), ExitError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| data.display().to_string())?;
    let file = data.join(LISTEN_FILE);
    whole_file::replace(&file, 0o644, format!("{listen}\n").as_bytes())
        .with_context(|| file.display().to_string())?;
    Ok(())
}

/// Where it listened last.
pub(crate) fn listened(data: &Path) -> Option<SocketAddr> {
    fs::read_to_string(data.join(LISTEN_FILE)).ok().and_then(|text| text.trim().parse().ok())
}

/// Takes the mark from a folder that a config uses from now on. Whether there was one.
pub(crate) fn give_up(data: &Path) -> bool {
    fs::remove_file(data.join(LISTEN_FILE)).is_ok()
}

/// Its settings, once it is known where it listens.
pub(crate) fn config(data: &Path, listen: SocketAddr) -> Result<AllInOne, ExitError> {
    config::try_out(data, listen, &os_user::login()).map_err(ExitError::misused)
}

/// Where to listen, the best address first: where it listened last, then a few ports from the usual one on, then any.
pub(crate) fn addresses(last: Option<SocketAddr>) -> Vec<SocketAddr> {
    let usual = (0..PORTS).map(|offset| SocketAddr::new(LISTEN.ip(), LISTEN.port().saturating_add(offset)));
    last.into_iter().chain(usual).chain([SocketAddr::new(LISTEN.ip(), 0)]).collect()
}

/// Listens at the first of these addresses that is free; with it, the first one where somebody else listens.
///
/// # Errors
/// Where none will do, or for another reason than that somebody else listens there.
pub(crate) async fn listen(addresses: &[SocketAddr]) -> Result<(TcpListener, Option<SocketAddr>), ExitError> {
    let mut occupied = None;
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok((listener, occupied)),
            Err(error) if error.kind() == ErrorKind::AddrInUse => occupied = occupied.or(Some(*address)),
            Err(error) => {
                return Err(anyhow::Error::new(error)
                    .context(format!("{address}: cannot listen here"))
                    .into());
            }
        }
    }
    Err(ExitError::misused("no port of this machine is free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_try_outs_own_only_where_the_try_out_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        check(&data).unwrap();
        fs::create_dir(&data).unwrap();
        check(&data).unwrap();
        // As `init` leaves it.
        fs::create_dir(data.join("keys")).unwrap();
        let refused = check(&data).unwrap_err();
        assert!(refused.error.to_string().contains("--config"), "{:#}", refused.error);

        let own = folder.path().join("try-out");
        claim(&own, LISTEN).unwrap();
        fs::create_dir(own.join("keys")).unwrap();
        check(&own).unwrap();
        assert!(give_up(&own), "a config uses it from now on");
        assert!(check(&own).is_err() && !give_up(&own));
    }

    #[test]
    fn where_it_listened_comes_before_where_it_usually_does() {
        let folder = tempfile::tempdir().unwrap();
        let last: SocketAddr = "127.0.0.1:4321".parse().unwrap();
        remember(folder.path(), last).unwrap();
        claim(folder.path(), LISTEN).unwrap();
        assert_eq!(listened(folder.path()), Some(last));
        let addresses = addresses(listened(folder.path()));
        assert_eq!(addresses.get(..3).unwrap(), [last, LISTEN, "127.0.0.1:8081".parse().unwrap()]);
        assert_eq!(addresses.last().unwrap().port(), 0);
    }

    #[tokio::test]
    async fn where_somebody_else_listens_the_next_place_is_taken() {
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let (other, nobody) = listen(&[any]).await.unwrap();
        assert_eq!(nobody, None);
        let taken = other.local_addr().unwrap();
        let (listener, told) = listen(&[taken, any]).await.unwrap();
        assert_eq!(told, Some(taken));
        assert_ne!(listener.local_addr().unwrap(), taken);
        assert!(listen(&[taken]).await.is_err());
    }
}
