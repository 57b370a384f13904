// Builds ../dist from css/, js/ and icons.txt, and ../../views/icons_gen.go.
//
//   npm ci && npm run build
//
// The output is committed and embedded, so building the program needs no Node.
// It depends on nothing but the sources and package-lock.json: the same input
// gives the same bytes, and `make check` builds again and compares. Every file
// is named <name>.<first 10 hex digits of its SHA-256>.<extension>; text files
// get a .br and a .gz beside them.
//
// Tailwind takes the utilities it finds in views/**/*.templ and views/**/*.go,
// so build again after using a utility class that no page used before. The
// house classes (css/*.css) are always there.
//
// package-lock.json names no registry and no funding address. Its entries for
// Tailwind's engine on systems other than Linux were added by hand, since npm
// leaves out what a registry does not serve and `npm ci` then refuses the file;
// add them again if an update drops them.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import subsetFont from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../dist");
const require = createRequire(import.meta.url);

const files = new Map(); // what dist will hold: name -> bytes

// The packages whose work is in dist; js() adds those it bundles.
const packages = new Set(["@fontsource-variable/inter", "daisyui", "lucide-static", "tailwindcss"]);

// put adds one hashed file with its compressed variants and returns its name.
function put(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.[a-z0-9]+)$/, `.${hash}$1`);
  files.set(hashed, bytes);
  if (!name.endsWith(".woff2")) {
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    files.set(hashed + ".br", brotliCompressSync(bytes, { params: quality }));
    const gz = gzipSync(bytes, { level: 9 });
    gz[9] = 255; // operating system: unknown, so that the bytes are the same everywhere
    files.set(hashed + ".gz", gz);
  }
  return hashed;
}

// Inter comes cut into alphabets. The Turkish letters that the Latin cut lacks
// travel in a second small file that browsers fetch only when a page has one.
const latin = chars(0x20, 0x7e) + chars(0xa0, 0xff) + "ıŒœ–—‘’‚“”„†•…‰‹›€™−←↑→↓";
const turkish = "ĞğİŞş₺";

function chars(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("");
}

async function font(name, cut, text) {
  const path = require.resolve(`@fontsource-variable/inter/files/inter-${cut}-wght-normal.woff2`);
  const keepFeatures = ["calt", "ccmp", "kern", "locl", "mark", "mkmk", "tnum"];
  const bytes = await subsetFont(readFileSync(path), text, {
    targetFormat: "woff2",
    keepFeatures,
    noHinting: true,
    variationAxes: { wght: { min: 400, max: 700, default: 400 } },
  });
  return put(name, bytes);
}

function face(family, file, text) {
  const range = [...new Set(text)]
    .map((c) => c.codePointAt(0))
    .sort((a, b) => a - b)
    .reduce((spans, code) => {
      const last = spans.at(-1);
      if (last && last[1] === code - 1) last[1] = code;
      else spans.push([code, code]);
      return spans;
    }, [])
    .map(([a, b]) => "U+" + a.toString(16) + (a === b ? "" : "-" + b.toString(16)))
    .join(",");
  return (
    `@font-face{font-family:"${family}";font-style:normal;font-weight:400 700;font-display:swap;` +
    `src:url(${file}) format("woff2");unicode-range:${range}}`
  );
}

function css() {
  const dir = mkdtempSync(join(tmpdir(), "certbay-css-"));
  try {
    const out = join(dir, "app.css");
    const cli = join(dirname(require.resolve("@tailwindcss/cli/package.json")), "dist/index.mjs");
    execFileSync(process.execPath, [cli, "-i", "css/app.css", "-o", out, "--minify"], {
      cwd: here,
      stdio: ["ignore", "ignore", "pipe"],
    });
    return readFileSync(out, "utf8").replace(/\/\*![\s\S]*?\*\//g, "").trim() + "\n";
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function js(entry, define = {}) {
  const result = await esbuild.build({
    entryPoints: [join(here, "js", entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["chrome111", "firefox128", "safari16.4"],
    legalComments: "none",
    metafile: true,
    define,
  });
  for (const input of Object.keys(result.metafile.inputs)) {
    const found = input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  return result.outputFiles[0].text;
}

// licences is what the authors of the packages inside dist ask to be passed on.
function licences() {
  const texts = [...packages].sort().map((name) => {
    const dir = join(here, "node_modules", name);
    const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
    if (!file) throw new Error(`no licence in ${name}`);
    return `${name}\n\n${readFileSync(join(dir, file), "utf8").replace(/\r\n/g, "\n").trim()}\n`;
  });
  return texts.join("\n" + "-".repeat(72) + "\n\n");
}

// icons writes the inner markup of each listed lucide icon as a Go map.
function icons() {
  const names = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean).sort();
  const width = Math.max(...names.map((n) => n.length));
  const rows = names.map((name) => {
    const svg = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), "utf8");
    const inner = svg
      .slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
      .replace(/\s+/g, " ")
      .replace(/> </g, "><")
      .replace(/ \/>/g, "/>")
      .trim();
    return `\t"${name}":${" ".repeat(width - name.length + 1)}\`${inner}\`,`;
  });
  const source = `// Code generated by static/src/build.mjs from static/src/icons.txt. DO NOT EDIT.

package views

// iconPaths holds the inner SVG markup of each icon on a 24 by 24 grid, by its lucide name.
var iconPaths = map[string]string{
${rows.join("\n")}
}
`;
  mkdirSync(join(here, "../../views"), { recursive: true });
  writeFileSync(join(here, "../../views/icons_gen.go"), source);
}

icons();
const faces = face("Inter", await font("inter.woff2", "latin", latin), latin);
const facesTurkish = face("Inter Turkish", await font("inter-tr.woff2", "latin-ext", turkish), turkish);
put("app.css", faces + facesTurkish + css());
put("app.js", await js("app.js"));
const x509 = put("x509.js", await js("x509.js"));
put("csr.js", await js("csr.js", { X509_URL: JSON.stringify("./" + x509) }));
put("licences.txt", licences());
put("favicon.svg", readFileSync(join(here, "favicon.svg")));

// New files first, old ones after: a Go build at the same time finds a whole set.
mkdirSync(dist, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(dist, name), bytes);
for (const name of readdirSync(dist)) {
  if (!files.has(name)) rmSync(join(dist, name), { recursive: true });
}
for (const name of [...files.keys()].sort()) console.log(String(files.get(name).length).padStart(8), name);
