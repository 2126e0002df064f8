// Plain data as short text that stays readable in an address: (site:ST36,current:3,lesions:!(sciatic)).
// Objects ( ), lists !( ), !n null, !t true, !f false; other text that could be misread stands in '…'.

const PLAIN = /^[A-Za-z_][\w .\-]*$/;

/** Write data; what is undefined in an object is left out. */
export function write(value) {
  if (value === null || value === undefined) return "!n";
  if (value === true) return "!t";
  if (value === false) return "!f";
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`the number ${value} can't stand in an address`);
    return Object.is(value, -0) ? "0" : String(value);
  }
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `!(${value.map(write).join(",")})`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `(${entries.map(([key, item]) => `${text(key)}:${write(item)}`).join(",")})`;
}

/** Read what `write` has written; an error says at which character it stops making sense. */
export function read(source) {
  const reader = new Reader(source);
  const value = reader.value();
  if (reader.at < source.length) reader.fail();
  return value;
}

function text(word) {
  return PLAIN.test(word) && !word.endsWith(" ") ? word : `'${word.replace(/[!']/g, "!$&")}'`;
}

class Reader {
  constructor(source) {
    this.source = source;
    this.at = 0;
  }

  fail() {
    throw new Error(`the address can't be read from its character ${this.at + 1} on`);
  }

  take(mark) {
    if (!this.source.startsWith(mark, this.at)) return false;
    this.at += mark.length;
    return true;
  }

  value() {
    if (this.take("!n")) return null;
    if (this.take("!t")) return true;
    if (this.take("!f")) return false;
    if (this.take("!(")) return this.list();
    if (this.take("(")) return this.object();
    if (this.take("'")) return this.quoted();
    const match = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?=[,)]|$)/.exec(this.source.slice(this.at));
    if (match) {
      this.at += match[0].length;
      return Number(match[0]);
    }
    return this.word();
  }

  word() {
    const match = /^[A-Za-z_][\w .\-]*/.exec(this.source.slice(this.at));
    if (!match) this.fail();
    this.at += match[0].length;
    return match[0];
  }

  quoted() {
    let found = "";
    while (!this.take("'")) {
      this.take("!");
      if (this.at >= this.source.length) this.fail();
      found += this.source[this.at];
      this.at += 1;
    }
    return found;
  }

  list() {
    const found = [];
    while (!this.take(")")) {
      if (found.length > 0 && !this.take(",")) this.fail();
      found.push(this.value());
    }
    return found;
  }

  object() {
    const found = {};
    let first = true;
    while (!this.take(")")) {
      if (!first && !this.take(",")) this.fail();
      const key = this.take("'") ? this.quoted() : this.word();
      if (key === "__proto__" || !this.take(":")) this.fail();
      found[key] = this.value();
      first = false;
    }
    return found;
  }
}
