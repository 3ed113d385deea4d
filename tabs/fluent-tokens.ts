import { teamsDarkTheme, teamsHighContrastTheme, teamsLightTheme, type Theme } from "@fluentui/tokens";
import type { Plugin } from "vite";

const NAME = "virtual:fluent-tokens.css";

// Named colours that neither our sheet nor the components in use refer to.
const UNUSED = /^colorPalette(?!Red|Green|Yellow|DarkOrange)|^(curve|duration|colorNeutralStencil)/;

/**
 * Gives `@import "virtual:fluent-tokens.css"` Fluent's design tokens as custom properties. The browser's preference
 * chooses the theme; inside Teams `data-theme` on the root (`light`, `dark`, `contrast`) does. So the pages have their
 * colours without a script, and Fluent's web components read the same properties.
 */
export function fluentTokens(): Plugin {
  return {
    name: "fluent-tokens",
    enforce: "pre",
    transform(code, id) {
      const statement = `@import "${NAME}";`;
      return id.endsWith(".css") && code.includes(statement) ? code.replace(statement, sheet()) : null;
    },
  };
}

function sheet(): string {
  const dark = properties(teamsDarkTheme, teamsLightTheme);
  return [
    `:root { color-scheme: light; ${properties(teamsLightTheme)} }`,
    `@media (prefers-color-scheme: dark) { :root:not([data-theme]) { color-scheme: dark; ${dark} } }`,
    `:root[data-theme="dark"] { color-scheme: dark; ${dark} }`,
    `:root[data-theme="contrast"] { color-scheme: dark; ${properties(teamsHighContrastTheme, teamsLightTheme)} }`,
  ].join("\n");
}

/** The theme's tokens as declarations, without those that are the same in `base`. */
function properties(theme: Theme, base?: Theme): string {
  return (Object.keys(theme) as (keyof Theme)[])
    .filter((token) => !UNUSED.test(token) && theme[token] !== base?.[token])
    .map((token) => `--${token}: ${theme[token]};`)
    .join(" ");
}
