import { submitOnce } from "./forms";
import { endlessScroll, followNewCalls } from "./personal/call-log";
import { followPeople } from "./personal/contacts";
import { callInPlace } from "./personal/desk-call";
import { editNotesInPlace } from "./personal/notes";
import { enhanceRows } from "./personal/page";
import { helpReporting, sendByRequest } from "./personal/report";
import { loadPictures } from "./pictures";

/**
 * The personal tabs work without this. With it, older calls come as one scrolls, new ones by themselves, notes are
 * written in the list, calls placed from it, people are found as one types; inside Teams it signs in and carries the bearer (`teams.ts`).
 */
function enhance(): void {
  enhanceRows(document);
  endlessScroll();
  followNewCalls();
  followPeople();
  editNotesInPlace();
  callInPlace();
  helpReporting();
  loadPictures();
}

submitOnce();
if (document.documentElement.hasAttribute("data-teams")) {
  // Fluent's elements only decorate what went wrong, so they come after the page, for which a telephone is busy enough.
  void import("./teams")
    .then(({ openInTeams }) => openInTeams(enhance))
    .finally(() => import("./fluent"));
} else {
  enhance();
  sendByRequest(enhance);
}
