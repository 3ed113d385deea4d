import { pageAt } from "./page";

/**
 * Opens the form of a note in the row itself, saves it there and shows the note, so that nobody leaves the list. When
 * the server does not answer, links and forms do what they do without this.
 */
export function editNotesInPlace(): void {
  const main = document.querySelector("main");
  main?.addEventListener("click", (event) => void onClick(event));
  main?.addEventListener("submit", (event) => void onSubmit(event));
  main?.addEventListener("keydown", (event) => {
    const form = (event.target as Element).closest<HTMLElement>("form[data-note-of]");
    if (event.key === "Escape" && form) {
      close(form);
    }
  });
}

function onClick(event: MouseEvent): void {
  const ordinary = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const target = event.target as Element;
  const form = target.closest<HTMLElement>("form[data-note-of]");
  const link = target.closest<HTMLAnchorElement>("a[data-note]");
  if (ordinary && form && target.closest("[data-cancel]")) {
    stop(event);
    close(form);
  } else if (ordinary && link) {
    stop(event);
    void open(link);
  }
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (form.dataset["noteOf"] !== undefined) {
    stop(event);
    void save(form);
  }
}

/** Here and nowhere else: inside Teams, the whole page listens to links and forms. */
function stop(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

async function open(link: HTMLAnchorElement): Promise<void> {
  const call = link.closest<HTMLElement>("[data-call]");
  const there = call?.querySelector<HTMLElement>("form[data-note-of]");
  if (there) {
    close(there);
    return;
  }
  const form = (await pageAt(link.href))?.querySelector<HTMLFormElement>("form.noting");
  if (!call || !form) {
    location.assign(link.href);
    return;
  }
  put(form, call);
}

function put(form: HTMLFormElement, call: HTMLElement): void {
  form.dataset["noteOf"] = call.dataset["call"] ?? "";
  call.querySelector("form[data-note-of]")?.remove();
  call.querySelector(".party")?.append(form);
  form.querySelector("textarea")?.focus();
}

async function save(form: HTMLFormElement): Promise<void> {
  const call = form.closest<HTMLElement>("[data-call]");
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const page = await pageAt(form.action, { method: "POST", body });
  const again = page?.querySelector<HTMLFormElement>("form.noting");
  if (!call || !page || !again) {
    tell(document.querySelector("[data-unsaved]")?.textContent ?? "");
    return;
  }
  if (again.querySelector('[role="alert"]')) {
    put(again, call);
    return;
  }
  show(page.querySelector(".noted"), call);
  close(form);
  tell(page.querySelector('[role="status"]')?.textContent ?? "");
}

function show(note: Element | null, call: HTMLElement): void {
  call.querySelector(".noted")?.remove();
  if (note) {
    call.querySelector(".party")?.append(note);
  }
}

function close(form: HTMLElement): void {
  const call = form.closest("[data-call]");
  form.remove();
  call?.querySelector<HTMLElement>("a[data-note]")?.focus();
}

function tell(sentence: string): void {
  const place = document.querySelector("[data-told]");
  if (place) {
    place.textContent = sentence;
  }
}
