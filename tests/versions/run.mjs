// node run.mjs VERSION FOLDER... -- PYTHON...
//
// Load the npm build of MicroPython VERSION, copy each FOLDER to the path given after its
// last colon (lib:/lib) in the build's own filesystem, and run each PYTHON in turn.
// Memory is freed only between two of them: gc.collect() does nothing inside one.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [version, ...rest] = process.argv.slice(2);
const split = rest.indexOf("--");
const folders = rest.slice(0, split);
const programs = rest.slice(split + 1);

const { loadMicroPython } = await import(`micropython-${version}/micropython.mjs`);
const mp = await loadMicroPython({
  stdout: (line) => console.log(line),
  stderr: (line) => console.log(line),
});

function copy(folder, target) {
  mp.FS.mkdirTree(target);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const from = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "__pycache__") copy(from, `${target}/${entry.name}`);
    } else if (/\.(m?py|jsonl|txt)$/.test(entry.name)) {
      mp.FS.writeFile(`${target}/${entry.name}`, readFileSync(from));
    }
  }
}

for (const folder of folders) {
  const colon = folder.lastIndexOf(":");
  copy(folder.slice(0, colon), folder.slice(colon + 1));
}
try {
  for (const program of programs) mp.runPython(program);
} catch (error) {
  console.log(String(error.message ?? error));
  process.exitCode = 1;
}
