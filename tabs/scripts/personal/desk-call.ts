import { pageAt } from "./page";

const FORM = "desk-call";

/** Says what became of a call beside its button, so that nobody leaves the list. Without an answer the form is sent. */
export function callInPlace(): void {
  const main = document.querySelector("main");
  main?.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const button = event.submitter;
    if (form.id === FORM && button instanceof HTMLButtonElement && form.dataset["sent"] !== "true") {
      // Here and nowhere else: inside Teams, the whole page listens to forms.
      event.preventDefault();
      event.stopPropagation();
      void call(form, button);
    }
  });
}

async function call(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    const fields = [...new FormData(form, button)].map(([name, value]) => [name, String(value)]);
    const page = await pageAt(form.action, { method: "POST", body: new URLSearchParams(fields) });
    const told = page?.querySelector("[data-called]") ?? unanswered();
    document.querySelector("main [data-called]")?.remove();
    button.closest(".calls > li")?.querySelector(".party")?.append(told);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** What the page has ready for a server that does not answer. */
function unanswered(): Element {
  const sentence = document.querySelector<HTMLTemplateElement>("template[data-call-unanswered]");
  return sentence?.content.firstElementChild?.cloneNode(true) as Element;
}
