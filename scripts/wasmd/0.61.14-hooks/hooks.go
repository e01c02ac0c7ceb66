package app

import (
	ibchooks "github.com/cosmos/ibc-apps/modules/ibc-hooks/v10"
	hookskeeper "github.com/cosmos/ibc-apps/modules/ibc-hooks/v10/keeper"
	hookstypes "github.com/cosmos/ibc-apps/modules/ibc-hooks/v10/types"
	"github.com/cosmos/ibc-go/v10/modules/apps/transfer"
	porttypes "github.com/cosmos/ibc-go/v10/modules/core/05-port/types"

	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// hooksStoreKey names the store in which ibc-hooks keeps who waits for the end of a packet.
const hooksStoreKey = hookstypes.StoreKey

// hookedTransfers has ibc-hooks tell contracts of transfers, on their way out and in, and nothing else.
func (app *WasmApp) hookedTransfers(store storetypes.StoreKey) porttypes.IBCModule {
	keeper := hookskeeper.NewKeeper(store)
	prefix := sdk.GetConfig().GetBech32AccountAddrPrefix()
	hooks := ibchooks.NewWasmHooks(&keeper, &app.WasmKeeper, prefix)
	sender := ibchooks.NewICS4Middleware(app.IBCKeeper.ChannelKeeper, hooks)
	app.TransferKeeper.WithICS4Wrapper(sender)
	return ibchooks.NewIBCMiddleware(transfer.NewIBCModule(app.TransferKeeper), &sender)
}
