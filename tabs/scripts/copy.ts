const SHOWN_MS = 5000;

/**
 * Makes every `<button data-copy="text" data-copied="done sentence" hidden>` visible and working. The sentence shows in
 * the button and is announced.
 */
export function enableCopyButtons(within: ParentNode = document): void {
  for (const button of within.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const text = button.dataset["copy"] ?? "";
  if ((await written(text)) || copiedAsSelection(text)) {
    showDone(button, button.dataset["copied"] ?? "");
  }
  button.focus();
}

/** For a while; then the button says again what it does. */
function showDone(button: HTMLButtonElement, done: string): void {
  const { textContent: text, ariaLabel: label } = button;
  if (text === done) {
    return;
  }
  button.textContent = done;
  button.ariaLabel = null;
  window.setTimeout(() => {
    button.textContent = text;
    button.ariaLabel = label;
  }, SHOWN_MS);
}

/** A browser keeps its clipboard from plain http, and from frames whose host does not share it, as Teams may not. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** What remains then is what a person would do: select the text, and copy. */
function copiedAsSelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  // Marked as obsolete, and the only way that browsers leave open.
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
