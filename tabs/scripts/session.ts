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

/** What a problem report tells of requests that failed: when, the status or "none", the id that the server's log has. */
const failed: string[] = [];
const MOST_FAILED = 5;

export function failedRequests(): string {
  return failed.join("\n");
}

function noteFailed(status: number | "none", id: string | null): void {
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  failed.push([at, status, id].filter(Boolean).join(" "));
  failed.splice(0, failed.length - MOST_FAILED);
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

async function send(address: string, request: RequestInit): Promise<Response> {
  const headers = new Headers(request.headers);
  if (bearer !== null) {
    headers.set("Authorization", `Bearer ${bearer}`);
    headers.set("X-Teams-Client", client);
  }
  try {
    const answer = await fetch(address, { ...request, headers, credentials: bearer === null ? "same-origin" : "omit" });
    if (answer.status >= 500) {
      noteFailed(answer.status, answer.headers.get("x-mitel-correlation-id"));
    }
    return answer;
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) {
      noteFailed("none", null);
    }
    throw error;
  }
}
