import { enableCopyButtons } from "./copy";

/** Safari on an iPad says that it is a Macintosh, but no Mac has touch. */
function isIpad(): boolean {
  return navigator.maxTouchPoints > 1;
}

/** On an iPad that the server took for a Mac, puts the iPad's own choice in place of the Mac's. */
function correctMacToIpad(): void {
  const ipad = document.querySelector<HTMLElement>('[data-device="ipados"][hidden]');
  if (ipad && isIpad()) {
    document.querySelector('[data-device="mac"]')?.remove();
    ipad.hidden = false;
  }
}

correctMacToIpad();
enableCopyButtons();
