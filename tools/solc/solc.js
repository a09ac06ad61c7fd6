#!/usr/bin/env node
// solc's command line, as far as forge, ape, py-solc-x and slither use it, on top of npm's `solc` (WebAssembly):
//   --version
//   --standard-json [FILE|-] [--base-path DIR] [--include-path DIR]... [--allow-paths DIRS]   input from FILE or standard input
// solcjs itself lacks --allow-paths and prints its version in a form that those tools do not read.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const v8 = require("node:v8");

// For many small compilations, one per mutant: machine code of half the speed, made in a quarter of the time.
if (process.env.SOLC_QUICK) v8.setFlagsFromString("--liftoff-only");

const root = path.resolve(__dirname, "..", "..");

function fail(message) {
  process.stderr.write(`solc: ${message}\n`);
  process.exit(1);
}

function parse(argv) {
  const options = { prefixes: [], file: null, version: false, standardJson: false };
  for (let i = 0; i < argv.length; i += 1) {
    const [name, inline] = argv[i].startsWith("--") ? argv[i].split(/=(.*)/s, 2) : [argv[i], undefined];
    const value = () => (inline === undefined ? argv[(i += 1)] : inline);
    if (name === "--version") options.version = true;
    else if (name === "--standard-json") options.standardJson = true;
    else if (name === "--base-path") options.prefixes.unshift(value());
    else if (name === "--include-path") options.prefixes.push(value());
    else if (name === "--allow-paths") value(); // this process may read what its user may read
    else if (name === "-") options.file = null;
    else if (name.startsWith("-")) fail(`unknown option ${name}`);
    else options.file = name;
  }
  return options;
}

function reader(prefixes) {
  // ape compiles a copy of contracts/ in a temporary folder, where node_modules is not: hence the root at the end.
  const bases = [...(prefixes.length > 0 ? prefixes : ["."]), root];
  return (name) => {
    for (const base of bases) {
      const file = path.resolve(base, name);
      if (fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
    }
    return { error: `File not found: ${name}` };
  };
}

function main() {
  const options = parse(process.argv.slice(2));
  const solc = require(path.join(root, "node_modules", "solc"));
  if (options.version) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
    return;
  }
  if (!options.standardJson) fail("only --version and --standard-json are served");
  const input = fs.readFileSync(options.file === null ? 0 : options.file, "utf8");
  process.stdout.write(solc.compile(input, { import: reader(options.prefixes) }) + "\n");
}

main();
