/** Resolves in the next turn of the event loop: what goes through very many peels lets others in every now and then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
