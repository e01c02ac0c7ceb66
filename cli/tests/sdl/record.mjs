// Prints, for every file named, what Akash's package makes of it: the hash and the sorted manifest.
// Run by `record`, in a folder where the package is installed.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { SDL } = require("@akashnetwork/chain-sdk");

const recorded = {};
for (const file of process.argv.slice(2)) {
  const sdl = SDL.fromString(await readFile(file, "utf8"), "beta3", "mainnet");
  const manifest = sdl.manifestSortedJSON();
  const hash = Buffer.from(await sdl.manifestVersion()).toString("hex");
  recorded[basename(file, ".yaml")] = { hash, manifest };
}
process.stdout.write(`${JSON.stringify(recorded, null, 1)}\n`);
