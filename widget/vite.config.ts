import { defineConfig } from "vitest/config";

/** One un-hashed loader, everything else hashed and lazy. Chunks are found next to the loader. */
export default defineConfig({
  base: "./",
  publicDir: false,
  // The part of Preact that is used, at a third of the weight.
  resolve: {
    alias: [
      { find: /^preact$/, replacement: new URL("src/view/render.ts", import.meta.url).pathname },
    ],
  },
  // The classic factory is the smaller one; it is imported into every .tsx file here.
  oxc: {
    jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment", pure: false },
    jsxInject: 'import { h, Fragment } from "preact";',
  },
  build: {
    outDir: "../gateway/static/widget",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    // A library build: no preload helper, which the chunks would import from the loader itself.
    lib: { entry: { widget: "src/loader/main.ts" }, formats: ["es"] },
    minify: false,
    cssMinify: "lightningcss",
    rolldownOptions: {
      // Nothing here acts by being imported; else the loader would keep the imports of the chat.
      treeshake: { moduleSideEffects: (id) => id.includes("loader") },
      output: {
        minify: true,
        // One request for everything that an ordinary first chat needs.
        codeSplitting: {
          groups: [
            {
              name: "chat",
              test: /src.(chat|form|state|view).|src.files.intake|src.link.(link|keep|outbox|tabs|transport)\.|src.words.(en|speak)\./,
            },
          ],
        },
        entryFileNames: "[name].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
});
