/**
 * Things that happen at a time. Nothing runs by itself: `advance` runs what is due, in order and each at its own time,
 * so that a simulator leaves no timers behind and a slow machine sees the same history as a fast one.
 */
export interface Timeline {
  /** Unix milliseconds; inside an event the time for which it was planned. */
  nowMs(): number;
  at(atMs: number, run: () => void): void;
  advance(): void;
}

export function createTimeline(): Timeline {
  const events: { atMs: number; run: () => void }[] = [];
  let eventMs: number | null = null;

  function nextDue(nowMs: number) {
    const index = events.reduce(
      (best, event, i) => (event.atMs <= nowMs && event.atMs < (events[best]?.atMs ?? Infinity) ? i : best),
      -1,
    );
    return index === -1 ? undefined : events.splice(index, 1)[0];
  }

  return {
    nowMs: () => eventMs ?? Date.now(),
    at: (atMs, run) => {
      events.push({ atMs, run });
    },
    advance() {
      const nowMs = Date.now();
      for (let event = nextDue(nowMs); event !== undefined; event = nextDue(nowMs)) {
        eventMs = event.atMs;
        event.run();
      }
      eventMs = null;
    },
  };
}
