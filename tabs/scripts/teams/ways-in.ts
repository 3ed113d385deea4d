import { authentication } from "@microsoft/teams-js";

const MICROSOFT = "/console/teams-session";

/** Why nobody is signed in yet; each has its sentence on the framed page (`teams.html`). */
export type Cause = "none" | "consent" | "unlinked" | "later" | "offline" | "blocked" | "cancelled";

export class NotSignedIn extends Error {
  constructor(readonly reason: Cause) {
    super(reason);
  }
}

/** Words of `getAuthToken`'s errors: the person, or an administrator, must agree; or another try may do. */
const TO_AGREE = /consent|interaction|invalid_grant|mfa|revoked/i;
const BY_CHANCE = /timeout|unknownAuthError/i;

/** A bearer for Teams' own token. Silently, Teams shows nothing; otherwise it may ask the person to agree. */
export async function byMicrosoft(silent: boolean): Promise<string> {
  return exchange(MICROSOFT, { token: await teamsToken(silent, 2) });
}

async function teamsToken(silent: boolean, tries: number): Promise<string> {
  try {
    return await authentication.getAuthToken({ silent });
  } catch (error) {
    const told = String(error);
    if (BY_CHANCE.test(told)) {
      if (tries > 1) {
        return teamsToken(silent, tries - 1);
      }
      throw new NotSignedIn("later");
    }
    if (silent) {
      throw new NotSignedIn(TO_AGREE.test(told) ? "consent" : "none");
    }
    throw new NotSignedIn(ofWindow(told) ?? "none");
  }
}

/** A bearer for who signs in in a window of ours, whose code is worth nothing without the secret that stays here. */
export async function byCloudLink(session: string): Promise<string> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const url = `${location.origin}/sign-in/tab.${base64url(new Uint8Array(hash))}`;
  let code: string;
  try {
    code = await authentication.authenticate({ url, width: 480, height: 640 });
  } catch (error) {
    throw new NotSignedIn(ofWindow(String(error)) ?? "later");
  }
  return exchange(session, { code, verifier });
}

function ofWindow(told: string): Cause | null {
  if (told.includes("FailedToOpenWindow")) {
    return "blocked";
  }
  return told.includes("Cancelled") ? "cancelled" : null;
}

async function exchange(address: string, proof: Record<string, string>): Promise<string> {
  const answer = await fetch(address, {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(proof),
  }).catch(() => {
    throw new NotSignedIn("offline");
  });
  if (answer.ok) {
    const { token } = (await answer.json()) as { token: string };
    return token;
  }
  throw new NotSignedIn(answer.status === 403 ? "unlinked" : [429, 503].includes(answer.status) ? "later" : "none");
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
