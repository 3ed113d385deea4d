/** Inside Teams, the bearer of this window: in memory only. A browser of its own has a cookie instead. */
let bearer: string | null = null;
let signIn: (() => Promise<string>) | null = null;

/** From now on requests carry the bearer that `getBearer` gets, and gets anew when it has ended. */
export async function useBearer(getBearer: () => Promise<string>): Promise<void> {
  signIn = getBearer;
  bearer = await getBearer();
}

/** Fetches a page of ours as the person who is signed in. Inside Teams, a session that has ended is opened anew once. */
export async function load(address: string, request: RequestInit = {}): Promise<Response> {
  const answer = await send(address, request);
  if (answer.status !== 401 || signIn === null) {
    return answer;
  }
  bearer = await signIn();
  return send(address, request);
}

function send(address: string, request: RequestInit): Promise<Response> {
  const headers = new Headers(request.headers);
  if (bearer !== null) {
    headers.set("Authorization", `Bearer ${bearer}`);
  }
  return fetch(address, { ...request, headers, credentials: bearer === null ? "same-origin" : "omit" });
}
