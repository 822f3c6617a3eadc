import { type Connection, serviceFaultOf } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import {
  type AnswerHead,
  type CountAnswer,
  type CountQuery,
  type Decoded,
  decodeCountAnswer,
  decodeForgetReply,
  decodePeelDetail,
  decodePeelPage,
  encodeCountQuery,
  encodeForgetQuery,
  encodeListQuery,
  encodePageQuery,
  encodeShowQuery,
  type ForgetQuery,
  type ListQuery,
  type PeelDetail,
  type PeelPage,
  type PeelRow,
  presencePageSubject,
  presenceSubject,
} from "@fleet/wire";
import { errorOfFault, presenceErrors } from "./errors.ts";
import { orderById } from "./id-order.ts";

/** A list as a master gave it. */
export interface PeelAnswer extends AnswerHead {
  /** Sorted by id. */
  readonly peels: readonly PeelRow[];
}

/** Asks the masters of a fleet. Every question goes to one of them, and fails with `UNAVAILABLE` where there is none. */
export interface PresenceClient {
  list(query: ListQuery): Promise<PeelAnswer>;
  count(query: CountQuery): Promise<CountAnswer>;
  /** Fails with `PEEL_UNKNOWN` if nothing is known of it. */
  show(id: string): Promise<PeelDetail>;
  /**
   * Removes a peel from the roster and its facts; gives the id of the master that did it. Fails with `PEEL_UNKNOWN`, with
   * `PEEL_ONLINE`, or with `TIMEOUT` where no master writes the roster.
   */
  forget(query: ForgetQuery): Promise<string>;
}

/** Pages of a list that are asked for at once: the next ones are made while one is being read. */
const PAGES_IN_FLIGHT = 4;

export interface PresenceClientOptions {
  /** For each message of an answer: a long list has many, and takes as long as they keep coming. */
  readonly timeoutMs: number;
  /** Asks the masters of this partition. @default those of the whole fleet */
  readonly partition?: number | undefined;
}

/** Creates a client. */
export function createPresenceClient(
  connection: Pick<Connection, "request">,
  options: PresenceClientOptions,
): PresenceClient {
  const { timeoutMs, partition } = options;

  const ask = async <T>(subject: string, query: Uint8Array, decode: (bytes: Uint8Array) => Decoded<T>): Promise<T> => {
    const reply = await connection.request(subject, query, { timeoutMs });
    const fault = serviceFaultOf(reply);
    if (fault) throw presenceErrors.create(errorOfFault(fault.code), fault.message);
    const decoded = decode(reply.payload);
    if (decoded.ok) return decoded.value;
    throw presenceErrors.create("QUERY_FAILED", `${subject}: the answer is not understood (${decoded.reason})`);
  };

  /** The page of a list that this master has begun. */
  const askPage = async ({ instance, answer }: PeelPage, page: number): Promise<PeelPage> => {
    try {
      return await ask(presencePageSubject(instance), encodePageQuery({ answer, page }), decodePeelPage);
    } catch (error) {
      if (!isFleetError(error, "UNAVAILABLE")) throw error;
      throw presenceErrors.create("ANSWER_GONE", `${instance} has ended, and the rest of its answer with it`, error);
    }
  };

  const listOnce = async (query: ListQuery): Promise<PeelAnswer> => {
    const first = await ask(presenceSubject("list", partition), encodeListQuery(query), decodePeelPage);
    // By their numbers: they do not come in order, and of two rows of one peel the later one counts.
    const rowsOfPages: (readonly PeelRow[])[] = [];
    let { pages, total } = first;
    const take = (at: number, page: PeelPage) => {
      pages ??= page.pages;
      total ??= page.total;
      if (pages === undefined && page.peels.length === 0) {
        throw presenceErrors.create(
          "QUERY_FAILED",
          `page ${at} has no peels, and does not say how many pages there are`,
        );
      }
      rowsOfPages[at] = page.peels;
    };
    take(0, first);
    let next = 1;
    const fetchOn = async () => {
      while (next < (pages ?? Number.POSITIVE_INFINITY)) {
        const page = next;
        next += 1;
        // A list that is coming in is waited for, however long it is.
        take(page, await askPage(first, page));
      }
    };
    await Promise.all(Array.from({ length: PAGES_IN_FLIGHT }, fetchOn));
    const rows = rowsOfPages.flat();
    if (rows.length !== total) throw presenceErrors.create("QUERY_FAILED", `${rows.length} peels came of ${total}`);
    return { asOf: first.asOf, blindness: first.blindness, instance: first.instance, peels: orderById(rows) };
  };

  return {
    async list(query) {
      try {
        return await listOnce(query);
      } catch (error) {
        // Of a master that has ended, or had too many others to answer: whoever is asked now begins anew.
        if (!isFleetError(error, "ANSWER_GONE")) throw error;
        return listOnce(query);
      }
    },
    count: (query) => ask(presenceSubject("count", partition), encodeCountQuery(query), decodeCountAnswer),
    show: (id) => ask(presenceSubject("show", partition), encodeShowQuery(id), decodePeelDetail),
    forget: (query) => ask(presenceSubject("forget", partition), encodeForgetQuery(query), decodeForgetReply),
  };
}
