//! The project's contracts, ready to be stored on a simulated chain.

use cw_multi_test::ContractWrapper;

use crate::contract::IbcContract;

/// The market with all its entry points.
pub(super) fn market() -> Box<IbcContract> {
    use market::{contract, ibc};
    let ordinary = ContractWrapper::new(contract::execute, contract::instantiate, contract::query)
        .with_reply(contract::reply)
        .with_sudo(ibc::sudo)
        .with_migrate(|deps, env, msg, _| contract::migrate(deps, env, msg));
    Box::new(
        IbcContract::new(Box::new(ordinary))
            .with_channel(ibc::ibc_channel_open, ibc::ibc_channel_connect, ibc::ibc_channel_close)
            .with_packets(ibc::ibc_packet_receive, ibc::ibc_packet_ack, ibc::ibc_packet_timeout)
            .with_callbacks(ibc::ibc_source_callback, ibc::ibc_destination_callback),
    )
}

/// The outpost with all its entry points.
pub(super) fn outpost() -> Box<IbcContract> {
    use outpost::{contract, ibc};
    let ordinary = ContractWrapper::new(contract::execute, contract::instantiate, contract::query)
        .with_reply(contract::reply)
        .with_sudo(ibc::sudo)
        .with_migrate(|deps, env, msg, _| contract::migrate(deps, env, msg));
    Box::new(
        IbcContract::new(Box::new(ordinary))
            .with_channel(ibc::ibc_channel_open, ibc::ibc_channel_connect, ibc::ibc_channel_close)
            .with_packets(ibc::ibc_packet_receive, ibc::ibc_packet_ack, ibc::ibc_packet_timeout)
            .with_callbacks(ibc::ibc_source_callback, ibc::ibc_destination_callback),
    )
}
