import { load } from "./session";

/** Inside Teams an `<img>` carries no bearer: its picture is fetched. In a browser the page has `src` already. */
export function loadPictures(): void {
  for (const image of document.querySelectorAll<HTMLImageElement>("img[data-picture]")) {
    void loadPicture(image, image.dataset["picture"] ?? "");
  }
}

async function loadPicture(image: HTMLImageElement, address: string): Promise<void> {
  image.removeAttribute("data-picture");
  try {
    const answer = await load(address);
    if (answer.ok) {
      showPicture(image, await answer.blob());
    }
  } catch {
    // Its alternative text is shown in its place.
  }
}

export function showPicture(image: HTMLImageElement, picture: Blob): void {
  const address = URL.createObjectURL(picture);
  image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
  image.src = address;
}
