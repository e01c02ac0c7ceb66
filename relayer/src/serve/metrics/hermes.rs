//! Lines under Hermes' names, with the labels that Hermes gives them. Source: Hermes 1.13 `crates/telemetry/src/state.rs`, and
//! where its methods are called.

use super::super::look::{ChannelEndLook, ChannelLook, ClientLook, CostLook, Look, OtherEnd};
use super::super::site::Shown;
use super::Lines;

/// Labels of what happens at one end of a channel.
pub(super) const AT_END: &[&str] = &["chain", "counterparty", "channel", "port"];
/// Labels of what goes from one end of a channel to the other.
pub(super) const BETWEEN: &[&str] =
    &["src_chain", "dst_chain", "src_channel", "dst_channel", "src_port", "dst_port"];
/// Labels of what goes to a client: the chain that it follows, the chain that it is on.
pub(super) const CLIENT: &[&str] = &["src_chain", "dst_chain", "client"];
/// Labels of what a mempool refused.
pub(super) const REFUSAL: &[&str] = &["account", "error_code", "error_description"];

/// The directions of channels of which both ends are known.
fn directions(shown: &Shown) -> impl Iterator<Item = (&CostLook, &OtherEnd)> {
    shown.look.costs.iter().filter_map(|cost| Some((cost, cost.to.as_ref()?)))
}

/// What happens where packets are sent.
pub(super) fn at_source(shown: &Shown, lines: &mut Lines<'_>, read: fn(&CostLook) -> u64) {
    for (cost, to) in directions(shown) {
        let (channel, port) = (cost.channel.as_str(), cost.port.as_str());
        let labels = [cost.chain.as_str(), to.chain.as_str(), channel, port];
        lines.put(&labels, read(cost));
    }
}

/// What happens where packets are received.
pub(super) fn at_destination(shown: &Shown, lines: &mut Lines<'_>, read: fn(&CostLook) -> u64) {
    for (cost, to) in directions(shown) {
        let (channel, port) = (to.channel.as_str(), to.port.as_str());
        let labels = [to.chain.as_str(), cost.chain.as_str(), channel, port];
        lines.put(&labels, read(cost));
    }
}

/// What goes the way of the packets, or stays where they come from.
pub(super) fn forth(shown: &Shown, lines: &mut Lines<'_>, read: fn(&CostLook) -> u64) {
    for (cost, to) in directions(shown) {
        let chains = [cost.chain.as_str(), to.chain.as_str()];
        let channels = [cost.channel.as_str(), to.channel.as_str()];
        let labels = [chains, channels, [cost.port.as_str(), to.port.as_str()]];
        lines.put(&labels.concat(), read(cost));
    }
}

/// What goes the other way: acknowledgements come from where packets are received.
pub(super) fn back(shown: &Shown, lines: &mut Lines<'_>, read: fn(&CostLook) -> u64) {
    for (cost, to) in directions(shown) {
        let chains = [to.chain.as_str(), cost.chain.as_str()];
        let channels = [to.channel.as_str(), cost.channel.as_str()];
        let labels = [chains, channels, [to.port.as_str(), cost.port.as_str()]];
        lines.put(&labels.concat(), read(cost));
    }
}

/// What goes to clients.
pub(super) fn clients(shown: &Shown, lines: &mut Lines<'_>, read: fn(&ClientLook) -> u64) {
    for client in &shown.look.clients {
        let labels = [client.follows.as_str(), client.chain.as_str(), &client.client];
        lines.put(&labels, read(client));
    }
}

/// What is pending that an end of a channel sent.
pub(super) fn backlog(
    shown: &Shown,
    lines: &mut Lines<'_>,
    read: fn(&Look, &ChannelEndLook) -> u64,
) {
    for (end, other) in shown.look.channels.iter().flat_map(ChannelLook::with_counterparties) {
        let Some(channel) = &end.channel else { continue };
        let labels = [end.chain.as_str(), other.as_str(), channel.as_str(), end.port.as_str()];
        lines.put(&labels, read(&shown.look, end));
    }
}

/// Transactions that a mempool refused, by account and error.
pub(super) fn refusals(shown: &Shown, lines: &mut Lines<'_>) {
    for refusal in &shown.look.refusals {
        let code = refusal.code.to_string();
        lines.put(&[&refusal.account, &code, &refusal.description], refusal.count);
    }
}

/// What the accounts that pay have.
pub(super) fn balances(shown: &Shown, lines: &mut Lines<'_>) {
    for wallet in &shown.wallets {
        let Some(balance) = &wallet.balance else { continue };
        lines.put(&[wallet.address.as_str(), wallet.chain.as_str(), &wallet.denom], balance);
    }
}
