//! What the chain calls.

use crate::{contract, ibc};

entry::export! {
    sent:
        instantiate = contract::instantiate,
        execute = contract::execute;
    told:
        migrate = contract::migrate,
        reply = contract::reply,
        sudo = ibc::sudo,
        ibc_channel_open = ibc::ibc_channel_open,
        ibc_channel_connect = ibc::ibc_channel_connect,
        ibc_channel_close = ibc::ibc_channel_close,
        ibc_packet_receive = ibc::ibc_packet_receive,
        ibc_packet_ack = ibc::ibc_packet_ack,
        ibc_packet_timeout = ibc::ibc_packet_timeout,
        ibc_source_callback = ibc::ibc_source_callback,
        ibc_destination_callback = ibc::ibc_destination_callback;
    asked:
        query = contract::query;
}
