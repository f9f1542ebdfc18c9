/** Whether the server is there, and what it is doing with its model. */
import { byId } from "./dom";

type State = "connecting" | "ready" | "loading" | "offline";

const EVERY_MILLISECONDS = 4000;
const WORDS: Record<State, string> = {
  connecting: "Connecting…",
  ready: "Ready",
  loading: "The model is loading…",
  offline: "Offline",
};

/** @param changed is told whenever the server is there anew or its model is */
export function watchServer(changed: () => void): void {
  let state: State = "connecting";
  const look = async () => {
    const now = await found();
    if (now !== state) {
      state = now;
      show(state);
      if (state !== "offline") {
        changed();
      }
    }
    setTimeout(() => void look(), EVERY_MILLISECONDS);
  };
  void look();
}

async function found(): Promise<State> {
  try {
    const answer = await fetch("/readyz");
    return answer.ok ? "ready" : "loading";
  } catch {
    return "offline";
  }
}

function show(state: State): void {
  byId("state").dataset.state = state;
  byId("state-text").textContent = WORDS[state];
  const banner = byId("offline");
  banner.hidden = state !== "offline";
  banner.textContent =
    state === "offline" ? "The server does not answer. Is “lssgen serve” running? This page goes on once it is." : "";
}
