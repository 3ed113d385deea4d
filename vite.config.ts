import { defineConfig } from "vite";
import { fluentTokens } from "./tabs/fluent-tokens.ts";

// Entries keep their names, so that templates link them without a manifest. The server sends them with revalidation.
export default defineConfig({
  publicDir: "tabs/public",
  plugins: [fluentTokens()],
  build: {
    outDir: "tabs/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        console: "tabs/scripts/console.ts",
        "console-sheet": "tabs/styles/console.css",
        dial: "tabs/scripts/dial.ts",
        "sign-in": "tabs/scripts/sign-in.ts",
        page: "tabs/styles/page.css",
        personal: "tabs/scripts/personal.ts",
        "personal-sheet": "tabs/styles/personal.css",
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
