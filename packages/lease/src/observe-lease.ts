import { invariant } from "@fleet/runtime";
import type { LeaseEvent, Observer } from "./lease-event.ts";
import type { LeaseState } from "./lease-state.ts";
import { answerContender, hearAsContender } from "./observe-contender.ts";
import { answerHolder, endWork, hearAsHolder, stayOut, workEnded } from "./observe-holder.ts";

/** What a candidate knows after an event. Pure: the same state, event and observer give the same result. */
export function observeLease(state: LeaseState, event: LeaseEvent, observer: Observer): LeaseState {
  const { hold } = state;
  switch (event.kind) {
    case "stop":
      return { ...state, stopping: true };
    case "step-down":
      return hold ? stayOut(state, observer) : state;
    case "unfit":
      return hold ? { ...state, hold: { ...hold, unfit: true } } : state;
    case "begun":
      invariant(!state.underWay, "one operation at a time");
      return { ...state, underWay: { sinceMono: observer.nowMono, heard: false } };
    case "heard":
      return hold ? hearAsHolder(state, hold, event, observer) : hearAsContender(state, event, observer);
    case "work-started":
      return hold ? { ...state, hold: { ...hold, stage: "working" } } : state;
    case "work-ending":
      return hold ? endWork(state, hold, event.reason, observer) : state;
    case "work-ended":
      return hold ? workEnded(state, hold, observer) : state;
    default: {
      const { underWay } = state;
      invariant(underWay, "an answer has its operation");
      const answered = { ...state, underWay: undefined };
      return hold
        ? answerHolder(answered, hold, event, underWay, observer)
        : answerContender(answered, event, underWay, observer);
    }
  }
}
