/** What writes the roster, in the master that holds the publisher lease. */
export interface RosterKeeper {
  /** Whether this master writes it at the moment. */
  readonly isWriting: boolean;
  /** Removes a peel from the roster, and from what this master knows; a peel that is not there is none the less forgotten. */
  forget(id: string): Promise<void>;
}
