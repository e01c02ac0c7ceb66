//! Writes the JSON schema of every message to `schema/market.json` below the current folder.

use std::error::Error;
use std::fs;

use cosmwasm_schema::generate_api;
use market::msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

fn main() -> Result<(), Box<dyn Error>> {
    let api = generate_api! {
        name: "market",
        instantiate: InstantiateMsg,
        execute: ExecuteMsg,
        query: QueryMsg,
        migrate: MigrateMsg,
    };
    fs::create_dir_all("schema")?;
    fs::write("schema/market.json", api.render().to_string()? + "\n")?;
    Ok(())
}
