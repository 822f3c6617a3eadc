/** Text under construction, in bytes that are used again and again: what is appended leaves no garbage behind. */
export interface TextBuffer {
  append(text: string): void;
  /** Takes out all that was appended since the last time. */
  take(): string;
}

const FIRST_BYTES = 8_192;
/** UTF-8 takes no more for one unit of a JavaScript string. */
const MOST_BYTES_PER_UNIT = 3;

/** Creates a {@link TextBuffer}, which grows to the longest text that it had to hold and stays at that. */
export function createTextBuffer(): TextBuffer {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let length = 0;

  const makeRoom = (needed: number) => {
    if (length + needed <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, length + needed));
    bytes.copy(larger, 0, 0, length);
    bytes = larger;
  };

  return {
    append(text) {
      makeRoom(text.length * MOST_BYTES_PER_UNIT);
      for (let index = 0; index < text.length; index += 1) {
        const unit = text.charCodeAt(index);
        if (unit > 0x7f) {
          length += bytes.write(text, length, "utf8");
          return;
        }
        bytes[length + index] = unit;
      }
      length += text.length;
    },
    take() {
      const text = bytes.toString("utf8", 0, length);
      length = 0;
      return text;
    },
  };
}
