/** Sends no form a second time while its answer is awaited. The server would take no harm, but people would wonder. */
export function submitOnce(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.dataset["sent"] === "true") {
      event.preventDefault();
      return;
    }
    // A download leaves the page as it is, so its form may be sent again.
    if (!form.hasAttribute("data-download")) {
      mark(form, true);
    }
  });
  // A page that comes back from the browser's cache may be used again.
  window.addEventListener("pageshow", allowAgain);
}

/** For forms whose answer did not come, or has been left. */
export function allowAgain(): void {
  for (const form of document.forms) {
    mark(form, false);
  }
}

function mark(form: HTMLFormElement, sent: boolean): void {
  form.dataset["sent"] = String(sent);
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-disabled", String(sent));
  }
}
