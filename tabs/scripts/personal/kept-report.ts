const KEY = "report";
const FIELDS = ["category", "text", "keep_numbers"];

/** What was typed, whose it is, and whether a picture was chosen, which is too large to be kept here. */
interface Kept {
  person: string;
  fields: Record<string, string>;
  picture: boolean;
}

/**
 * Keeps what was written while its person signs in again: as long as this tab of the browser lives, and until the form
 * is there again. A browser that allows no storage keeps nothing.
 */
export function keepReport(form: HTMLFormElement): void {
  const data = new FormData(form);
  const picture = data.get("picture");
  const kept: Kept = {
    person: form.dataset["person"] ?? "",
    fields: Object.fromEntries(FIELDS.map((name) => [name, String(data.get(name) ?? "")])),
    picture: picture instanceof File && picture.size > 0,
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Blocked by the person's settings.
  }
}

/** Puts it back into the form, if it is the same person's, and says so. Whoever else has signed in ends it. */
export function putReportBack(form: HTMLFormElement): void {
  const kept = take();
  if (kept === null || kept.person !== form.dataset["person"]) {
    return;
  }
  for (const [name, value] of Object.entries(kept.fields)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) {
      field.checked = value !== "";
    } else if (field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) {
      field.value = value;
    }
  }
  const note = document.querySelector<HTMLElement>("[data-kept]")!;
  note.querySelector<HTMLElement>("[data-kept-picture]")!.hidden = !kept.picture;
  note.hidden = false;
  note.focus();
}

function take(): Kept | null {
  try {
    const kept = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return kept === null ? null : (JSON.parse(kept) as Kept);
  } catch {
    return null;
  }
}
