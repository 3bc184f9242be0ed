// Reads the last hours of a source with an unchanged signon component in Node, and
// prints its events, one JSON object a line.
//
//     node collect.mjs COMPONENT.wasm SETTINGS.json [HOURS]
//
// The component signs for itself with the key `auth` of its settings, because here
// is no host that would. It has the network and nothing else: no files, no
// environment. What is given up against the host `signon`: secrets are inside the
// sandbox, any address may be asked, and nothing bounds memory or time.

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { transpileBytes } from "@bytecodealliance/jco-transpile";

const HOUR_MS = 3_600_000;
const BUILD = join(dirname(fileURLToPath(import.meta.url)), "build");

/// Turns a component into a module for Node, once for each content.
async function load(path) {
  const bytes = await readFile(path);
  const folder = join(BUILD, createHash("sha256").update(bytes).digest("hex").slice(0, 16));
  const entry = join(folder, "component.js");
  try {
    return await import(pathToFileURL(entry).href);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  }
  const { files } = await transpileBytes(bytes, { name: "component" });
  await mkdir(folder, { recursive: true });
  // The entry last: a folder that has it is whole.
  const names = Object.keys(files).sort((a, b) => (a === "component.js") - (b === "component.js"));
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), files[name]);
  }
  return import(pathToFileURL(entry).href);
}

/// Ranges as long as the component takes them, each end on its granularity.
function* ranges(shape, hours) {
  if (shape.tag !== "windowed") throw new Error("this example reads ranges of time only");
  const granularity = shape.val.granularitySeconds * 1000;
  const longest = shape.val.longestRangeSeconds * 1000;
  const floor = (time) => Math.floor(time / granularity) * granularity;
  const end = floor(Date.now());
  for (let start = floor(end - hours * HOUR_MS); start < end; start += longest) {
    yield { start: BigInt(start), end: BigInt(Math.min(start + longest, end)) };
  }
}

/// 64 bits are texts, as in OTLP/JSON; what is absent is left out.
function line(event) {
  return JSON.stringify(event, (_, value) => (typeof value === "bigint" ? value.toString() : value));
}

async function main([component, settings, hours = "24"]) {
  if (!settings) throw new Error("usage: node collect.mjs COMPONENT.wasm SETTINGS.json [HOURS]");
  const { source } = await load(component);
  const config = await readFile(settings, "utf8");
  const classes = { signOn: true, account: true, other: false };
  const options = { classes, keepRaw: false, textLimit: 4096 };
  const limits = { events: 500, bytes: 4_194_304n, softDeadlineMs: 2000 };
  const { shape } = source.describe();
  // The ranges of two readings may overlap; an event has one id.
  const seen = new Set();
  for (const stream of source.streams(config)) {
    for (const range of ranges(shape, Number(hours))) {
      const selection = { tag: "range", val: range };
      const session = source.Session.open(config, stream.id, selection, undefined, options);
      for (let progress = "more"; progress !== "finished"; ) {
        const batch = session.next(limits);
        progress = batch.progress;
        for (const event of batch.events) {
          if (!seen.has(event.nativeId)) process.stdout.write(`${line(event)}\n`);
          seen.add(event.nativeId);
        }
        for (const finding of batch.findings) {
          process.stderr.write(`${finding.severity}: ${finding.problem}; ${finding.fix}\n`);
        }
      }
      session[Symbol.dispose]?.();
    }
  }
}

main(process.argv.slice(2)).catch((error) => {
  // What a component answers as an error, wrapped or as it is.
  const { tag, val } = error.payload ?? error;
  const said = tag ? `${tag}: ${JSON.stringify(val)}` : error;
  process.stderr.write(`collect: ${said}\n`);
  process.exitCode = 1;
});
