import { app } from "@microsoft/teams-js";
import { rememberClient } from "./client";
import { allowAgain } from "./forms";
import { dropBearer, load, useBearer } from "./session";
import { KeptBearer } from "./teams/kept-bearer";
import { SignInPanel } from "./teams/sign-in-panel";

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
  let context: app.Context;
  try {
    await app.initialize();
    context = await app.getContext();
  } catch {
    showFailure("sign-in");
    return;
  }
  const { theme, host } = context.app;
  applyTheme(theme);
  rememberClient(host.name, host.clientType, host.ringId);
  app.registerOnThemeChangeHandler(applyTheme);
  const { user } = context;
  const kept = new KeptBearer(user?.id ? `${user.tenant?.id ?? ""} ${user.id}` : "");
  const panel = new SignInPanel(kept, `${ROOT}/session`);
  await useBearer(panel, host.clientType);
  const tab = new Tab(enhance, panel);
  tab.listen();
  await tab.start(context.page.subPageId);
}

function applyTheme(theme: string): void {
  document.documentElement.dataset["theme"] = THEMES[theme] ?? "light";
}

type Step = "push" | "replace" | "none";

class Tab {
  private latest = 0;
  /** What is to be asked for again when the connection is back. */
  private lost: (() => Promise<void>) | null = null;

  constructor(
    private readonly enhance: () => void,
    private readonly panel: SignInPanel,
  ) {}

  listen(): void {
    document.addEventListener("click", (event) => this.onClick(event));
    document.addEventListener("submit", (event) => this.onSubmit(event));
    window.addEventListener("popstate", () => void this.go(location.href, {}, "none"));
    window.addEventListener("online", () => void this.lost?.());
    FAILURES.get("network")
      ?.querySelector("button")
      ?.addEventListener("click", () => void this.lost?.());
  }

  /** Shows the page that a deep link names (`subPageId`), if it is one of ours that is there; otherwise the first one. */
  async start(subPage: string | undefined): Promise<void> {
    if (subPage && subPage.startsWith("/") && isOurs(new URL(subPage, location.origin).href)) {
      const answer = await load(subPage).catch(() => null);
      if (answer?.ok && isPage(answer)) {
        await this.take(answer, "replace");
        return;
      }
    }
    await this.go(HOME, {}, "replace");
  }

  /** Shows the page at the address, or what answers in its place; the last one asked for wins. */
  async go(address: string, request: RequestInit, step: Step): Promise<void> {
    const turn = ++this.latest;
    this.lost = null;
    const main = document.querySelector("main");
    main?.setAttribute("aria-busy", "true");
    try {
      const answer = await load(address, request);
      if (turn === this.latest) {
        await this.take(answer, step);
      }
    } catch {
      this.fail(request.method === "POST" ? null : () => this.go(address, request, step));
    } finally {
      main?.removeAttribute("aria-busy");
    }
  }

  private async take(answer: Response, step: Step): Promise<void> {
    if (!isPage(answer)) {
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
    const start = document.querySelector<HTMLElement>('[role="alert"]:not([hidden]), h1');
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
    if (form.hasAttribute("data-sign-out")) {
      void this.signOut(form);
      return;
    }
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

  /** Ends the session; then the page waits for somebody to sign in, and is shown to whoever does. */
  private async signOut(form: HTMLFormElement): Promise<void> {
    try {
      await load(form.action, { method: "POST" });
    } catch {
      this.fail(null);
      return;
    }
    this.panel.signOut();
    dropBearer();
    await this.go(HOME, {}, "replace");
  }

  /** Says that there is no connection. A form that was on its way may be sent again, a page is asked for `again`. */
  private fail(again: (() => Promise<void>) | null): void {
    this.lost = again;
    const button = FAILURES.get("network")?.querySelector("button");
    if (button) {
      button.hidden = again === null;
    }
    showFailure("network");
    allowAgain();
  }
}

/** The sentences of the first page, in the person's language, for as long as the tab is open. */
const FAILURES = new Map(
  [...document.querySelectorAll<HTMLElement>("[data-failure]")].map((each) => [each.dataset["failure"] ?? "", each]),
);

/** Says what went wrong above what is shown. */
function showFailure(cause: "sign-in" | "network"): void {
  const failure = FAILURES.get(cause);
  if (failure) {
    document.querySelector("main")?.prepend(failure);
    failure.hidden = false;
    failure.focus();
  }
}

function isPage(answer: Response): boolean {
  return !answer.headers.get("Content-Disposition")?.startsWith("attachment");
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
