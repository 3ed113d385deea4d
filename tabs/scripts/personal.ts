import { submitOnce } from "./forms";
import { endlessScroll, followNewCalls, touchLinks } from "./personal/call-log";

/**
 * The personal tabs work without this. With it, older calls come as one scrolls, new ones by themselves; inside Teams it
 * signs in and carries the bearer (`teams.ts`).
 */
function enhance(): void {
  touchLinks(document);
  endlessScroll();
  followNewCalls();
}

submitOnce();
if (document.documentElement.hasAttribute("data-teams")) {
  void import("./fluent");
  void import("./teams").then(({ openInTeams }) => openInTeams(enhance));
} else {
  enhance();
}
