/** The ids of the calls of a row, newest first. */
function idsOf(row: Element): string[] {
  const calls = row.hasAttribute("data-call") ? [row] : [...row.querySelectorAll("[data-call]")];
  return calls.map((call) => call.getAttribute("data-call") ?? "");
}

/**
 * Makes the top of a list what a freshly read first page is, and leaves the older rows below as they are. A row that
 * has not changed stays the same element, and what somebody is writing in one that has goes along.
 *
 * False when the two do not fit together: more is new than the page holds, or a row of the list would have to be cut.
 */
export function mergeNewest(list: Element, fresh: Element): boolean {
  const rows = [...list.children];
  const wanted = [...fresh.children];
  const rowOf = new Map(rows.flatMap((row) => idsOf(row).map((id) => [id, row] as const)));
  const page = new Set(wanted.flatMap(idsOf));
  const last = rows.filter((row) => idsOf(row).some((id) => page.has(id))).at(-1);
  if (!last) {
    return false;
  }
  // The page may end within a row of the list, which then stays.
  if (idsOf(last).some((id) => !page.has(id))) {
    const ofLast = new Set(idsOf(last));
    while (wanted.length > 0 && idsOf(wanted.at(-1) as Element).every((id) => ofLast.has(id))) {
      wanted.pop();
    }
    if (wanted.flatMap(idsOf).some((id) => ofLast.has(id))) {
      return false;
    }
    wanted.push(last);
  }
  replaceTop(list, rows.slice(0, rows.indexOf(last) + 1), wanted.map((row) => same(rowOf, row) ?? row));
  return true;
}

function same(rowOf: Map<string, Element>, row: Element): Element | undefined {
  const ids = idsOf(row);
  const old = rowOf.get(ids[0] ?? "");
  return old && idsOf(old).join("\n") === ids.join("\n") ? old : undefined;
}

function replaceTop(list: Element, old: Element[], wanted: Element[]): void {
  const kept = new Set(wanted);
  const dropped = old.filter((row) => !kept.has(row));
  let place: Element | null = list.firstElementChild;
  for (const row of wanted) {
    while (place && !kept.has(place) && old.includes(place)) {
      place = place.nextElementSibling;
    }
    if (row === place) {
      place = place.nextElementSibling;
    } else {
      list.insertBefore(row, place);
    }
  }
  for (const row of dropped) {
    carryOver(row, list);
    row.remove();
  }
}

/** A form that is being filled in, and a row that was opened, are so in the row that takes the old one's place. */
function carryOver(old: Element, list: Element): void {
  const focused = document.activeElement;
  for (const form of old.querySelectorAll<HTMLElement>("form[data-note-of]")) {
    const call = [...list.querySelectorAll("[data-call]")].find(
      (each) => !old.contains(each) && each.getAttribute("data-call") === form.dataset["noteOf"],
    );
    call?.querySelector(".party")?.append(form);
    form.closest("details")?.setAttribute("open", "");
    if (focused instanceof HTMLElement && form.contains(focused)) {
      focused.focus();
    }
  }
  if (old.querySelector("details.repeats[open]")) {
    const ids = new Set(idsOf(old));
    const now = [...list.children].find((row) => row !== old && idsOf(row).some((id) => ids.has(id)));
    now?.querySelector("details.repeats")?.setAttribute("open", "");
  }
}
