//! How payloads go over the wire: plain JSON, one zlib stream for the whole connection, or large payloads by themselves.

use flate2::{Compress, Compression, FlushCompress};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// A payload above this size is compressed where the client asked for it at IDENTIFY.
const LARGE: usize = 1024;

pub(super) enum Encoder {
    Plain,
    LargePayloads,
    Stream(Box<Compress>),
}

impl Encoder {
    /// `compress=` of the URL; `None` is a way that this fake does not know.
    pub(super) fn from_query(compress: Option<&str>) -> Option<Self> {
        match compress {
            None => Some(Self::Plain),
            Some("zlib-stream") => Some(Self::Stream(Box::new(Compress::new(Compression::fast(), true)))),
            Some(_) => None,
        }
    }

    /// The client said at IDENTIFY that it takes compressed payloads. A compressed stream has no use for that.
    pub(super) fn allow_large_payloads(&mut self) {
        if matches!(self, Self::Plain) {
            *self = Self::LargePayloads;
        }
    }

    pub(super) fn encode(&mut self, payload: &Value) -> Message {
        let text = payload.to_string();
        match self {
            Self::Stream(stream) => Message::binary(deflate(stream, text.as_bytes(), FlushCompress::Sync)),
            Self::LargePayloads if text.len() > LARGE => {
                let mut whole = Compress::new(Compression::fast(), true);
                Message::binary(deflate(&mut whole, text.as_bytes(), FlushCompress::Finish))
            }
            Self::Plain | Self::LargePayloads => Message::text(text),
        }
    }
}

/// Everything in, everything out: with a sync flush the output ends in `00 00 FF FF`.
fn deflate(stream: &mut Compress, mut input: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut output = Vec::with_capacity(input.len() + 64);
    loop {
        let (taken, given) = (stream.total_in(), stream.total_out());
        stream.compress_vec(input, &mut output, flush).expect("compression into memory cannot fail");
        let taken = usize::try_from(stream.total_in() - taken).expect("less than the input");
        input = input.get(taken..).unwrap_or_default();
        let room = output.capacity() - output.len();
        if input.is_empty() && (room > 0 || stream.total_out() == given) {
            return output;
        }
        output.reserve(256);
    }
}
