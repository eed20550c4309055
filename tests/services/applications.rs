//! Each preset against the application whose tables it knows: a link sets a password with which that application itself signs in.

mod application;
mod aspnet_identity;
mod devise;
mod django;
mod dovecot;
mod gotrue;
mod laravel;
mod page;
mod plain;
mod reset_link_on_tables;
mod wordpress;
