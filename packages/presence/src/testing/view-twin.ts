import type { PeelPresence, PresenceView } from "../presence-view.ts";

/** What can be asked of a view, in a test's hand. */
export interface ViewTwin extends Pick<PresenceView, "get" | "peels" | "listed"> {
  blindness: string | undefined;
  /** Adds a peel that is online, but for what is given. */
  add(peel: Partial<PeelPresence> & Pick<PeelPresence, "id">): void;
  remove(id: string): void;
}

/** Creates a {@link ViewTwin} of which nobody is known. */
export function createViewTwin(): ViewTwin {
  const peels = new Map<string, PeelPresence>();
  return {
    blindness: undefined,
    get: (id) => peels.get(id),
    peels: () => peels.values(),
    listed: () => peels.values(),
    add(known) {
      peels.set(known.id, {
        state: "online",
        reason: "joined",
        sinceAt: 0,
        session: undefined,
        rival: undefined,
        version: "1.2.3",
        protocol: 1,
        intervalMs: undefined,
        pingable: false,
        seq: undefined,
        lastBeatAgoMs: 0,
        clockSkewMs: undefined,
        evidence: [],
        ...known,
      });
    },
    remove: (id) => void peels.delete(id),
  };
}
