/** Members that are put into one part: some hundred kilobytes of text. */
const MEMBERS_A_PART = 1_000;

/**
 * The text of `{...head, [name]: members}`, indented as `JSON.stringify` does by 2, part by part: of a million peels it is longer
 * than a string can be. Members are made as they are written.
 */
export function* jsonParts(head: object, name: string, members: Iterable<object>): IterableIterator<string> {
  const [opening, closing] = aroundList({ ...head, [name]: [0] });
  const [before, after] = aroundList({ [name]: [0] });
  let isFirst = true;
  for (const part of inParts(members)) {
    const text = JSON.stringify({ [name]: part }, null, 2);
    yield (isFirst ? opening : ",") + text.slice(before.length, text.length - after.length);
    isFirst = false;
  }
  yield isFirst ? JSON.stringify({ ...head, [name]: [] }, null, 2) : closing;
}

/** What stands before and after the only member, a 0, of the list with which a document ends. */
function aroundList(document: object): [before: string, after: string] {
  const text = JSON.stringify(document, null, 2);
  const at = text.lastIndexOf("0");
  const start = text.lastIndexOf("\n", at);
  return [text.slice(0, start), text.slice(at + 1)];
}

function* inParts(members: Iterable<object>): IterableIterator<object[]> {
  let part: object[] = [];
  for (const member of members) {
    part.push(member);
    if (part.length < MEMBERS_A_PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
