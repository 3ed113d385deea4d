import { app, authentication } from "@microsoft/teams-js";
import { allowAgain } from "./forms";
import { load, useBearer } from "./session";

const SIGN_IN = "/console/teams-session";
const THEMES: Record<string, string> = { default: "light", dark: "dark", contrast: "contrast" };

/** The first page: `<html data-teams="/console">`. */
const HOME = document.documentElement.dataset["teams"] ?? "/";
/** What all pages of this kind stand below, so that one tab may lead to another. */
const ROOT = HOME.replace(/^(\/[^/]+).*/, "$1");

/**
 * Runs pages of ours in a Teams tab. A frame there keeps no cookies, so each page is fetched with a bearer and put in
 * place of the one shown; the browser's history works as everywhere. `enhance` is called for each page.
 */
export async function openInTeams(enhance: () => void): Promise<void> {
  const tab = new Tab(enhance);
  try {
    await app.initialize();
    const { app: host } = await app.getContext();
    applyTheme(host.theme);
    app.registerOnThemeChangeHandler(applyTheme);
    await useBearer(signIn);
  } catch {
    tab.fail("sign-in");
    return;
  }
  tab.listen();
  await tab.go(HOME, {}, "replace");
}

function applyTheme(theme: string): void {
  document.documentElement.dataset["theme"] = THEMES[theme] ?? "light";
}

/** Exchanges Teams' token for our bearer: 200 `{"token": …}`. */
async function signIn(): Promise<string> {
  const teamsToken = await authentication.getAuthToken();
  const answer = await fetch(SIGN_IN, {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token: teamsToken }),
  });
  if (!answer.ok) {
    throw new Error(`no session: ${answer.status}`);
  }
  const { token } = (await answer.json()) as { token: string };
  return token;
}

type Step = "push" | "replace" | "none";

class Tab {
  private latest = 0;
  private readonly failures = failuresOfPage();

  constructor(private readonly enhance: () => void) {}

  listen(): void {
    document.addEventListener("click", (event) => this.onClick(event));
    document.addEventListener("submit", (event) => this.onSubmit(event));
    window.addEventListener("popstate", () => void this.go(location.href, {}, "none"));
  }

  /** Shows the page at the address, or what answers in its place; the last one asked for wins. */
  async go(address: string, request: RequestInit, step: Step): Promise<void> {
    const turn = ++this.latest;
    const main = document.querySelector("main");
    main?.setAttribute("aria-busy", "true");
    try {
      const answer = await load(address, request);
      if (turn === this.latest) {
        await this.take(answer, step);
      }
    } catch {
      this.fail("network");
    } finally {
      main?.removeAttribute("aria-busy");
    }
  }

  private async take(answer: Response, step: Step): Promise<void> {
    if (answer.headers.get("Content-Disposition")?.startsWith("attachment")) {
      await save(answer);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    document.body.replaceChildren(...page.body.childNodes);
    if (step !== "none") {
      history[step === "push" ? "pushState" : "replaceState"](null, "", answer.url);
    }
    this.enhance();
    window.scrollTo(0, 0);
    const start = document.querySelector<HTMLElement>('[role="alert"], h1');
    start?.setAttribute("tabindex", "-1");
    start?.focus();
  }

  private onClick(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    const ordinary = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !ordinary || !isOurs(link.href) || link.target || link.getAttribute("href")?.startsWith("#")) {
      return;
    }
    event.preventDefault();
    void this.go(link.href, {}, "push");
  }

  private onSubmit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !isOurs(form.action)) {
      return;
    }
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    if (form.method === "get") {
      const address = new URL(form.action);
      address.search = new URLSearchParams([...data].map(([name, value]) => [name, String(value)])).toString();
      void this.go(address.href, {}, "push");
    } else {
      const multipart = form.enctype === "multipart/form-data";
      const body = multipart ? data : new URLSearchParams([...data].map(([name, value]) => [name, String(value)]));
      void this.go(form.action, { method: "POST", body }, "push");
    }
  }

  /** Says what went wrong above what is shown; a form that was on its way may be sent again. */
  fail(cause: "sign-in" | "network"): void {
    const failure = this.failures.get(cause);
    if (failure) {
      document.querySelector("main")?.prepend(failure);
      failure.hidden = false;
      failure.focus();
    }
    allowAgain();
  }
}

/** The sentences of the first page, in the person's language, for as long as the tab is open. */
function failuresOfPage(): Map<string, HTMLElement> {
  const found = document.querySelectorAll<HTMLElement>("[data-failure]");
  return new Map([...found].map((element) => [element.dataset["failure"] ?? "", element]));
}

function isOurs(address: string): boolean {
  const { origin, pathname } = new URL(address);
  return origin === location.origin && (pathname === ROOT || pathname.startsWith(`${ROOT}/`));
}

/** Hands a download to the browser, under the name that the server gave it. */
async function save(answer: Response): Promise<void> {
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "download";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
