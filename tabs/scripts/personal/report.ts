import { client } from "../client";
import { allowAgain } from "../forms";
import { showPicture } from "../pictures";
import { failedRequests, load } from "../session";
import { keepReport, putReportBack } from "./kept-report";

const FORM = "form[data-report][data-largest]";
const SIGN_IN = "/tabs/sign-in";
const TYPES = ["image/png", "image/jpeg", "image/webp"];

/** The form works without this. With it, a screenshot may be pasted or dropped, and is looked at before it is sent. */
export function helpReporting(): void {
  const form = document.querySelector<HTMLFormElement>(FORM);
  if (form) {
    tellFacts(form);
    new Screenshot(form).listen();
  }
}

/** Before the form goes, so that a request which fails meanwhile is told of as well. */
function tellFacts(form: HTMLFormElement): void {
  form.addEventListener("submit", () => {
    set(form, "client", client());
    set(form, "failed_requests", failedRequests());
  });
}

function set(form: HTMLFormElement, name: string, value: string): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) {
    field.value = value;
  }
}

class Screenshot {
  private readonly input: HTMLInputElement;
  private readonly chosen: HTMLElement;

  constructor(private readonly form: HTMLFormElement) {
    this.input = form.querySelector<HTMLInputElement>("input[type=file]")!;
    this.chosen = form.querySelector<HTMLElement>("[data-chosen]")!;
  }

  listen(): void {
    this.form.querySelector<HTMLElement>("[data-script]")!.hidden = false;
    this.input.addEventListener("change", () => this.look());
    this.chosen.querySelector("button")!.addEventListener("click", () => this.remove());
    this.form.addEventListener("paste", (event) => this.take(event.clipboardData, event));
    this.form.addEventListener("dragover", (event) => event.preventDefault());
    this.form.addEventListener("drop", (event) => this.take(event.dataTransfer, event));
  }

  /** A picture among what is pasted or dropped; text goes where it always goes. */
  private take(from: DataTransfer | null, event: Event): void {
    const [file] = from?.files ?? [];
    if (file) {
      event.preventDefault();
      const files = new DataTransfer();
      files.items.add(file);
      this.input.files = files.files;
      this.look();
    }
  }

  private remove(): void {
    this.input.value = "";
    this.look();
    this.input.focus();
  }

  /** What cannot be sent is refused at once; the server judges the file itself. */
  private look(): void {
    const [file] = this.input.files ?? [];
    const tooLarge = file !== undefined && file.size > Number(this.form.dataset["largest"]);
    const noPicture = file !== undefined && !TYPES.includes(file.type);
    this.fault("size", tooLarge && !noPicture);
    this.fault("type", noPicture);
    if (tooLarge || noPicture) {
      this.input.value = "";
    }
    const shown = file !== undefined && !tooLarge && !noPicture;
    this.chosen.hidden = !shown;
    if (shown) {
      showPicture(this.chosen.querySelector("img")!, file);
    }
  }

  private fault(kind: string, wrong: boolean): void {
    this.form.querySelector<HTMLElement>(`[data-fault=${kind}]`)!.hidden = !wrong;
  }
}

/**
 * In a browser of its own, a form of a report is sent by a request, so that a connection which is lost takes neither the
 * page nor the screenshot away; nor does a session that has ended take the words. Inside Teams all forms are sent so, and
 * wait until one has signed in again (`teams.ts`).
 */
export function sendByRequest(enhance: () => void): void {
  const written = document.querySelector<HTMLFormElement>(FORM);
  if (written) {
    putReportBack(written);
  }
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !form.hasAttribute("data-report")) {
      return;
    }
    event.preventDefault();
    void send(form, enhance);
  });
}

async function send(form: HTMLFormElement, enhance: () => void): Promise<void> {
  const data = new FormData(form);
  const note = document.querySelector<HTMLElement>("[data-unsent]");
  const multipart = form.enctype === "multipart/form-data";
  const body = multipart ? data : new URLSearchParams([...data].map(([name, value]) => [name, String(value)]));
  try {
    const answer = await load(form.action, { method: "POST", body });
    if (answer.status === 403 || new URL(answer.url).pathname === SIGN_IN) {
      comeBack(form, answer);
      return;
    }
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    show(await answer.text());
    enhance();
  } catch {
    allowAgain();
    if (note) {
      note.hidden = false;
      note.focus();
    }
  }
}

/** To the sign-in page; or, when one has signed in anew meanwhile, to the form, which then has the new session's proof. */
function comeBack(form: HTMLFormElement, answer: Response): void {
  if (form.matches(FORM)) {
    keepReport(form);
  }
  location.assign(answer.redirected ? answer.url : "/tabs/report");
}

/** The page that says what is wrong. */
function show(html: string): void {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.title = page.title;
  document.body.replaceChildren(...page.body.childNodes);
  window.scrollTo(0, 0);
  document.querySelector<HTMLElement>('[role="alert"]:not([hidden]), h1')?.focus();
}
