# Where wasmd's app/app.go of v0.61.14 takes in hooks.go. A line that is not found there leaves what hooks.go defines
# unused, so the key of its store is missing, and the chain does not start.
s/^\t\tibcexported\.StoreKey, ibctransfertypes\.StoreKey,$/&\n\t\thooksStoreKey,/
s/^\tapp\.TransferKeeper\.WithICS4Wrapper(transferICS4Wrapper)$/&\n\ttransferStack = app.hookedTransfers(keys[hooksStoreKey])/
