//! Files that are whole or not there: neither a crash nor a full disk leaves half of one under its name.
//!
//! The content is written and fsynced under another name in the same folder, then gets its own name in one step, and the folder is fsynced.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Writes a file that is not there yet, on disk before this returns. The folder must be there. `mode` is narrowed by the process's umask.
///
/// # Errors
/// `AlreadyExists`: what is there is left as it is. Otherwise the system's own words; nothing is there then.
pub fn create(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    // Told without writing anything: the folder may be one that nobody here writes to. Who is first is decided below.
    if path.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let unnamed = Unnamed::write(path, mode, content)?;
    // A link, not a rename: a rename would take the place of a file that somebody else has just made.
    match fs::hard_link(&unnamed.0, path) {
        // Not every file system has links.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
            fs::rename(&unnamed.0, path)?;
        }
        linked => linked?,
    }
    drop(unnamed);
    sync_folder(path)
}

/// Writes a file in the place of whatever is there, on disk before this returns. The folder must be there.
///
/// # Errors
/// The system's own words; what was there before is still there then, as it was.
pub fn replace(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let unnamed = Unnamed::write(path, mode, content)?;
    fs::rename(&unnamed.0, path)?;
    drop(unnamed);
    sync_folder(path)
}

/// A file that has its content and not yet its name. Removed when dropped, where it is still there.
struct Unnamed(PathBuf);

impl Unnamed {
    fn write(path: &Path, mode: u32, content: &[u8]) -> io::Result<Self> {
        let name =
            path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "no file's name"))?;
        let mut other = OsString::from(".");
        other.push(name);
        other.push(format!(".new-{}", std::process::id()));
        let other = folder(path).join(other);
        let open = || OpenOptions::new().write(true).create_new(true).mode(mode).open(&other);
        let mut file = match open() {
            // Of a process that had our number and did not come to the end.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&other)?;
                open()?
            }
            opened => opened?,
        };
        let unnamed = Self(other);
        file.write_all(content)?;
        file.sync_all()?;
        Ok(unnamed)
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_file_is_created_once_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create(&path, 0o600, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create(&path, 0o600, b"two").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, 0o640, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a"], "nothing else stays");
    }

    #[test]
    fn what_is_there_is_told_without_a_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create(&path, 0o600, b"one").unwrap();
        // Nothing can be written under the other name now, as in a folder that is somebody else's.
        fs::create_dir(folder.path().join(format!(".a.new-{}", std::process::id()))).unwrap();
        assert_eq!(create(&path, 0o600, b"two").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(replace(&path, 0o600, b"two").is_err());
    }

    #[test]
    fn what_a_process_of_our_number_left_behind_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!(".a.new-{}", std::process::id()));
        fs::write(&left, "half").unwrap();
        create(&folder.path().join("a"), 0o600, b"whole").unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::create_dir(&path).unwrap();
        // No file takes a folder's name: the last step fails.
        assert!(replace(&path, 0o600, b"two").is_err());
        assert!(create(&path, 0o600, b"two").is_err());
        assert_eq!(names(folder.path()), ["a"]);
        assert!(path.is_dir());
    }
}
