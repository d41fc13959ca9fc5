import type { StateFault, StateFaultOf } from './stateFault.ts';
import { isTarget, type WireFault } from './wireFault.ts';

export type Fault = WireFault | StateFault;

export interface FaultHandle {
  /** How often it struck. */
  hits(): number;
  remove(): void;
}

/** Faults that are armed. Of two that fit, the one added first strikes. */
export interface Faults {
  add(fault: Fault): FaultHandle;
  clear(): void;
}

/** The side of the simulator: each answer counts as one strike, unless it is only looked at. */
export interface ArmedFaults extends Faults {
  strikeWire(request: Parameters<typeof isTarget>[1]): WireFault | undefined;
  strike<K extends StateFault['state']>(
    state: K,
    fits?: (fault: StateFaultOf<K>) => boolean,
  ): StateFaultOf<K> | undefined;
  look<K extends StateFault['state']>(
    state: K,
    fits?: (fault: StateFaultOf<K>) => boolean,
  ): StateFaultOf<K> | undefined;
}

type Armed = { fault: Fault; seen: number; hits: number };

export function createFaults(): ArmedFaults {
  let armed: Armed[] = [];

  function isSpent(entry: Armed): boolean {
    return entry.hits >= (entry.fault.times ?? Infinity);
  }

  function find<K extends StateFault['state']>(state: K, fits: (fault: StateFaultOf<K>) => boolean) {
    return armed.find(
      (entry) =>
        'state' in entry.fault &&
        entry.fault.state === state &&
        !isSpent(entry) &&
        fits(entry.fault as StateFaultOf<K>),
    );
  }

  return {
    add(fault) {
      const entry = { fault, seen: 0, hits: 0 };
      armed.push(entry);
      return {
        hits: () => entry.hits,
        remove: () => {
          armed = armed.filter((other) => other !== entry);
        },
      };
    },
    clear() {
      armed = [];
    },
    strikeWire(request) {
      for (const entry of armed) {
        const { fault } = entry;
        if (!('on' in fault) || isSpent(entry) || !isTarget(fault, request)) continue;
        entry.seen += 1;
        if (entry.seen <= (fault.skip ?? 0)) continue;
        entry.hits += 1;
        return fault;
      }
      return undefined;
    },
    strike(state, fits = () => true) {
      const entry = find(state, fits);
      if (entry === undefined) return undefined;
      entry.hits += 1;
      return entry.fault as StateFaultOf<typeof state>;
    },
    look: (state, fits = () => true) => find(state, fits)?.fault as StateFaultOf<typeof state> | undefined,
  };
}
