import type { Command } from "commander";
import { addCommand, withSettings } from "./command.ts";
import {
  PEEL_COUNT_SETTINGS,
  PEEL_FORGET_SETTINGS,
  PEEL_HISTORY_SETTINGS,
  PEEL_LIST_SETTINGS,
  PEEL_SHOW_SETTINGS,
} from "./presence-settings.ts";

const PATTERNS = "ids of peels, or patterns such as 'web-*' and 'db-[1-3]'; all peels without any";

/** Adds the commands by which people learn who is here. */
export function addPresenceCommands(peel: Command): void {
  const list = addCommand(peel, "list", {
    summary: "list the peels",
    description:
      "Lists the peels: who is here, who is not, since when and why. A master is asked; where none answers, the buckets are read.",
    examples: [
      "fleet peel list",
      "fleet peel list 'web-*' --offline --sort since",
      "fleet peel list -l role=db -o json | jq -r '.peels[] | select(.online == false) | .id'",
      "fleet peel list --watch",
    ],
  }).argument("[pattern...]", PATTERNS);
  withSettings(list, PEEL_LIST_SETTINGS).action(async (patterns, flags) => {
    const { runPeelList } = await import("./commands/peel-list.ts");
    await runPeelList(patterns, flags);
  });

  const show = addCommand(peel, "show", {
    summary: "show all that is known of a peel",
    description: "Shows all that is known of a peel, what its state was judged from, and its facts.",
    examples: ["fleet peel show web-1", "fleet peel show web-1 -o json | jq -r .peel.reason"],
  }).argument("<id>", "the peel");
  withSettings(show, PEEL_SHOW_SETTINGS).action(async (id, flags) => {
    const { runPeelShow } = await import("./commands/peel-show.ts");
    await runPeelShow(id, flags);
  });

  const history = addCommand(peel, "history", {
    summary: "show when a peel came and went, and why",
    description: "Shows the last transitions of a peel, and how much of a time it was online.",
    examples: ["fleet peel history web-1", "fleet peel history web-1 --since 7d"],
  }).argument("<id>", "the peel");
  withSettings(history, PEEL_HISTORY_SETTINGS).action(async (id, flags) => {
    const { runPeelHistory } = await import("./commands/peel-history.ts");
    await runPeelHistory(id, flags);
  });

  const count = addCommand(peel, "count", {
    summary: "count the peels",
    description: "Counts the peels by their state, or by what else they have in common.",
    examples: ["fleet peel count", "fleet peel count --by version", "fleet peel count --by label:zone --online"],
  }).argument("[pattern...]", PATTERNS);
  withSettings(count, PEEL_COUNT_SETTINGS).action(async (patterns, flags) => {
    const { runPeelCount } = await import("./commands/peel-count.ts");
    await runPeelCount(patterns, flags);
  });

  const forget = addCommand(peel, "forget", {
    summary: "forget a peel that is gone for good",
    description: "Forgets a peel that is gone for good: its history and its facts. One that still beats comes back.",
    examples: ["fleet peel forget web-1", "fleet peel forget web-1 --yes"],
  }).argument("<id>", "the peel");
  withSettings(forget, PEEL_FORGET_SETTINGS).action(async (id, flags) => {
    const { runPeelForget } = await import("./commands/peel-forget.ts");
    await runPeelForget(id, flags);
  });
}
