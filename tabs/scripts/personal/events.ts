import { load } from "../session";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

interface Listener {
  /** Something is new: what the server told, empty after a break, since it is not known what was missed. */
  onEvent(data: string): void;
  onConnection(connected: boolean): void;
  onSignedOut(): void;
}

/** Reads an event stream by `fetch`, which carries the bearer that `EventSource` cannot, until aborted. */
export async function readEvents(address: string, signal: AbortSignal, listener: Listener): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let broken = false;
  while (!signal.aborted) {
    try {
      const answer = await load(address, { signal });
      if (answer.status === 401) {
        listener.onSignedOut();
        return;
      }
      if (answer.ok && answer.body) {
        listener.onConnection(true);
        if (broken) {
          listener.onEvent("");
        }
        wait = FIRST_WAIT_MS;
        await readStream(answer.body, listener);
      }
    } catch {
      // Lost, or aborted: the loop's condition tells which.
    }
    if (signal.aborted) {
      return;
    }
    broken = true;
    listener.onConnection(false);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** Ends with the stream. Each event of the server is a block that ends with an empty line. */
async function readStream(body: ReadableStream<Uint8Array>, listener: Listener): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (rest + decoder.decode(part.value, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks.filter((each) => each.startsWith("event: "))) {
      listener.onEvent(/^data:(.*)$/m.exec(block)?.[1] ?? "");
    }
  }
}

/** Waits, but not past the moment when the network comes back. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
