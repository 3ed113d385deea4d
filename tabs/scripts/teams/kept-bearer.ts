/**
 * Keeps the bearer that somebody got in the sign-in window, so that they need not sign in each time Teams opens the tab.
 * It is kept for one Teams user: another one on the same machine never gets it. Where a browser keeps nothing for framed
 * pages, it is kept in memory.
 */
export class KeptBearer {
  private readonly memory = new Map<string, string>();

  /** `owner` names the Teams user; empty when Teams does not tell, then nothing outlives the page. */
  constructor(private readonly owner: string) {}

  get(): string | null {
    return this.read("bearer");
  }

  set(bearer: string | null): void {
    this.write("bearer", bearer);
  }

  /** Whoever signs out stays so, although Teams could sign them in again without a word. */
  get signedOut(): boolean {
    return this.read("signed-out") !== null;
  }

  set signedOut(out: boolean) {
    this.write("signed-out", out ? "1" : null);
  }

  private read(name: string): string | null {
    try {
      const kept = this.owner && localStorage.getItem(`${name} ${this.owner}`);
      return kept || (this.memory.get(name) ?? null);
    } catch {
      return this.memory.get(name) ?? null;
    }
  }

  private write(name: string, value: string | null): void {
    this.memory.delete(name);
    if (value !== null) {
      this.memory.set(name, value);
    }
    try {
      if (value === null) {
        localStorage.removeItem(`${name} ${this.owner}`);
      } else if (this.owner) {
        localStorage.setItem(`${name} ${this.owner}`, value);
      }
    } catch {
      // Memory has it.
    }
  }
}
