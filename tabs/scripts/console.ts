import { enableCopyButtons } from "./copy";
import { submitOnce } from "./forms";
import { followProgress } from "./console/progress";
import { loadPictures } from "./pictures";

/**
 * The console works without this. With it, Fluent's elements look as in Teams, a form is sent once, progress updates by
 * itself; inside Teams, where there are no cookies, it signs in and carries the bearer (`teams.ts`).
 */
function enhance(): void {
  enableCopyButtons();
  followProgress();
  loadPictures();
}

submitOnce();
enhance();
// The elements only decorate, so they may come after everything that works.
void import("./fluent");
if (document.documentElement.hasAttribute("data-teams")) {
  void import("./teams").then(({ openInTeams }) => openInTeams(enhance));
}
