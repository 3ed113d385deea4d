import { load } from "../session";
import { readEvents } from "./events";

let scrolling: IntersectionObserver | null = null;
let listening: AbortController | null = null;

/** An iPad claims to be a Mac; only its touch screen tells. There the dial page has the right link. */
export function touchLinks(within: ParentNode): void {
  if (navigator.maxTouchPoints > 1) {
    for (const link of within.querySelectorAll<HTMLAnchorElement>("a[data-on-touch]")) {
      link.href = link.dataset["onTouch"] ?? link.href;
    }
  }
}

/** Puts the next page under the list when its link comes near. A page that does not come leaves the link to press. */
export function endlessScroll(): void {
  scrolling?.disconnect();
  scrolling = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          void extend(target as HTMLAnchorElement);
        }
      }
    },
    { rootMargin: "600px" },
  );
  observeOlder();
}

function observeOlder(): void {
  const link = document.querySelector("a[data-older]");
  if (link) {
    scrolling?.observe(link);
  }
}

async function extend(link: HTMLAnchorElement): Promise<void> {
  scrolling?.unobserve(link);
  const page = await pageAt(link.href);
  if (!page || !link.isConnected) {
    return;
  }
  const rows = [...page.querySelectorAll("ol.calls > li")];
  document.querySelector("ol.calls")?.append(...rows);
  const next = page.querySelector<HTMLAnchorElement>("a[data-older]");
  if (next) {
    link.href = next.href;
    observeOlder();
  } else {
    link.parentElement?.remove();
  }
}

/** Keeps the newest page of a list up to date. A connection that is lost is shown, and taken up again. */
export function followNewCalls(): void {
  listening?.abort();
  const address = document.querySelector<HTMLElement>("[data-live]")?.dataset["live"];
  if (!address) {
    return;
  }
  listening = new AbortController();
  void readEvents(address, listening.signal, {
    onEvent: () => void addNew(),
    // A browser's session has ended: the server asks to sign in, and leads back here.
    onSignedOut: () => location.reload(),
    onConnection: (connected) => {
      const note = document.querySelector<HTMLElement>("[data-offline]");
      if (note) {
        note.hidden = connected;
      }
    },
  });
}

async function addNew(): Promise<void> {
  const page = await pageAt(location.href);
  const fresh = page?.querySelector("ol.calls");
  const list = document.querySelector("ol.calls");
  if (!fresh) {
    return;
  }
  if (!list) {
    document.querySelector("p[data-live]")?.replaceWith(fresh);
    return;
  }
  const known = new Set([...list.children].map((row) => row.getAttribute("data-call")));
  const added = [...fresh.children].filter((row) => !known.has(row.getAttribute("data-call")));
  list.prepend(...added);
}

async function pageAt(address: string): Promise<Document | null> {
  try {
    const answer = await load(address);
    if (!answer.ok) {
      return null;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    touchLinks(page);
    return page;
  } catch {
    return null;
  }
}
