/** Text under construction, in bytes that are used again and again: what is appended leaves no garbage behind. */
export interface TextBuffer {
  /**
   * Appends a text.
   *
   * @param escaped Which of backslash, quote and end of line are written as `\\`, `\"` and `\n`. @default none
   */
  append(text: string, escaped?: string): void;
  /** Appends a number as `String` writes it. Only for one that is no safe integer is that string made. */
  appendNumber(value: number): void;
  /** Takes back the last bytes of what was appended. */
  drop(count: number): void;
  /** Takes out all that was appended since the last time. */
  take(): string;
}

const FIRST_BYTES = 8_192;
/** UTF-8 takes no more for one unit of a JavaScript string, nor does a character that is escaped. */
const MOST_BYTES_PER_UNIT = 3;
/** Of an integer that is safe, its sign included. */
const MOST_DIGITS = 17;
/** What V8 keeps without making an object of it has so many digits; longer integers are written as two. */
const SMALL_DIGITS = 9;
const SMALL_LIMIT = 10 ** SMALL_DIGITS;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const LAST_ASCII = 0x7f;
/** Stands for half a character. */
const REPLACEMENT = 0xfffd;

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

  const appendByte = (byte: number) => {
    bytes[length] = byte;
    length += 1;
  };

  /** Beyond ASCII. */
  const appendCharacter = (codePoint: number) => {
    if (codePoint < 0x800) {
      appendByte(0xc0 | (codePoint >> 6));
    } else {
      if (codePoint < 0x10000) {
        appendByte(0xe0 | (codePoint >> 12));
      } else {
        appendByte(0xf0 | (codePoint >> 18));
        appendByte(0x80 | ((codePoint >> 12) & 0x3f));
      }
      appendByte(0x80 | ((codePoint >> 6) & 0x3f));
    }
    appendByte(0x80 | (codePoint & 0x3f));
  };

  /** Appends what is not taken as it is; returns how many units of the text it was. */
  const appendSpecial = (text: string, index: number, escaped: string): number => {
    const codePoint = text.codePointAt(index) ?? REPLACEMENT;
    if (codePoint <= LAST_ASCII) {
      if (escaped.includes(text.charAt(index))) {
        appendByte(BACKSLASH);
        appendByte(codePoint === NEWLINE ? LETTER_N : codePoint);
      } else appendByte(codePoint);
      return 1;
    }
    appendCharacter(codePoint >= 0xd800 && codePoint <= 0xdfff ? REPLACEMENT : codePoint);
    return codePoint > 0xffff ? 2 : 1;
  };

  const append = (text: string, escaped = "") => {
    makeRoom(text.length * MOST_BYTES_PER_UNIT);
    for (let index = 0; index < text.length; ) {
      const unit = text.charCodeAt(index);
      if (unit <= LAST_ASCII && (escaped === "" || (unit !== BACKSLASH && unit !== QUOTE && unit !== NEWLINE))) {
        bytes[length] = unit;
        length += 1;
        index += 1;
      } else index += appendSpecial(text, index, escaped);
    }
  };

  /** Appends a small integer, with as many zeros before it as make it `least` digits. */
  const appendDigits = (value: number, least: number) => {
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    digits = Math.max(digits, least);
    length += digits;
    let left = value;
    for (let at = length - 1; at >= length - digits; at -= 1) {
      const digit = left % 10;
      bytes[at] = ZERO + digit;
      left = (left - digit) / 10;
    }
  };

  return {
    append,
    appendNumber(value) {
      if (!Number.isSafeInteger(value)) {
        append(String(value));
        return;
      }
      makeRoom(MOST_DIGITS);
      if (value < 0) appendByte(MINUS);
      const size = Math.abs(value);
      if (size < SMALL_LIMIT) appendDigits(size, 1);
      else {
        appendDigits(Math.floor(size / SMALL_LIMIT), 1);
        appendDigits((size % SMALL_LIMIT) | 0, SMALL_DIGITS);
      }
    },
    drop(count) {
      length -= count;
    },
    take() {
      const text = bytes.toString("utf8", 0, length);
      length = 0;
      return text;
    },
  };
}
