// Bundles one script and one style sheet per page into mes/static/dist and writes manifest.json.
// Called by hatch_build.py, which sets MES_CATALOGUES to a folder of <language>.json catalogues.
import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.env.MES_DIST ?? join(here, "..", "static", "dist");
const catalogues = process.env.MES_CATALOGUES;

const CALL = /(?<![\w.])_\(\s*("(?:[^"\\]|\\.)*")/g;

/** [[language, {text: translation}]] of all catalogues, in the order in which a text names its translations. */
async function readCatalogues() {
  const names = catalogues ? (await readdir(catalogues)).filter((name) => name.endsWith(".json")).sort() : [];
  return Promise.all(names.map(async (name) => [basename(name, ".json"), JSON.parse(await readFile(join(catalogues, name), "utf8"))]));
}

const translations = await readCatalogues();

/** `_("Text")` with its translations beside it: a script carries the texts of its own parts and no others. */
function withTranslations(source) {
  return source.replace(CALL, (call, literal) => {
    const text = JSON.parse(literal);
    const others = translations.map(([, texts]) => texts[text] ?? text);
    if (others.every((other) => other === text)) return call;
    return call.replace(literal, () => `inLanguage$(${[text, ...others].map((one) => JSON.stringify(one)).join(",")})`);
  });
}

const words = join(here, "lib", "i18n.js");

const SHARED = "shared:parts";

/**
 * `import languages from "catalogue:languages"` gives the order of the translations; `together` are
 * the modules that all `starts` of a page (itself and what it loads later) have in one chunk.
 */
const textsAndShared = ({ starts, together }) => ({
  name: "texts-and-shared",
  setup(bundle) {
    bundle.onResolve({ filter: /^catalogue:languages$/ }, (found) => ({ path: found.path, namespace: "catalogue" }));
    bundle.onLoad({ filter: /.*/, namespace: "catalogue" }, () => ({
      contents: JSON.stringify(translations.map(([language]) => language)),
      loader: "json",
    }));
    bundle.onResolve({ filter: /^shared:parts$/ }, () => ({ path: SHARED, namespace: "shared" }));
    bundle.onLoad({ filter: /.*/, namespace: "shared" }, () => ({
      contents: together.map((path) => `import${JSON.stringify(path)};`).join(""),
      loader: "js",
      resolveDir: here,
    }));
    bundle.onLoad({ filter: /\.js$/ }, async ({ path }) => {
      if (!path.startsWith(here) || path === words) return undefined;
      const source = await readFile(path, "utf8");
      const translated = withTranslations(source);
      const first = (translated === source ? "" : `import{inLanguage as inLanguage$}from${JSON.stringify(words)};`) + (starts.has(path) ? `import${JSON.stringify(SHARED)};` : "");
      return first ? { contents: first + translated, loader: "js" } : undefined;
    });
  },
});

// The pages ask for no WebTransport, which the client would bring along with its decoder of streams.
const withoutWebTransport = {
  name: "without-web-transport",
  setup(bundle) {
    bundle.onLoad({ filter: /engine\.io-client.*webtransport\.js$/ }, () => ({ contents: "export class WT {}", loader: "js" }));
  },
};

// Pages that a device keeps open: what one of them needs from the beginning lies in one chunk. The bundler
// alone would cut it into two dozen, one for each set of parts that have something in common.
const KEPT_OPEN = ["terminal.js", "jobs.js", "wall.js", "line.js"];

/** Entry points of each bundle: each page that is kept open, all other pages, the style sheets. */
async function bundles() {
  const named = async (folder, end) => (await readdir(join(here, folder))).filter((name) => name.endsWith(end));
  const office = (await named("pages", ".js")).filter((name) => !KEPT_OPEN.includes(name));
  const page = (name) => join(here, "pages", name);
  const alone = KEPT_OPEN.map(async (name) => ({ entryPoints: [page(name)], ...(await beginningOf(page(name))) }));
  const sheets = (await named("css", ".page.css")).map((name) => join(here, "css", name));
  return [...(await Promise.all(alone)), { entryPoints: office.map(page), ...APART }, { entryPoints: sheets, ...APART }];
}

const APART = { starts: new Set(), together: [] };

/** What a page needs from the beginning, and everything that begins there: the page and its later parts. */
async function beginningOf(page) {
  const { inputs } = (await bundle({ entryPoints: [page], write: false, ...APART })).metafile;
  const file = (path) => join(out, path);
  const imports = new Map(Object.entries(inputs).map(([path, input]) => [file(path), input.imports.map((used) => ({ ...used, path: file(used.path) }))]));
  const together = [...closure(page, imports)].filter((path) => path !== page && path.endsWith(".js"));
  const later = [...imports.values()].flat().filter((used) => used.kind === "dynamic-import").map((used) => used.path);
  return { starts: new Set([page, ...later]), together };
}

/** All modules that a module imports, and those import, and so on, without those loaded later. */
function closure(start, imports, found = new Set()) {
  if (found.has(start)) return found;
  found.add(start);
  for (const used of imports.get(start) ?? []) if (used.kind === "import-statement" && !used.external) closure(used.path, imports, found);
  return found;
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

/** The font of labels, which the server draws itself: Hangul whatever the machine has installed. */
async function copyFont() {
  const font = join(here, "..", "..", "node_modules", "@expo-google-fonts", "nanum-gothic");
  const files = {
    "400Regular/NanumGothic_400Regular.ttf": "NanumGothic-Regular.ttf",
    "700Bold/NanumGothic_700Bold.ttf": "NanumGothic-Bold.ttf",
    LICENSE_FONT: "LICENSE",
  };
  for (const [from, to] of Object.entries(files)) await cp(join(font, from), join(out, "fonts", to));
}

const bundle = ({ entryPoints, write = true, ...shared }) => build({
  entryPoints,
  write,
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
  plugins: [textsAndShared(shared), withoutWebTransport],
  logLevel: "warning",
});

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const built = await Promise.all((await bundles()).map(bundle));
const outputs = Object.assign({}, ...built.map((one) => one.metafile.outputs));
await copyFont();
const manifest = manifestOf({
  outputs: Object.fromEntries(
    Object.entries(outputs).map(([path, output]) => [
      join(out, path),
      { ...output, imports: output.imports.map((used) => ({ ...used, path: join(out, used.path) })) },
    ]),
  ),
});
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
