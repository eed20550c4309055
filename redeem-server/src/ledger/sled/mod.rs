//! The ledger of one redeem server, on sled 0.34.
//!
//! Layout: tree `meta` (format, created_at, prune_floor, epoch: the number of starts, ledger_epoch, done_page_key, flushes), a tree of marks for each minute of expiry, tree `withdrawn` (contact id -> links issued
//! up to then are void), tree `receipts` (the outbox, receipt id -> receipt).

mod disk;
mod flusher;
mod mark;
mod open;
mod opening;
mod salvage;
#[cfg(test)]
mod tests;
mod witness;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use keys::{
    BindingSecret, ContactId, LedgerEpoch, LinkId, MAX_CLOCK_SKEW, MAX_LIFETIME, PasswordVersion, Receipt,
    ReceiptOutcome, Revocation, VerifiedLink,
};
use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError};
use tokio::sync::RwLock;

pub use self::open::{OpenError, Unwell};

use self::disk::{Disk, RealDisk};
use self::flusher::Flusher;
use self::mark::{ExpiryMinute, Mark, decode, encode, key};
use super::{
    Claim, Claimed, FenceError, Ledger, LedgerError, LinkState, MARK_MARGIN, PublishError, Published,
    Settlement, Withdrawal,
};
use crate::{Clock, Entropy};

const FORMAT: i64 = 2;
/// Its ledgers know no ledger epoch, and their links none.
const FORMAT_OF_VERSION_1: i64 = 1;

/// How a ledger is opened.
#[derive(Debug, Clone)]
pub struct SledSettings {
    /// A folder of its own.
    pub folder: PathBuf,
    /// 16 to 64 MB is plenty.
    pub cache_bytes: u64,
    /// How long one redeemer alone holds a link.
    pub lease: SignedDuration,
}

/// A ledger in a folder that this process alone has open.
pub struct SledLedger {
    db: sled::Db,
    meta: sled::Tree,
    withdrawn: sled::Tree,
    receipts: sled::Tree,
    /// Claims, spends and releases hold it shared; revoking a contact and pruning hold it alone.
    minutes: RwLock<BTreeMap<ExpiryMinute, sled::Tree>>,
    flusher: Flusher,
    lease: SignedDuration,
    folder: PathBuf,
    created_at: Timestamp,
    ledger_epoch: LedgerEpoch,
    done_page_key: [u8; 32],
    epoch: u64,
    claims: AtomicU64,
    clock: Clock,
}

impl SledLedger {
    /// Opens or begins a ledger.
    ///
    /// # Errors
    /// In use by another process, clock behind the prune floor or the ledger's own beginning, not a ledger, or the disk.
    pub fn open(settings: &SledSettings, clock: Clock, entropy: &Entropy) -> Result<Self, OpenError> {
        Self::open_on(&RealDisk, settings, clock, entropy)
    }

    fn open_on(
        disk: &dyn Disk,
        settings: &SledSettings,
        clock: Clock,
        entropy: &Entropy,
    ) -> Result<Self, OpenError> {
        let folder = &settings.folder;
        let now = keys::wire_time::to_millisecond(clock());
        let db = open::open(folder, settings.cache_bytes, now, disk)?;
        let storage = |error: sled::Error| OpenError::Io {
            folder: folder.clone(),
            cause: std::io::Error::other(error),
        };
        let foreign = |what: String| OpenError::Foreign { folder: folder.clone(), what };

        let names = db.tree_names();
        let known = |name: &sled::IVec| {
            let name: &[u8] = name;
            matches!(name, b"__sled__default" | b"meta" | b"withdrawn" | b"receipts")
                || ExpiryMinute::from_tree_name(name).is_some()
        };
        if let Some(name) = names.iter().find(|name| !known(name)) {
            return Err(foreign(format!("a tree named {}", String::from_utf8_lossy(name).escape_default())));
        }
        let meta = db.open_tree("meta").map_err(storage)?;
        let number = |name: &str| -> Result<Option<i64>, OpenError> {
            let Some(bytes) = meta.get(name).map_err(storage)? else { return Ok(None) };
            let bytes = bytes.as_ref().try_into().map_err(|_| foreign(format!("an unreadable {name}")))?;
            Ok(Some(i64::from_be_bytes(bytes)))
        };
        let format = number("format")?;
        if let Some(format) = format.filter(|format| ![FORMAT_OF_VERSION_1, FORMAT].contains(format)) {
            return Err(foreign(format!("format {format}")));
        }
        let is_current = format == Some(FORMAT);
        let created_at = match number("created_at")? {
            Some(millisecond) => Timestamp::from_millisecond(millisecond)
                .map_err(|_| foreign("an unreadable created_at".to_owned()))?,
            None => {
                tracing::info!(folder = %folder.display(), "a new ledger begins: every link issued before now is refused");
                // Before it has begun: whatever ends this start, the next one finds a ledger that is still to begin.
                salvage::take_over(folder, now, disk, &db)?;
                now
            }
        };
        if format == Some(FORMAT_OF_VERSION_1) {
            tracing::warn!(
                folder = %folder.display(),
                "the ledger is of an earlier version: links issued before now are refused; what is withdrawn, receipts and unfinished redemptions are kept"
            );
        }
        let mut ledger_epoch = [0; 16];
        let mut done_page_key = [0; 32];
        for (name, value) in
            [("ledger_epoch", &mut ledger_epoch[..]), ("done_page_key", &mut done_page_key[..])]
        {
            match meta.get(name).map_err(storage)? {
                Some(kept) if is_current && kept.len() == value.len() => value.copy_from_slice(&kept),
                None if !is_current => entropy(value),
                _ => return Err(foreign(format!("an unreadable {name}"))),
            }
        }
        if let Some(floor) = number("prune_floor")?.map(|minute| ExpiryMinute(minute).end())
            && floor > now
        {
            return Err(OpenError::FloorAhead { folder: folder.clone(), floor, now });
        }
        if let Some(unwell) = behind(created_at, now) {
            return Err(OpenError::Clock { folder: folder.clone(), unwell });
        }
        let epoch = number("epoch")?.unwrap_or(0) + 1;
        // In one step: a ledger that calls itself current has all that a current one needs.
        let mut begin = sled::Batch::default();
        for (name, value) in
            [("format", FORMAT), ("created_at", created_at.as_millisecond()), ("epoch", epoch)]
        {
            begin.insert(name, &value.to_be_bytes());
        }
        begin.insert("ledger_epoch", &ledger_epoch);
        begin.insert("done_page_key", &done_page_key);
        meta.apply_batch(begin).map_err(storage)?;
        let mut minutes = BTreeMap::new();
        for minute in names.iter().filter_map(|name| ExpiryMinute::from_tree_name(name)) {
            minutes.insert(minute, db.open_tree(minute.tree_name()).map_err(storage)?);
        }
        let flusher = Flusher::start(db.clone(), folder)
            .map_err(|cause| OpenError::Io { folder: folder.clone(), cause })?;
        let ledger = Self {
            withdrawn: db.open_tree("withdrawn").map_err(storage)?,
            receipts: db.open_tree("receipts").map_err(storage)?,
            meta,
            minutes: RwLock::new(minutes),
            flusher,
            lease: settings.lease,
            folder: folder.clone(),
            created_at,
            ledger_epoch: LedgerEpoch::from_random(ledger_epoch),
            done_page_key,
            epoch: u64::try_from(epoch).unwrap_or_default(),
            claims: AtomicU64::new(0),
            clock,
            db,
        };
        // The epoch must be on disk before anybody hears of it: a link is only as dead as this ledger is durable.
        ledger.db.flush().map_err(storage)?;
        std::fs::File::open(folder.join("db"))
            .and_then(|file| file.sync_data())
            .map_err(|cause| OpenError::Io { folder: folder.clone(), cause })?;
        Ok(ledger)
    }

    /// Tells those who issue links, by a file in the ledger's folder, for which ledger and with which binding secret they must be made.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn publish(&self, secret: &BindingSecret) -> Result<Published, PublishError> {
        let published = Published {
            ledger_epoch: self.ledger_epoch,
            began_at: self.created_at,
            binding_secret: secret.fingerprint(),
        };
        published.write(&self.folder)?;
        Ok(published)
    }

    /// Whether every write so far has reached the disk, and the clock is one that the ledger can believe.
    ///
    /// # Errors
    /// What is wrong, with its cure.
    pub fn condition(&self) -> Result<(), Unwell> {
        match self.flusher.check() {
            Err(LedgerError::Stopped(cause)) => Err(Unwell::Stopped(cause)),
            _ => self.clock_trouble(self.now()).map_or(Ok(()), Err),
        }
    }

    /// A clock that the ledger cannot believe. Clocks may differ by a minute.
    fn clock_trouble(&self, now: Timestamp) -> Option<Unwell> {
        let floor = self.floor().ok().flatten().map(ExpiryMinute::end);
        let ahead = floor.filter(|floor| floor.duration_since(now) > MAX_CLOCK_SKEW);
        behind(self.created_at, now).or(ahead.map(|floor| Unwell::FloorAhead { floor, now }))
    }

    /// Whether there is nothing wrong with it.
    pub fn is_sound(&self) -> bool {
        self.condition().is_ok()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Grows over restarts: the epoch is on disk before the first claim of a process.
    fn next_fence(&self) -> u64 {
        (self.epoch << 32) | self.claims.fetch_add(1, Ordering::Relaxed)
    }

    fn floor(&self) -> Result<Option<ExpiryMinute>, LedgerError> {
        let Some(bytes) = self.meta.get("prune_floor")? else { return Ok(None) };
        let bytes = bytes.as_ref().try_into().map_err(|_| LedgerError::Entry("prune_floor".to_owned()))?;
        Ok(Some(ExpiryMinute(i64::from_be_bytes(bytes))))
    }

    /// Before anything is forgotten: a clock that steps back opens nothing. The floor never sinks.
    async fn raise_floor(&self, to: ExpiryMinute) -> Result<(), LedgerError> {
        if self.floor()?.is_none_or(|floor| floor < to) {
            self.meta.insert("prune_floor", &to.0.to_be_bytes())?;
        }
        self.flusher.durable().await
    }

    fn is_below_floor(&self, expires_at: Timestamp) -> Result<bool, LedgerError> {
        Ok(self.floor()?.is_some_and(|floor| ExpiryMinute::of(expires_at) <= floor))
    }

    fn is_withdrawn(&self, contact: &ContactId, issued_at: Timestamp) -> Result<bool, LedgerError> {
        let Some(bytes) = self.withdrawn.get(contact.as_str())? else { return Ok(false) };
        let bytes = bytes.as_ref().try_into().map_err(|_| LedgerError::Entry("withdrawn".to_owned()))?;
        Ok(issued_at.as_millisecond() <= i64::from_be_bytes(bytes))
    }

    /// Everything but the link's own mark.
    fn standing(&self, link: &VerifiedLink, now: Timestamp) -> Result<Option<LinkState>, LedgerError> {
        Ok(if now >= link.expires_at() {
            Some(LinkState::Expired)
        } else if self.is_below_floor(link.expires_at())? {
            tracing::warn!(
                "a link is refused because the ledger has forgotten its time: this machine's clock has gone back, set it right"
            );
            Some(LinkState::Expired)
        } else if link.ledger_epoch() != self.ledger_epoch {
            Some(LinkState::LedgerIsYounger)
        } else if self.is_withdrawn(link.contact(), link.issued_at())? {
            Some(LinkState::Withdrawn)
        } else {
            None
        })
    }

    fn state_of(&self, mark: Mark, link: &VerifiedLink, now: Timestamp) -> Result<LinkState, LedgerError> {
        Ok(match mark {
            Mark::Spent => LinkState::Spent,
            Mark::Withdrawn => LinkState::Withdrawn,
            Mark::Claimed { claim, .. } if now < claim.lease_until => LinkState::Claimed,
            Mark::Claimed { claim, withdrawn }
                if withdrawn || self.is_withdrawn(link.contact(), link.issued_at())? =>
            {
                LinkState::LapsedAndWithdrawn(claim)
            }
            Mark::Claimed { claim, .. } => LinkState::Lapsed(claim),
        })
    }

    /// The tree for a minute, made where there is none yet.
    async fn tree_for(&self, expires_at: Timestamp) -> Result<sled::Tree, LedgerError> {
        let minute = ExpiryMinute::of(expires_at);
        if let Some(tree) = self.minutes.read().await.get(&minute) {
            return Ok(tree.clone());
        }
        let mut minutes = self.minutes.write().await;
        if let Some(tree) = minutes.get(&minute) {
            return Ok(tree.clone());
        }
        let tree = self.db.open_tree(minute.tree_name())?;
        minutes.insert(minute, tree.clone());
        Ok(tree)
    }

    /// Ends a claim: spent, with its receipt in the same write, or good again (withdrawn, where an admin withdrew it meanwhile). `false` where the
    /// mark is no longer this claim.
    fn end(&self, tree: &sled::Tree, claim: &Claim, spent: Option<&Receipt>) -> Result<bool, LedgerError> {
        let link = key(&claim.link_id);
        let revoked = self.revoked(claim.link_id, &claim.contact);
        let (spent_mark, withdrawn_mark) = (Mark::Spent.encode()?, Mark::Withdrawn.encode()?);
        let result = (tree, &self.receipts).transaction(|(marks, receipts)| {
            let Some(bytes) = marks.get(link)? else { return Ok(false) };
            let withdrawn = match Mark::decode(&bytes).map_err(ConflictableTransactionError::Abort)? {
                Mark::Claimed { claim: current, withdrawn } if current.fence == claim.fence => withdrawn,
                _ => return Ok(false),
            };
            let receipt = match spent {
                Some(receipt) => {
                    marks.insert(link, spent_mark.as_slice())?;
                    Some(receipt)
                }
                None if withdrawn => {
                    marks.insert(link, withdrawn_mark.as_slice())?;
                    Some(&revoked)
                }
                None => {
                    marks.remove(link)?;
                    None
                }
            };
            if let Some(receipt) = receipt {
                let bytes = encode(receipt).map_err(ConflictableTransactionError::Abort)?;
                receipts.insert(receipt.id().as_bytes(), bytes)?;
            }
            Ok(true)
        });
        result.map_err(transaction_error)
    }

    fn revoked(&self, link_id: LinkId, contact: &ContactId) -> Receipt {
        Receipt {
            link_id,
            contact: contact.clone(),
            key_id: None,
            outcome: ReceiptOutcome::Revoked,
            at: self.now(),
            client: None,
        }
    }

    /// `spend` and `release`: only while the lease runs.
    async fn finish(&self, claim: &Claim, spent: Option<&Receipt>) -> Result<(), FenceError> {
        self.flusher.check()?;
        {
            let minutes = self.minutes.read().await;
            if self.now() >= claim.lease_until {
                return Err(FenceError::Lost);
            }
            let tree = minutes.get(&ExpiryMinute::of(claim.expires_at)).ok_or(FenceError::Lost)?;
            if !self.end(tree, claim, spent)? {
                return Err(FenceError::Lost);
            }
        }
        Ok(self.flusher.durable().await?)
    }

    async fn revoke_link(
        &self,
        link_id: LinkId,
        contact: &ContactId,
        expires_at: Timestamp,
    ) -> Result<Withdrawal, LedgerError> {
        if self.is_below_floor(expires_at)? {
            // Long expired: nothing to withdraw.
            return Ok(Withdrawal::Done);
        }
        let tree = self.tree_for(expires_at).await?;
        let minutes = self.minutes.read().await;
        if !minutes.contains_key(&ExpiryMinute::of(expires_at)) {
            return Ok(Withdrawal::Done);
        }
        let receipt = self.revoked(link_id, contact);
        let receipt_bytes = encode(&receipt)?;
        let link = key(&link_id);
        let result = (&tree, &self.receipts).transaction(|(marks, receipts)| {
            let mark = marks
                .get(link)?
                .map(|bytes| Mark::decode(&bytes))
                .transpose()
                .map_err(ConflictableTransactionError::Abort)?;
            let (mark, withdrawal) = match mark {
                Some(Mark::Spent) => return Ok(Withdrawal::AlreadyRedeemed),
                Some(Mark::Withdrawn) => return Ok(Withdrawal::Done),
                Some(Mark::Claimed { claim, .. }) => {
                    (Mark::Claimed { claim, withdrawn: true }, Withdrawal::InProgress)
                }
                None => (Mark::Withdrawn, Withdrawal::Done),
            };
            marks.insert(link, mark.encode().map_err(ConflictableTransactionError::Abort)?)?;
            if withdrawal == Withdrawal::Done {
                receipts.insert(receipt.id().as_bytes(), receipt_bytes.as_slice())?;
            }
            Ok(withdrawal)
        });
        drop(minutes);
        let withdrawal = result.map_err(transaction_error)?;
        self.flusher.durable().await?;
        Ok(withdrawal)
    }

    async fn revoke_contact(
        &self,
        contact: &ContactId,
        issued_up_to: Timestamp,
    ) -> Result<Withdrawal, LedgerError> {
        let mut withdrawal = Withdrawal::Done;
        {
            // Alone: no claim can pass its check before this mark and land behind it.
            let minutes = self.minutes.write().await;
            if !self.is_withdrawn(contact, issued_up_to)? {
                self.withdrawn.insert(contact.as_str(), &issued_up_to.as_millisecond().to_be_bytes())?;
            }
            let now = self.now();
            for tree in minutes.values() {
                for entry in tree {
                    if let Mark::Claimed { claim, .. } = Mark::decode(&entry?.1)?
                        && claim.contact == *contact
                        && now < claim.lease_until
                    {
                        withdrawal = Withdrawal::InProgress;
                    }
                }
            }
        }
        self.flusher.durable().await?;
        Ok(withdrawal)
    }
}

/// The clock stands before the ledger's own beginning, by more than clocks may differ.
pub(in crate::ledger) fn behind(began: Timestamp, now: Timestamp) -> Option<Unwell> {
    (began.duration_since(now) > MAX_CLOCK_SKEW).then_some(Unwell::ClockBehind { began, now })
}

fn transaction_error(error: TransactionError<LedgerError>) -> LedgerError {
    match error {
        TransactionError::Abort(error) => error,
        TransactionError::Storage(error) => error.into(),
    }
}

#[async_trait]
impl Ledger for SledLedger {
    fn ledger_epoch(&self) -> LedgerEpoch {
        self.ledger_epoch
    }

    fn done_page_key(&self) -> [u8; 32] {
        self.done_page_key
    }

    async fn look(&self, link: &VerifiedLink) -> Result<LinkState, LedgerError> {
        self.flusher.check()?;
        let now = self.now();
        let minutes = self.minutes.read().await;
        let mark = match minutes.get(&ExpiryMinute::of(link.expires_at())) {
            Some(tree) => tree.get(key(&link.link_id()))?.map(|bytes| Mark::decode(&bytes)).transpose()?,
            None => None,
        };
        // What became of the link says more than that its time is over as well.
        if let Some(mark) = mark {
            return self.state_of(mark, link, now);
        }
        Ok(self.standing(link, now)?.unwrap_or(LinkState::Unused))
    }

    async fn claim(
        &self,
        link: &VerifiedLink,
        intended_version: Option<&PasswordVersion>,
    ) -> Result<Claimed, LedgerError> {
        self.flusher.check()?;
        if let Some(state) = self.standing(link, self.now())? {
            return Ok(Claimed::Not(state));
        }
        let tree = self.tree_for(link.expires_at()).await?;
        let claim = {
            let minutes = self.minutes.read().await;
            let now = self.now();
            if let Some(state) = self.standing(link, now)? {
                return Ok(Claimed::Not(state));
            }
            if !minutes.contains_key(&ExpiryMinute::of(link.expires_at())) {
                return Ok(Claimed::Not(LinkState::Expired));
            }
            let claim = Claim {
                link_id: link.link_id(),
                contact: link.contact().clone(),
                key_id: link.key_id().clone(),
                binding: link.binding(),
                intended_version: intended_version.cloned(),
                expires_at: link.expires_at(),
                lease_until: keys::wire_time::to_millisecond(now + self.lease),
                fence: self.next_fence(),
            };
            let mark = Mark::Claimed { claim: Box::new(claim.clone()), withdrawn: false }.encode()?;
            if let Err(taken) = tree.compare_and_swap(key(&link.link_id()), None::<&[u8]>, Some(mark))? {
                let current =
                    taken.current.ok_or_else(|| LedgerError::Entry("a mark that is not there".to_owned()))?;
                return Ok(Claimed::Not(self.state_of(Mark::decode(&current)?, link, now)?));
            }
            claim
        };
        self.flusher.durable().await?;
        Ok(Claimed::Ours(claim))
    }

    async fn spend(&self, claim: &Claim, receipt: &Receipt) -> Result<(), FenceError> {
        self.finish(claim, Some(receipt)).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), FenceError> {
        self.finish(claim, None).await
    }

    async fn unsettled(&self) -> Result<Vec<Claim>, LedgerError> {
        self.flusher.check()?;
        let now = self.now();
        let mut claims = Vec::new();
        for tree in self.minutes.read().await.values() {
            for entry in tree {
                let (link, bytes) = entry?;
                match Mark::decode(&bytes) {
                    // An epoch before ours is a former process: sled's lock says that it is gone.
                    Ok(Mark::Claimed { claim, .. })
                        if claim.fence >> 32 < self.epoch || now >= claim.lease_until =>
                    {
                        claims.push(*claim);
                    }
                    Ok(_) => {}
                    // One mark that cannot be read must not keep all others from being settled.
                    Err(error) => {
                        tracing::error!(?link, %error, "a mark cannot be read; its link stays closed")
                    }
                }
            }
        }
        Ok(claims)
    }

    async fn settle(&self, claim: &Claim, settlement: &Settlement) -> Result<bool, LedgerError> {
        self.flusher.check()?;
        {
            let minutes = self.minutes.read().await;
            let Some(tree) = minutes.get(&ExpiryMinute::of(claim.expires_at)) else { return Ok(false) };
            let has_lapsed = self.now() >= claim.lease_until;
            let is_orphan = claim.fence >> 32 < self.epoch;
            let ended = match settlement {
                Settlement::Spent(receipt) if has_lapsed || is_orphan => {
                    self.end(tree, claim, Some(receipt))?
                }
                Settlement::Usable if has_lapsed => self.end(tree, claim, None)?,
                Settlement::Spent(_) | Settlement::Usable => false,
            };
            if !ended {
                return Ok(false);
            }
        }
        self.flusher.durable().await?;
        Ok(true)
    }

    async fn revoke(&self, revocation: &Revocation) -> Result<Withdrawal, LedgerError> {
        self.flusher.check()?;
        match revocation {
            Revocation::Link { link_id, contact, expires_at } => {
                self.revoke_link(*link_id, contact, *expires_at).await
            }
            Revocation::Contact { contact, issued_up_to } => {
                self.revoke_contact(contact, *issued_up_to).await
            }
        }
    }

    async fn record(&self, receipt: &Receipt) -> Result<(), LedgerError> {
        self.flusher.check()?;
        self.receipts.insert(receipt.id(), encode(receipt)?)?;
        self.flusher.durable().await
    }

    async fn receipts(&self, at_most: usize) -> Result<Vec<Receipt>, LedgerError> {
        let mut receipts = Vec::new();
        for entry in &self.receipts {
            let (id, bytes) = entry?;
            match decode::<Receipt>(&bytes) {
                Ok(receipt) => receipts.push(receipt),
                // One receipt that cannot be read must not keep all others waiting.
                Err(error) => {
                    tracing::error!(id = %String::from_utf8_lossy(&id), %error, "a receipt cannot be read")
                }
            }
        }
        receipts.sort_by_key(|receipt| receipt.at);
        receipts.truncate(at_most);
        Ok(receipts)
    }

    async fn acknowledge(&self, receipts: &[Receipt]) -> Result<(), LedgerError> {
        for receipt in receipts {
            self.receipts.remove(receipt.id())?;
        }
        self.flusher.durable().await
    }

    async fn prune(&self) -> Result<usize, LedgerError> {
        self.flusher.check()?;
        let mut minutes = self.minutes.write().await;
        let now = self.now();
        if let Some(unwell) = self.clock_trouble(now) {
            tracing::error!(%unwell, "the clock is wrong, or was before");
        }
        let keep_until = |minute: ExpiryMinute| minute.end() + self.lease + MARK_MARGIN;
        let mut past = Vec::new();
        for (minute, tree) in minutes.range(..=ExpiryMinute::of(now)) {
            if keep_until(*minute) > now {
                break;
            }
            let mut unsettled = false;
            for entry in tree {
                unsettled |= !matches!(Mark::decode(&entry?.1), Ok(Mark::Spent | Mark::Withdrawn));
            }
            if !unsettled {
                past.push(*minute);
            }
        }
        if let Some(last) = past.last() {
            self.raise_floor(*last).await?;
            for minute in &past {
                minutes.remove(minute);
                self.db.drop_tree(minute.tree_name())?;
            }
        }
        let mut forgotten = false;
        for entry in &self.withdrawn {
            let (contact, bytes) = entry?;
            let issued_up_to: [u8; 8] =
                bytes.as_ref().try_into().map_err(|_| LedgerError::Entry("withdrawn".to_owned()))?;
            let issued_up_to =
                Timestamp::from_millisecond(i64::from_be_bytes(issued_up_to)).unwrap_or(Timestamp::MAX);
            if now.duration_since(issued_up_to) > MAX_LIFETIME + MAX_CLOCK_SKEW + MARK_MARGIN {
                // The links that it was about stay closed, should the clock have been wrong.
                self.raise_floor(ExpiryMinute::of(issued_up_to + MAX_LIFETIME)).await?;
                self.withdrawn.remove(contact)?;
                forgotten = true;
            }
        }
        if !past.is_empty() || forgotten {
            self.flusher.durable().await?;
        }
        Ok(past.len())
    }
}

impl From<sled::Error> for LedgerError {
    fn from(error: sled::Error) -> Self {
        Self::Storage(error.to_string())
    }
}
