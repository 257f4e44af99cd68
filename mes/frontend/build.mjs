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

// `import languages from "catalogue:languages"` gives the order of the translations.
const cataloguePlugin = {
  name: "catalogue",
  setup(bundle) {
    bundle.onResolve({ filter: /^catalogue:languages$/ }, (found) => ({ path: found.path, namespace: "catalogue" }));
    bundle.onLoad({ filter: /.*/, namespace: "catalogue" }, () => ({
      contents: JSON.stringify(translations.map(([language]) => language)),
      loader: "json",
    }));
    bundle.onLoad({ filter: /\.js$/ }, async ({ path }) => {
      if (!path.startsWith(here) || path === words) return undefined;
      const source = await readFile(path, "utf8");
      const translated = withTranslations(source);
      if (translated === source) return undefined;
      return { contents: `import{inLanguage as inLanguage$}from${JSON.stringify(words)};${translated}`, loader: "js" };
    });
  },
};

// The pages ask for no WebTransport, which the client would bring along with its decoder of streams.
const withoutWebTransport = {
  name: "without-web-transport",
  setup(bundle) {
    bundle.onLoad({ filter: /engine\.io-client.*webtransport\.js$/ }, () => ({ contents: "export class WT {}", loader: "js" }));
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
  plugins: [cataloguePlugin, withoutWebTransport],
  logLevel: "warning",
});
await copyFont();
const manifest = manifestOf({
  outputs: Object.fromEntries(
    Object.entries(result.metafile.outputs).map(([path, output]) => [
      join(out, path),
      { ...output, imports: output.imports.map((used) => ({ ...used, path: join(out, used.path) })) },
    ]),
  ),
});
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
