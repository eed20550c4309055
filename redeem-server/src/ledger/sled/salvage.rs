use keys::Receipt;

use super::disk::Found;

/// How a receipt begins wherever it stands (`mark::encode`).
const BEGINNING: &[u8] = br#"{"link_id":""#;

/// The receipts that can still be read in the files of a damaged ledger, whether they were waiting or had been handed on: whoever takes them drops repeats.
pub(super) fn receipts(found: &Found) -> Vec<Receipt> {
    let mut receipts: Vec<Receipt> = Vec::new();
    for bytes in found.contents() {
        for (at, _) in bytes.windows(BEGINNING.len()).enumerate().filter(|(_, window)| *window == BEGINNING) {
            let rest = bytes.get(at..).unwrap_or_default();
            // A claim begins alike; it has no outcome and is none.
            if let Some(Ok(receipt)) =
                serde_json::Deserializer::from_slice(rest).into_iter::<Receipt>().next()
                && !receipts.iter().any(|known| known.id() == receipt.id())
            {
                receipts.push(receipt);
            }
        }
    }
    receipts
}
