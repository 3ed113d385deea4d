import { enableCopyButtons } from "../copy";
import { load } from "../session";

/** What rows of calls need, those that are there and those that come. */
export function enhanceRows(within: ParentNode): void {
  touchLinks(within);
  enableCopyButtons(within);
}

/** An iPad claims to be a Mac; only its touch screen tells. There the dial page has the right link. */
function touchLinks(within: ParentNode): void {
  if (navigator.maxTouchPoints > 1) {
    for (const link of within.querySelectorAll<HTMLAnchorElement>("a[data-on-touch]")) {
      link.href = link.dataset["onTouch"] ?? link.href;
    }
  }
}

/** A page of ours, to take parts of; `null` when it does not come. */
export async function pageAt(address: string, request: RequestInit = {}): Promise<Document | null> {
  try {
    const answer = await load(address, request);
    // A form that was refused comes back with what is wrong with it.
    if (!answer.ok && answer.status !== 400) {
      return null;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    enhanceRows(page);
    return page;
  } catch {
    return null;
  }
}
