//! Writes the JSON schema of the contract's messages into the folder `schema/` of the repository.

use std::path::Path;

use cosmwasm_schema::generate_api;
use outpost::msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

fn main() -> std::io::Result<()> {
    let api = generate_api! {
        name: "outpost",
        instantiate: InstantiateMsg,
        execute: ExecuteMsg,
        query: QueryMsg,
        migrate: MigrateMsg,
    };
    let json = api.render().to_string().map_err(std::io::Error::other)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("outpost.json"), json + "\n")
}
