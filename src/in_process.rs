//! How the two halves reach each other in one process: receipts and wishes one way, revocations the other. On two machines a network takes its place.

use async_trait::async_trait;
use bot::{Bot, NoAnswer, NotWithdrawn, RedeemHalf};
use keys::{Receipt, SignedRevocation, Wish};
use redeem_server::ledger::Withdrawal;
use redeem_server::outbox::{NotDelivered, ReceiptSink};
use redeem_server::redeem::Redeemer;
use redeem_server::wishes::WishSink;

/// The bot, as the redeem half sees it. A clone is the same one.
#[derive(Clone)]
pub struct ToBot(pub Bot);

#[async_trait]
impl ReceiptSink for ToBot {
    async fn deliver(&self, receipt: &Receipt) -> Result<(), NotDelivered> {
        self.0.accept(receipt.clone()).await.map_err(|error| NotDelivered(error.to_string()))
    }
}

#[async_trait]
impl WishSink for ToBot {
    async fn deliver(&self, wish: &Wish) -> Result<(), NotDelivered> {
        self.0.take_wish(wish.clone()).await.map_err(|error| NotDelivered(error.to_string()))
    }
}

/// The redeem half, as the bot sees it.
pub struct ToRedeemHalf(pub Redeemer);

#[async_trait]
impl RedeemHalf for ToRedeemHalf {
    async fn revoke(&self, revocation: &SignedRevocation) -> Result<bot::Withdrawal, NotWithdrawn> {
        match self.0.revoke(revocation).await {
            Ok(Withdrawal::Done) => Ok(bot::Withdrawal::Done),
            Ok(Withdrawal::InProgress) => Ok(bot::Withdrawal::InProgress),
            Ok(Withdrawal::AlreadyRedeemed) => Ok(bot::Withdrawal::AlreadyRedeemed),
            Err(error) => Err(NotWithdrawn(error.to_string())),
        }
    }

    async fn answer(&self, challenge: &[u8; 32]) -> Result<[u8; 32], NoAnswer> {
        Ok(self.0.answer(challenge))
    }
}
