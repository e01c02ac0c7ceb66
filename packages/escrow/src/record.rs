//! The stored form: arrays without names, in the order of the structs. Amounts are plain numbers,
//! [`Seconds::NEVER`] is `null`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Account, Seconds, Stream};

/// The parts of a stored account, for whoever reads it without serde.
pub type AccountRow = (u128, u64, Option<u64>, u64, u128, u128, Vec<StreamRow>);

/// The parts of a stored stream.
pub type StreamRow = (u32, u128, Option<u64>, Option<u64>, Option<u64>, u128, u128, u128, u16, u32);

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        let (free, settled_at, short, runway, deposited, refunded, streams) = row;
        Self {
            free: free.into(),
            settled_at: settled_at.into(),
            short: short.map(Seconds::new),
            runway: runway.into(),
            deposited: deposited.into(),
            refunded: refunded.into(),
            streams: streams.into_iter().map(Stream::from).collect(),
        }
    }
}

impl From<StreamRow> for Stream {
    fn from(row: StreamRow) -> Self {
        let (id, rate, window, cap, stop, accrued, paid, reserved, fee_bps, beats) = row;
        let moment = |second: Option<u64>| second.map_or(Seconds::NEVER, Seconds::new);
        Self {
            id,
            rate: rate.into(),
            window: window.map(Seconds::new),
            cap: moment(cap),
            stop: moment(stop),
            accrued: accrued.into(),
            paid: paid.into(),
            reserved: reserved.into(),
            fee_bps,
            beats,
        }
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clock = (self.settled_at, self.short, self.runway);
        let moved = (self.deposited, self.refunded);
        (self.free, clock.0, clock.1, clock.2, moved.0, moved.1, &self.streams)
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AccountRow::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let terms = (self.id, self.rate, self.window);
        let ends = (self.cap.finite(), self.stop.finite());
        let money = (self.accrued, self.paid, self.reserved);
        (
            terms.0,
            terms.1,
            terms.2,
            ends.0,
            ends.1,
            money.0,
            money.1,
            money.2,
            self.fee_bps,
            self.beats,
        )
            .serialize(serializer)
    }
}
