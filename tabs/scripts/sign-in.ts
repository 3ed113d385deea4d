import { enableCopyButtons } from "./copy";

/**
 * Hands the code of `<… data-code="…">` to the Teams window that opened this page, which closes it and sends the code
 * to the bot as `signin/verifyState`. A page that nobody opened, or not Teams, leaves the code to the user to type.
 */
async function returnCodeToTeams(code: string): Promise<void> {
  if (window.opener === null && window.parent === window) {
    return;
  }
  // Loaded only here: as soon as it is, TeamsJS asks a CDN for news, which our policy refuses.
  const { app, authentication } = await import("@microsoft/teams-js");
  try {
    await app.initialize();
  } catch {
    return; // Not opened by Teams: the page itself tells the user what to do with the code.
  }
  authentication.notifySuccess(code);
}

enableCopyButtons();
const code = document.querySelector<HTMLElement>("[data-code]")?.dataset["code"];
if (code) {
  void returnCodeToTeams(code);
}
