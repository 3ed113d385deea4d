/** Inside Teams, the bearer of this window: in memory only. A browser of its own has a cookie instead. */
let bearer: string | null = null;

export function setBearer(secret: string): void {
  bearer = secret;
}

/** Fetches a page of ours as the person who is signed in. */
export function load(address: string, request: RequestInit = {}): Promise<Response> {
  const headers = new Headers(request.headers);
  if (bearer !== null) {
    headers.set("Authorization", `Bearer ${bearer}`);
  }
  return fetch(address, { ...request, headers, credentials: bearer === null ? "same-origin" : "omit" });
}
