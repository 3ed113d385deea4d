/** How a page inside Teams gets its bearer; a browser of its own has a cookie instead. */
export interface Door {
  /** A bearer, after asking the person if there is no other way. `ended` is one that opens nothing any more. */
  open(ended: string | null): Promise<string>;
}

let bearer: string | null = null;
let door: Door | null = null;
let opening: Promise<string> | null = null;
let client = "";

/** From now on requests carry the bearer of `through`, and a new one when it has ended; `clientType` is Teams' own word. */
export async function useBearer(through: Door, clientType: string): Promise<void> {
  door = through;
  client = clientType;
  await renew(through);
}

/** The bearer ends here: the next request asks to sign in. */
export function dropBearer(): void {
  bearer = null;
}

/**
 * Fetches a page of ours as the person who is signed in. Inside Teams, when the session has ended, the request waits
 * until they have signed in again, and is then sent once more.
 */
export async function load(address: string, request: RequestInit = {}): Promise<Response> {
  if (door !== null && bearer === null) {
    await renew(door);
  }
  const used = bearer;
  const answer = await send(address, request);
  if (answer.status !== 401 || door === null) {
    return answer;
  }
  if (used === bearer) {
    await renew(door);
  }
  return send(address, request);
}

/** Several requests may find out at once, and the person is asked once. */
async function renew(through: Door): Promise<void> {
  opening ??= through.open(bearer).finally(() => {
    opening = null;
  });
  bearer = await opening;
}

function send(address: string, request: RequestInit): Promise<Response> {
  const headers = new Headers(request.headers);
  if (bearer !== null) {
    headers.set("Authorization", `Bearer ${bearer}`);
    headers.set("X-Teams-Client", client);
  }
  return fetch(address, { ...request, headers, credentials: bearer === null ? "same-origin" : "omit" });
}
