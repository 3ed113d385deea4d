import { defineConfig } from "vite";

// Entries keep their names, so that templates link them without a manifest. The server sends them with revalidation.
export default defineConfig({
  publicDir: "tabs/public",
  build: {
    outDir: "tabs/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        dial: "tabs/scripts/dial.ts",
        "sign-in": "tabs/scripts/sign-in.ts",
        page: "tabs/styles/page.css",
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        codeSplitting: { groups: [{ name: "teams-js", test: /@microsoft.teams-js/ }] },
        assetFileNames: "[name][extname]",
      },
    },
  },
});
