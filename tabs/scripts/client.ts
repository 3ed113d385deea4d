/** What the Teams client says of itself, for a problem report; empty outside Teams. */
let told = "";

export function rememberClient(name: string, kind: string, ring: string | undefined): void {
  told = [name, kind, ring].filter(Boolean).join(" · ");
}

export function client(): string {
  return told;
}
