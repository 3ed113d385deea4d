import { load } from "../session";
import { endlessScroll } from "./call-log";
import { readEvents } from "./events";
import { pageAt } from "./page";

/** A pause in typing that is worth a question. */
const PAUSE_MS = 150;
/** Lines that are asked for at once. */
const MOST_LINES = 100;

type Lines = Record<string, string>;

let listening: AbortController | null = null;

/** Searches people as one types, and keeps the lines of those who are shown up to date. */
export function followPeople(): void {
  listening?.abort();
  listening = null;
  const found = document.querySelector<HTMLElement>("[data-found-people]");
  if (!found) {
    return;
  }
  searchWhileTyping();
  listening = new AbortController();
  const { signal } = listening;
  let asked = false;
  void readEvents(found.dataset["events"] ?? "", signal, {
    // Without data all may be otherwise: after a break, and when a gateway is away or back.
    onEvent: (data) => (data ? show(JSON.parse(data) as Lines) : void askForLines(signal)),
    // What changed before the first connection was not told.
    onConnection: (connected) => {
      hide("[data-offline]", connected);
      if (connected && !asked) {
        asked = true;
        void askForLines(signal);
      }
    },
    // A browser's session has ended: the server asks to sign in, and leads back here.
    onSignedOut: () => location.reload(),
  });
}

function searchWhileTyping(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-search-people]");
  const input = form?.querySelector<HTMLInputElement>("input[name=q]");
  let timer = 0;
  let asked = input?.value ?? "";
  input?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (input.value.trim() !== asked.trim()) {
        asked = input.value;
        void search(form as HTMLFormElement, input);
      }
    }, PAUSE_MS);
  });
}

/** Puts in place what the text finds; the answer to an earlier text is dropped. */
async function search(form: HTMLFormElement, input: HTMLInputElement): Promise<void> {
  const text = input.value;
  const address = new URL(form.action);
  address.searchParams.set("q", text);
  const page = await pageAt(address.href);
  if (text !== input.value || !input.isConnected) {
    return;
  }
  const fresh = page?.querySelector<HTMLElement>("[data-found-people]");
  hide("[data-not-searched]", fresh !== undefined && fresh !== null);
  if (fresh) {
    document.querySelector("[data-found-people]")?.replaceWith(fresh);
    const told = document.querySelector("[data-told]");
    if (told) {
      told.textContent = fresh.dataset["toldOf"] ?? "";
    }
    endlessScroll();
  }
}

async function askForLines(signal: AbortSignal): Promise<void> {
  const address = document.querySelector<HTMLElement>("[data-lines]")?.dataset["lines"] ?? "";
  const people = [...document.querySelectorAll<HTMLElement>("[data-person]")].map((row) => row.dataset["person"] ?? "");
  for (let start = 0; start < people.length; start += MOST_LINES) {
    try {
      const answer = await load(`${address}?of=${people.slice(start, start + MOST_LINES).join(".")}`, { signal });
      if (answer.ok) {
        show((await answer.json()) as Lines);
      }
    } catch {
      // Lost again: the next connection asks anew.
      return;
    }
  }
}

function show(lines: Lines): void {
  for (const [person, state] of Object.entries(lines)) {
    const place = document.querySelector(`[data-person="${CSS.escape(person)}"] [data-line]`);
    const line = document.querySelector<HTMLTemplateElement>(`template[data-line-state="${CSS.escape(state)}"]`);
    if (place && line) {
      place.replaceChildren(line.content.cloneNode(true));
    }
  }
}

function hide(selector: string, hidden: boolean): void {
  const note = document.querySelector<HTMLElement>(selector);
  if (note) {
    note.hidden = hidden;
  }
}
