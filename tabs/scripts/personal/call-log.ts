import { readEvents } from "./events";
import { mergeNewest } from "./merge";
import { pageAt } from "./page";

let scrolling: IntersectionObserver | null = null;
let listening: AbortController | null = null;

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
  document.querySelector(".log")?.append(...page.querySelectorAll("ol.calls"));
  goOnFrom(page, link);
}

/** The link leads on to where the page's own does. */
function goOnFrom(page: Document, link: HTMLAnchorElement): void {
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

/** All that is new belongs to the first list, which only grows. */
async function addNew(): Promise<void> {
  const page = await pageAt(location.href);
  const fresh = page?.querySelector("ol.calls");
  const list = document.querySelector("ol.calls");
  if (!page || !fresh) {
    return;
  }
  if (!list) {
    document.querySelector("p[data-live]")?.replaceWith(fresh.closest(".log") ?? fresh);
  } else if (!mergeNewest(list, fresh)) {
    beginAnew(fresh, page);
  }
}

/** The list is the fresh page alone, and goes on from there. */
function beginAnew(fresh: Element, page: Document): void {
  const log = document.querySelector(".log");
  log?.replaceChildren(fresh);
  const older = document.querySelector<HTMLAnchorElement>("a[data-older]");
  const next = page.querySelector<HTMLAnchorElement>("a[data-older]");
  if (older) {
    scrolling?.unobserve(older);
    goOnFrom(page, older);
  } else if (next?.parentElement) {
    log?.after(next.parentElement);
    observeOlder();
  }
}
