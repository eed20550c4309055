//! Against real servers: Postfix with logins by Dovecot, Chromium, PostgreSQL, MariaDB, slapd, Samba and 389 Directory Server; and against the code of applications that verify passwords. `tests/with-services` starts them and runs these tests, cut off from the rest of the world.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod accessibility;
mod active_directory;
mod applications;
mod browser;
mod databases;
mod ds389;
mod hashes;
mod layout;
mod ldap;
mod mail;
mod mail_by_directory;
mod mailbox;
mod network;
mod pages;
mod place;
mod screenshots;
mod self_service;
mod tls_to_databases;
mod two_redeem_servers;
