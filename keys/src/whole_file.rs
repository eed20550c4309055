//! Files that are whole or not there: neither a crash nor a full disk leaves half of one under its name.
//!
//! The content is written and fsynced under another name in the same folder, then gets its own name in one step, and the folder is fsynced.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, RealDisk, folder_of};

/// Writes a file that is not there yet, on disk before this returns. The folder must be there. `mode` is narrowed by the process's umask.
///
/// # Errors
/// `AlreadyExists`: what is there is left as it is. Otherwise the system's own words; nothing is there then.
pub fn create(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    create_on(&RealDisk, path, mode, content)
}

/// Writes a file in the place of whatever is there, on disk before this returns. The folder must be there.
///
/// # Errors
/// The system's own words; what was there before is still there then, as it was.
pub fn replace(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    replace_on(&RealDisk, path, mode, content)
}

/// [`create`], on this disk.
///
/// # Errors
/// Those of [`create`].
pub fn create_on(disk: &dyn Disk, path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    // Told without writing anything: the folder may be one that nobody here writes to. Who is first is decided below.
    if path.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let unnamed = Unnamed::write(disk, path, mode, content)?;
    // A link, not a rename: a rename would take the place of a file that somebody else has just made.
    match disk.hard_link(&unnamed.0, path) {
        // Not every file system has links.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
            disk.rename(&unnamed.0, path)?;
        }
        linked => linked?,
    }
    drop(unnamed);
    disk.sync_folder(folder_of(path))
}

/// [`replace`], on this disk.
///
/// # Errors
/// Those of [`replace`].
pub fn replace_on(disk: &dyn Disk, path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let unnamed = Unnamed::write(disk, path, mode, content)?;
    disk.rename(&unnamed.0, path)?;
    drop(unnamed);
    disk.sync_folder(folder_of(path))
}

/// A file that has its content and not yet its name. Removed when dropped, where it is still there.
struct Unnamed(PathBuf);

impl Unnamed {
    fn write(disk: &dyn Disk, path: &Path, mode: u32, content: &[u8]) -> io::Result<Self> {
        let name =
            path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "no file's name"))?;
        let mut other = OsString::from(".");
        other.push(name);
        other.push(format!(".new-{}", std::process::id()));
        let other = folder_of(path).join(other);
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
        disk.sync_all(&file)?;
        Ok(unnamed)
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::{Mutex, MutexGuard};

    use super::*;

    /// A disk that writes down what is asked of it, and fails where it is told to.
    #[derive(Default)]
    struct Recorded {
        asked: Mutex<Vec<String>>,
        /// What is asked of it begins so: an error of this kind, and nothing is done.
        fails: Option<(&'static str, ErrorKind)>,
    }

    impl Recorded {
        fn failing(step: &'static str, kind: ErrorKind) -> Self {
            Self { fails: Some((step, kind)), ..Self::default() }
        }

        fn ask(&self, what: &str) -> io::Result<()> {
            let fails = self.fails.filter(|(step, _)| what.starts_with(step));
            self.asked.lock().unwrap().push(what.replace(&format!(".new-{}", std::process::id()), ".new"));
            fails.map_or(Ok(()), |(_, kind)| Err(kind.into()))
        }

        fn asked(&self) -> MutexGuard<'_, Vec<String>> {
            self.asked.lock().unwrap()
        }
    }

    fn named(path: &Path) -> String {
        path.file_name().unwrap().to_string_lossy().into_owned()
    }

    impl Disk for Recorded {
        fn sync_data(&self, _: &File) -> io::Result<()> {
            self.ask("sync data")
        }

        fn sync_all(&self, file: &File) -> io::Result<()> {
            let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
            self.ask(&format!("sync {}, which holds {}", named(&path), fs::read_to_string(&path).unwrap()))?;
            RealDisk.sync_all(file)
        }

        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.ask(&format!("sync the folder, which has {:?}", names(folder)))?;
            RealDisk.sync_folder(folder)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.ask(&format!("rename {} to {}", named(from), named(to)))?;
            RealDisk.rename(from, to)
        }

        fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.ask(&format!("link {} as {}", named(from), named(to)))?;
            RealDisk.hard_link(from, to)
        }
    }

    #[test]
    fn a_file_is_on_the_disk_before_it_gets_its_name_and_its_name_before_anybody_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let disk = Recorded::default();
        create_on(&disk, &path, 0o600, b"one").unwrap();
        replace_on(&disk, &path, 0o600, b"two").unwrap();
        assert_eq!(
            *disk.asked(),
            [
                "sync .a.new, which holds one",
                "link .a.new as a",
                r#"sync the folder, which has ["a"]"#,
                "sync .a.new, which holds two",
                "rename .a.new to a",
                r#"sync the folder, which has ["a"]"#,
            ]
        );
    }

    #[test]
    fn what_cannot_be_synced_gets_no_name_and_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let disk = Recorded::failing("sync .a", ErrorKind::StorageFull);
        assert_eq!(create_on(&disk, &path, 0o600, b"one").unwrap_err().kind(), ErrorKind::StorageFull);
        assert!(names(folder.path()).is_empty());
        create(&path, 0o600, b"one").unwrap();
        assert_eq!(replace_on(&disk, &path, 0o600, b"two").unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"one".to_vec(), vec!["a".into()]));
        let disk = Recorded::failing("sync the folder", ErrorKind::StorageFull);
        assert!(replace_on(&disk, &path, 0o600, b"two").is_err());
    }

    #[test]
    fn where_the_file_system_has_no_links_a_file_is_created_by_a_rename() {
        for kind in [ErrorKind::Unsupported, ErrorKind::PermissionDenied] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            let disk = Recorded::failing("link", kind);
            create_on(&disk, &path, 0o640, b"one").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"one");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
            assert_eq!(create_on(&disk, &path, 0o600, b"two").unwrap_err().kind(), ErrorKind::AlreadyExists);
            assert_eq!(disk.asked().last().unwrap(), r#"sync the folder, which has ["a"]"#);
        }
        let folder = tempfile::tempdir().unwrap();
        let disk = Recorded::failing("link", ErrorKind::StorageFull);
        assert!(create_on(&disk, &folder.path().join("a"), 0o600, b"one").is_err(), "any other error is one");
        assert!(names(folder.path()).is_empty());
    }

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
