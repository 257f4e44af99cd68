// Bundles one script and one style sheet per page into mes/static/dist and writes manifest.json.
// Called by hatch_build.py, which sets MES_CATALOGUES to a folder of <language>.json catalogues.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "dist");
const catalogues = process.env.MES_CATALOGUES;

const CALL = /(?<![\w.])_\(\s*("(?:[^"\\]|\\.)*")/g;

// Scripts with a catalogue of their own, which their pages add to the common one (`lib/texts-*.js`).
const APART = {
  sources: /^(sources\/|pages\/source|lib\/source-advice)/,
  office: /^((pages\/)?(calendar|calls|checks|floor|handover|line|orders|report|trend)\b)/,
  wall: /^(wall\/|pages\/wall)/,
};

/** The texts that scripts ask for; the catalogues hold those of the templates, too. */
async function textsOfScripts(wanted) {
  const names = (await readdir(here, { recursive: true })).filter((name) => name.endsWith(".js") && wanted(name));
  const sources = await Promise.all(names.map((name) => readFile(join(here, name), "utf8")));
  return new Set(sources.flatMap((source) => [...source.matchAll(CALL)].map((found) => JSON.parse(found[1]))));
}

async function catalogueOf(path) {
  if (!catalogues) return "{}";
  const [language, part] = path.split("/");
  const all = JSON.parse(await readFile(join(catalogues, `${language}.json`), "utf8"));
  const common = await textsOfScripts((name) => !Object.values(APART).some((apart) => apart.test(name)));
  const used = part ? await textsOfScripts((name) => APART[part].test(name)) : common;
  return JSON.stringify(Object.fromEntries(Object.entries(all).filter(([text]) => used.has(text))));
}

// `import ko from "catalogue:ko"` gives the translations of one language as an object, "catalogue:ko/PART" those of a part.
const cataloguePlugin = {
  name: "catalogue",
  setup(bundle) {
    bundle.onResolve({ filter: /^catalogue:/ }, (found) => ({
      path: found.path.slice("catalogue:".length),
      namespace: "catalogue",
    }));
    bundle.onLoad({ filter: /.*/, namespace: "catalogue" }, async (found) => ({
      contents: await catalogueOf(found.path),
      loader: "json",
    }));
  },
};

async function entryPoints() {
  const pages = (await readdir(join(here, "pages"))).filter((name) => name.endsWith(".js"));
  const sheets = (await readdir(join(here, "css"))).filter((name) => name.endsWith(".page.css"));
  return [...pages.map((name) => join(here, "pages", name)), ...sheets.map((name) => join(here, "css", name))];
}

function manifestOf(metafile) {
  const manifest = {};
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (!output.entryPoint) continue;
    const scripts = output.imports.filter((used) => used.kind === "import-statement" && !used.external);
    manifest[basename(output.entryPoint).replace(".page.css", ".css")] = {
      file: relative(out, path),
      imports: scripts.map((used) => relative(out, used.path)),
    };
  }
  return manifest;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const result = await build({
  entryPoints: await entryPoints(),
  outdir: out,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  charset: "utf8",
  target: ["es2022", "chrome100", "safari16"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  legalComments: "linked",
  metafile: true,
  absWorkingDir: out,
  plugins: [cataloguePlugin],
  logLevel: "warning",
});
const manifest = manifestOf({
  outputs: Object.fromEntries(
    Object.entries(result.metafile.outputs).map(([path, output]) => [
      join(out, path),
      { ...output, imports: output.imports.map((used) => ({ ...used, path: join(out, used.path) })) },
    ]),
  ),
});
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
