import { dropBearer, type Door } from "../session";
import type { KeptBearer } from "./kept-bearer";
import { byCloudLink, byMicrosoft, NotSignedIn, type Cause } from "./ways-in";

type Way = "microsoft" | "cloudlink" | "again";
type Shown = Cause | "ended" | "out";

/** After which causes a button is of use; the one of CloudLink always is. */
const USEFUL: Record<string, readonly Shown[]> = {
  microsoft: ["consent", "ended", "out", "blocked", "cancelled"],
  again: ["later", "offline"],
};

/**
 * Signs in without a word where that is possible. Otherwise the panel of the framed page takes the place of what is
 * shown, says why, and stays until the person has signed in; then everything is where it was.
 */
export class SignInPanel implements Door {
  private readonly panel = document.querySelector<HTMLElement>("[data-sign-in]");
  private microsoftFails = false;

  /** `session` is where the code of the sign-in window is exchanged. */
  constructor(
    private readonly kept: KeptBearer,
    private readonly session: string,
  ) {}

  async open(ended: string | null): Promise<string> {
    const kept = this.kept.get();
    if (kept !== null && kept !== ended) {
      return kept;
    }
    this.kept.set(null);
    if (this.kept.signedOut) {
      return this.ask("out");
    }
    try {
      return await byMicrosoft(true);
    } catch (error) {
      const cause = causeOf(error);
      this.microsoftFails = cause === "none" || cause === "unlinked";
      return this.ask(ended !== null && cause === "none" ? "ended" : cause);
    }
  }

  /** Forgets who was signed in; they stay signed out until they choose otherwise. */
  signOut(): void {
    this.kept.set(null);
    this.kept.signedOut = true;
    dropBearer();
  }

  private async ask(cause: Shown): Promise<string> {
    const panel = this.panel;
    if (!panel) {
      throw new NotSignedIn("none");
    }
    const covered = cover(panel);
    try {
      return await this.answered(panel, cause);
    } finally {
      covered.uncover();
    }
  }

  /** Asks as often as it takes; each press of a button is one attempt. */
  private async answered(panel: HTMLElement, first: Shown): Promise<string> {
    for (let cause = first; ; ) {
      this.show(panel, cause);
      const way = await pressed(panel);
      panel.setAttribute("aria-busy", "true");
      try {
        const bearer = await this.by(way);
        this.kept.signedOut = false;
        return bearer;
      } catch (error) {
        cause = causeOf(error);
        this.microsoftFails ||= way !== "cloudlink" && (cause === "none" || cause === "unlinked");
      } finally {
        panel.removeAttribute("aria-busy");
      }
    }
  }

  private async by(way: Way): Promise<string> {
    if (way !== "cloudlink") {
      return byMicrosoft(way === "again");
    }
    const bearer = await byCloudLink(this.session);
    if (this.session.startsWith("/tabs/")) {
      this.kept.set(bearer);
    }
    return bearer;
  }

  private show(panel: HTMLElement, cause: Shown): void {
    for (const sentence of panel.querySelectorAll<HTMLElement>("[data-cause]")) {
      sentence.hidden = sentence.dataset["cause"] !== cause;
    }
    for (const button of panel.querySelectorAll<HTMLElement>("[data-way]")) {
      const causes = USEFUL[button.dataset["way"] ?? ""];
      button.hidden = causes !== undefined && (this.microsoftFails || !causes.includes(cause));
    }
    panel.querySelector<HTMLElement>("h1")?.focus();
  }
}

function causeOf(error: unknown): Cause {
  return error instanceof NotSignedIn ? error.reason : "later";
}

/** Puts the panel in place of the page, which stays as it is, out of sight and reach. */
function cover(panel: HTMLElement): { uncover(): void } {
  const hidden = [...document.body.children].filter((child) => child !== panel && !child.hasAttribute("hidden"));
  for (const child of hidden) {
    child.setAttribute("hidden", "");
  }
  document.body.append(panel);
  panel.hidden = false;
  return {
    uncover() {
      panel.remove();
      for (const child of hidden) {
        child.removeAttribute("hidden");
      }
    },
  };
}

/** The next button that is pressed. A connection that comes back presses for a person who waits for it. */
function pressed(panel: HTMLElement): Promise<Way> {
  return new Promise((resolve) => {
    const done = new AbortController();
    for (const button of panel.querySelectorAll<HTMLElement>("[data-way]")) {
      button.addEventListener(
        "click",
        () => {
          done.abort();
          resolve(button.dataset["way"] as Way);
        },
        { signal: done.signal },
      );
    }
    const again = panel.querySelector<HTMLElement>('[data-way="again"]:not([hidden])');
    window.addEventListener("online", () => again?.click(), { signal: done.signal });
  });
}
