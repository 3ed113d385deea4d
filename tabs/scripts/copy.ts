/**
 * Makes every `<button data-copy="text" data-copied="done sentence" hidden>` visible and working. The sentence shows in
 * the button and is announced. Without the clipboard (plain http off this machine) the buttons stay hidden.
 */
export function enableCopyButtons(): void {
  if (!("clipboard" in navigator)) {
    return;
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
  button.textContent = button.dataset["copied"] ?? "";
}
