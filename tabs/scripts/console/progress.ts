import { load } from "../session";

const PAUSE_MS = 1500;

/** Renews the part of the page marked `data-progress` until it comes without the mark: then the page is whole. */
export function followProgress(): void {
  const part = document.querySelector<HTMLElement>("[data-progress]");
  if (part && !part.dataset["followed"]) {
    part.dataset["followed"] = "true";
    void follow(part, location.href);
  }
}

async function follow(part: HTMLElement, address: string): Promise<void> {
  while (part.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const answer = await load(address).catch(() => null);
    if (!answer?.ok || !part.isConnected) {
      continue;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector<HTMLElement>("[data-progress]") ?? page.querySelector<HTMLElement>("[data-progressed]");
    if (fresh) {
      part.replaceChildren(...fresh.childNodes);
    }
    if (!fresh?.hasAttribute("data-progress")) {
      return;
    }
  }
}
